/**
 * The largest message that the broker delivers. It may be smaller than the Maximum Packet Size of CONNACK.
 *
 * @module
 */
import type { Finding } from "./finding.ts";
import type { Probe } from "./probe.ts";

/** The largest size to try, in bytes: nobody needs to know more. */
const LARGEST = 1024 * 1024;

/** A size that every broker delivers, in bytes. */
const SMALLEST = 1024;

/** How many times the interval of the result is halved. */
const REFINEMENTS = 4;
/** How long halving it may go on, in ms. */
const SEARCH_TIMEOUT = 20_000;

/** The size of a packet besides its payload, in bytes. */
const HEADER = 1024;

/** Measures on a topic to which we may publish and subscribe. */
export async function largestMessageFinding(probe: Probe, topic: string): Promise<Finding> {
  const name = "largest message";
  const announced = (probe.answer.maximumPacketSize ?? Infinity) - HEADER;
  const wanted = Math.max(SMALLEST, Math.min(LARGEST, announced));
  const deadline = performance.now() + SEARCH_TIMEOUT;
  let cause: string | undefined;
  if (await passes(wanted)) {
    const limit = wanted < LARGEST ? "the largest that the broker says it accepts" : "no larger one was tried";
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
    meaning: `${cause ?? "the broker silently drops larger ones"}; raise its limit (mosquitto: message_size_limit), ` +
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
    await probe.restart(); // a broker may close the connection over a large message, or read no more from it
    return false;
  }
}

function bytesText(size: number): string {
  return `${size.toLocaleString("en")} bytes`;
}
