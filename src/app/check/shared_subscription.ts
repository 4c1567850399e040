/**
 * Whether a broker delivers each message to only one of the clients that share a subscription.
 *
 * @module
 */
import type { Finding } from "./finding.ts";
import { furtherClient, Probe, type ProbeOptions } from "./probe.ts";

/** How many messages are sent. */
const MESSAGES = 6;

/** Tries it with two subscribers, on a topic to which we may publish and subscribe. */
export async function sharedFinding(options: ProbeOptions, protocolVersion: 4 | 5, topic: string): Promise<Finding> {
  const name = "shared subscription of two";
  const verdict = "note";
  const meaning = "clients choose an instance themselves, and plain requesters are answered by one of them";
  await using one = await Probe.open(furtherClient(options, 3), protocolVersion);
  await using two = await Probe.open(furtherClient(options, 4), protocolVersion);
  const filter = `$share/check-${crypto.randomUUID().slice(0, 8)}/${topic}`;
  for (const probe of [one, two]) {
    const { problem } = await probe.subscribe(filter);
    if (problem !== undefined) return { name, value: problem, verdict, meaning };
  }
  const [before, beforeToo] = [one.count(topic), two.count(topic)];
  for (let message = 0; message < MESSAGES; message++) await one.publish({ topic, qos: 1 });
  await Promise.all([one.roundTrip(), two.roundTrip()]);
  if (one.count(topic) + two.count(topic) - before - beforeToo < MESSAGES) await one.nextArrival(topic, 300);
  const [first, second] = [one.count(topic) - before, two.count(topic) - beforeToo];
  const value = `${first} and ${second} of ${MESSAGES} messages came`;
  return first + second === MESSAGES
    ? { name, value, verdict: "ok", meaning: "each message goes to one of several serve processes of a name" }
    : { name, value, verdict, meaning: `add --no-share: ${meaning}` };
}
