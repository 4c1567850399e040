/**
 * Which broker it is, as far as it says.
 *
 * @module
 */
import { errorText } from "../../core/text.ts";
import { type ConnectAnswer, connectToBroker, type ReceivedPacket } from "../../mqtt/mod.ts";
import { waitAtMost } from "../../core/waiting.ts";
import type { Finding } from "./finding.ts";
import { beside, type ProbeOptions } from "./probe.ts";

/** Where brokers say what they are: mosquitto, mochi, NanoMQ and others; EMQX below a node's name. */
const TOPICS = ["$SYS/broker/version", "$SYS/brokers/+/version"];

/** It is retained, so it comes at once, in ms. */
const PATIENCE = 200;

/** Asks the broker, by a connection of its own: some end one over a subscription that they do not allow. */
export async function softwareFinding(options: ProbeOptions, protocolVersion: 4 | 5): Promise<Finding> {
  const found = Promise.withResolvers<string>();
  const received = ({ topic, payload }: ReceivedPacket) => {
    const text = new TextDecoder().decode(payload.subarray(0, 100));
    found.resolve(topic.startsWith("$SYS/brokers/") ? `EMQX ${text}` : text);
  };
  const { broker, plan, signal, connect = connectToBroker } = beside(options);
  let said: string | undefined;
  try {
    const connection = await connect({ broker, plan, protocolVersion, received }, signal);
    said = fromAnswer(connection.answer);
    const asked = TOPICS.map((filter) => connection.subscribe([{ filter, qos: 0, noLocal: false }]).catch(() => {}));
    void found.promise.then((text) => said = text);
    await waitAtMost(Promise.race([found.promise, connection.closed]), PATIENCE);
    await connection.end();
    await Promise.all(asked);
  } catch (error) {
    return { name: "broker", value: "not asked", verdict: "note", meaning: errorText(error) };
  }
  return said === undefined
    ? { name: "broker", value: "does not say", verdict: "ok", meaning: "name it in a bug report, with its version" }
    : { name: "broker", value: said, verdict: "ok", meaning: "what it says of itself" };
}

/** Some brokers tell in CONNACK what they are. */
function fromAnswer({ userProperties }: ConnectAnswer): string | undefined {
  const [, value] = Object.entries(userProperties).find(([name]) => /^(server|broker|version)/i.test(name)) ?? [];
  return value === undefined ? undefined : [value].flat().join(" ");
}
