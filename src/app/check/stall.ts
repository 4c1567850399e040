/**
 * Whether a broker holds answers back.
 *
 * Brokers that leave Nagle's algorithm on do not send an answer that comes behind an acknowledgement before our system
 * has acknowledged that in turn, which it is in no hurry to do.
 *
 * @module
 */
import type { Finding } from "./finding.ts";
import { median, milliseconds, ROUNDS } from "./measurements.ts";
import { beside, Probe, type ProbeOptions } from "./probe.ts";

/** Messages that come so much later behind an acknowledgement, in ms, are held back. */
const STALL = 25;

/**
 * Measures on a topic that we may publish to and read. Needs the probe's client id for itself; finds nothing when the
 * broker does not let a second client publish there.
 */
export async function stallFinding(options: ProbeOptions, protocolVersion: 4 | 5, topic: string): Promise<Finding[]> {
  await using reader = await Probe.open(options, protocolVersion);
  await using writer = await Probe.open(beside(options), protocolVersion);
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
  // What else the machine does makes some times longer; what the broker holds back, it holds back nearly every time.
  return [toFinding(Math.max(0, median(acknowledged) - Math.min(...plain)))];

  /** How long a message to the reader takes when it comes behind what answers a message of this QoS. */
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
