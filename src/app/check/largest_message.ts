/**
 * How large a message may be that the broker hands on, whatever it says in CONNACK.
 *
 * @module
 */
import type { Finding } from "./finding.ts";
import type { Probe } from "./probe.ts";

/** Nobody needs to know more than that a message of this size passes, in bytes. */
const LARGEST = 1024 * 1024;

/** Every broker hands on this much, in bytes. */
const SMALLEST = 1024;

/** How often the answer is made twice as exact, */
const REFINEMENTS = 4;
/** as long as it does not take longer than this, in ms. */
const PATIENCE = 20_000;

/** What a packet has besides its payload, in bytes. */
const HEADER = 1024;

/** Tries it on a topic that we may publish to and read. */
export async function largestMessageFinding(probe: Probe, topic: string): Promise<Finding> {
  const name = "largest message";
  const announced = (probe.answer.maximumPacketSize ?? Infinity) - HEADER;
  const wanted = Math.max(SMALLEST, Math.min(LARGEST, announced));
  const deadline = performance.now() + PATIENCE;
  let cause: string | undefined;
  if (await passes(wanted)) {
    const limit = wanted < LARGEST ? "the most that the broker says to take" : "no larger one was tried";
    return { name, value: `${bytesText(wanted)} pass`, verdict: "ok", meaning: limit };
  }
  let fails = wanted;
  let good = Math.floor(wanted / 2);
  while (good > SMALLEST && !await passes(good)) {
    fails = good;
    good = Math.floor(good / 2);
  }
  for (let round = 0; round < REFINEMENTS && performance.now() < deadline; round++) {
    const middle = Math.floor((good + fails) / 2);
    if (await passes(middle)) good = middle;
    else fails = middle;
  }
  return {
    name,
    value: `${bytesText(good)} pass, ${bytesText(fails)} do not`,
    verdict: "note",
    meaning:
      `${cause ?? "the broker drops larger ones without a word"}; raise its limit (mosquitto: message_size_limit), ` +
      `or set --max-packet ${good}`,
  };

  async function passes(size: number): Promise<boolean> {
    const abort = new AbortController();
    const arrival = probe.nextArrival(topic, undefined, abort.signal);
    const { problem } = await probe.publish({ topic, qos: 1, payload: new Uint8Array(size) });
    if (problem === undefined) return await arrival;
    cause ??= problem;
    abort.abort();
    await arrival;
    await probe.restart(); // over some, brokers stop to listen
    return false;
  }
}

function bytesText(size: number): string {
  return `${size.toLocaleString("en")} bytes`;
}
