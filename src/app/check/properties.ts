/**
 * Findings about the broker's CONNACK.
 *
 * @module
 */
import type { ConnectAnswer } from "../../mqtt/mod.ts";
import type { Finding } from "./finding.ts";

/** The properties of CONNACK. An absent one has its default (MQTT 5.0, section 3.2.2.3). */
export function brokerProperties(answer: ConnectAnswer): Finding[] {
  return [
    maximumPacket(answer.maximumPacketSize),
    maximumQoS(answer.maximumQoS ?? 2),
    available(
      "retained messages",
      answer.retainAvailable,
      "servers can be found",
      "servers cannot be found: connect needs --no-discovery",
    ),
    available(
      "wildcard subscriptions",
      answer.wildcardSubscriptionAvailable,
      "serve can listen to all clients",
      "serve cannot listen to all clients: give it --request-topic without {client}",
    ),
    available(
      "shared subscriptions",
      answer.sharedSubscriptionAvailable,
      "several serve processes of one name share the clients",
      "of several serve processes of one name, clients choose one themselves",
      "note",
    ),
    receiveMaximum(answer.receiveMaximum ?? 65_535),
    {
      name: "topic alias maximum",
      value: String(answer.topicAliasMaximum ?? 0),
      verdict: "ok",
      meaning: "not used",
    },
    ...suggestions(answer),
  ];
}

function maximumPacket(size: number | undefined): Finding {
  const name = "maximum packet size";
  if (size === undefined) {
    return { name, value: "not limited", verdict: "ok", meaning: "the broker announces no limit" };
  }
  return {
    name,
    value: `${size.toLocaleString("en")} bytes`,
    verdict: size < 100_000 ? "note" : "ok",
    meaning: "a larger message is answered with an error, where it cannot go in parts",
  };
}

function maximumQoS(level: number): Finding {
  return {
    name: "maximum QoS",
    value: String(level),
    verdict: level === 0 ? "note" : "ok",
    meaning: level === 0 ? "the broker does not acknowledge: what it drops is lost" : "messages are acknowledged",
  };
}

function available(
  name: string,
  answer: boolean | undefined,
  good: string,
  bad: string,
  verdict: "note" | "problem" = "problem",
): Finding {
  return answer === false
    ? { name, value: "not available", verdict, meaning: bad }
    : { name, value: "available", verdict: "ok", meaning: good };
}

function receiveMaximum(count: number): Finding {
  return {
    name: "receive maximum",
    value: count.toLocaleString("en"),
    verdict: "ok",
    meaning: "the most messages of QoS 1 and 2 in flight to the broker at a time",
  };
}

/** Suggestions for clients from a broker that supports the open convention. */
function suggestions({ userProperties }: ConnectAnswer): Finding[] {
  const known = ["MCP-SERVER-NAME", "MCP-SERVER-NAME-FILTERS", "MCP-RBAC"];
  return Object.entries(userProperties).filter(([name]) => known.includes(name)).map(([name, value]) => ({
    name,
    value: [value].flat().join(", "),
    verdict: "note" as const,
    meaning: "the broker knows the open convention, and says this to its clients",
  }));
}
