/**
 * Whether a broker delays messages because of Nagle's algorithm.
 *
 * With Nagle's algorithm, a broker does not send a message that follows a PUBACK until our system has acknowledged the
 * PUBACK by TCP. The system delays that acknowledgement.
 *
 * @module
 */
import type { Finding } from "./finding.ts";
import { median, milliseconds, ROUNDS } from "./measurements.ts";
import { furtherClient, Probe, type ProbeOptions } from "./probe.ts";

/** How much later a message has to arrive after an acknowledgement to count as delayed, in ms. */
const STALL = 25;

/**
 * Measures on a topic to which we may publish and subscribe. The probe's client id must not be in use. Finds nothing
 * when the broker does not let a second client publish there.
 */
export async function stallFinding(options: ProbeOptions, protocolVersion: 4 | 5, topic: string): Promise<Finding[]> {
  await using reader = await Probe.open(options, protocolVersion);
  await using writer = await Probe.open(furtherClient(options), protocolVersion);
  await reader.subscribe(topic, { noLocal: true });
  const plain: number[] = [];
  const acknowledged: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [qos, times] of [[0, plain], [1, acknowledged]] as const) {
      const time = await timeBehind(qos);
      if (time === undefined) return [];
      times.push(time);
    }
  }
  // Other load on this machine makes single durations longer. A delay by the broker occurs nearly every time.
  return [toFinding(Math.max(0, median(acknowledged) - Math.min(...plain)))];

  /** How long a message to the reader takes if it follows the broker's answer to a message of this QoS. */
  async function timeBehind(qos: 0 | 1): Promise<number | undefined> {
    await reader.publish({ topic, qos });
    const arrival = reader.nextArrival(topic);
    const before = performance.now();
    await writer.publish({ topic, qos: 0 });
    return await arrival ? performance.now() - before : undefined;
  }
}

function toFinding(delay: number): Finding {
  const finding = { name: "delay of QoS 1", value: milliseconds(delay) };
  return delay < STALL ? { ...finding, verdict: "ok", meaning: "acknowledgements hold nothing back" } : {
    ...finding,
    verdict: "note",
    meaning: "the broker holds answers back (Nagle's algorithm): set_tcp_nodelay true in mosquitto.conf, or --qos 0",
  };
}
