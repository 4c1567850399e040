/**
 * Findings about the connection: its speed, and whether retained messages are delivered.
 *
 * @module
 */
import { errorText } from "../../core/text.ts";
import type { BrokerSettings } from "../../mqtt/mod.ts";
import type { Finding } from "./finding.ts";
import type { Probe } from "./probe.ts";
import { brokerProperties } from "./properties.ts";

/** How many times each duration is measured. The median counts. */
export const ROUNDS = 5;

/** The findings about the connection. */
export async function connectionFindings(probe: Probe, broker: BrokerSettings): Promise<Finding[]> {
  const old = probe.protocolVersion === 4;
  return [
    {
      name: "connection",
      value: `${broker.url}, logged in within ${milliseconds(probe.loginTime)}`,
      verdict: "ok",
      meaning: "address, login and encryption are right",
    },
    {
      name: "protocol version",
      value: old ? "MQTT 3.1.1" : "MQTT 5",
      verdict: old ? "note" : "ok",
      meaning: old
        ? "request-response works, without sessions and their recovery; the open convention does not"
        : "everything works with it",
    },
    await roundTripFinding(probe),
    ...(old ? [] : brokerProperties(probe.answer)),
  ];
}

async function roundTripFinding(probe: Probe): Promise<Finding> {
  const name = "round trip";
  const times: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) times.push(await probe.roundTrip());
  } catch (error) {
    // rumqttd 0.20 does not answer UNSUBSCRIBE for a filter without a subscription, against MQTT 5.0, section 3.10.4.
    return { name, value: errorText(error), verdict: "note", meaning: "not measured; what depends on it takes longer" };
  }
  const time = median(times);
  const meaning = "to the broker and back; a call takes at least two of them";
  return { name, value: milliseconds(time), verdict: time > 500 ? "note" : "ok", meaning };
}

/** Whether a later subscriber with a wildcard gets retained messages. RabbitMQ does not deliver them. */
export async function retainedFinding(probe: Probe): Promise<Finding> {
  const name = "discovery";
  const filter = `mcp/check-${crypto.randomUUID().slice(0, 8)}/presence/+`;
  const topic = filter.replace("+", () => probe.clientId);
  const payload = new TextEncoder().encode("check");
  const { problem } = await probe.publish({ topic, qos: 1, retain: true, payload });
  if (problem !== undefined) {
    return { name, value: "not tried", verdict: "note", meaning: `"${topic}" cannot be published to: ${problem}` };
  }
  await probe.subscribe(filter);
  const found = await probe.hasArrived(topic);
  await probe.publish({ topic, qos: 1, retain: true });
  return found ? { name, value: "works", verdict: "ok", meaning: "retained messages reach later subscribers" } : {
    name,
    value: "does not work",
    verdict: "note",
    meaning: "retained messages do not reach wildcard subscriptions: add --no-discovery",
  };
}

/** The median. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** A duration as text for the user. */
export function milliseconds(time: number): string {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
