/**
 * Joining two channels.
 *
 * @module
 */
import type { Channel } from "../core/channel.ts";
import type { Failure } from "../core/failure.ts";

/** Which of two joined channels ended first, and why. */
export interface JoinEnd {
  readonly first: "left" | "right";
  readonly failure: Failure | undefined;
}

/** How two channels are joined. */
export interface JoinOptions {
  /** How long the right channel may take to end after the left one has half-closed. @default {no limit} */
  readonly linger?: () => Promise<void>;
  /** Awaited after one channel has ended, before the other one is closed. */
  readonly beforeClosing?: (end: JoinEnd) => Promise<void>;
}

/**
 * Passes every message of each channel to the other, until one of them ends; then closes both. When the left channel
 * half-closes, the right one is half-closed too if it can be. A slow channel applies backpressure to the other one.
 * Never rejects.
 */
export async function join(left: Channel, right: Channel, options: JoinOptions = {}): Promise<JoinEnd> {
  left.receive((message) => right.send(message));
  right.receive((message) => left.send(message));
  const end = await Promise.race([
    left.closed.then((failure): JoinEnd => ({ first: "left", failure })),
    right.closed.then((failure): JoinEnd => ({ first: "right", failure })),
    ...(left.peerEnded === undefined ? [] : [left.peerEnded.then(() => passEndOn(right, options))]),
  ]);
  await options.beforeClosing?.(end);
  const [ended, other] = end.first === "left" ? [left, right] : [right, left];
  await other.close(end.failure);
  await ended.close();
  return end;
}

/** Half-closes the right channel. If that is impossible, or takes too long, the left channel counts as ended. */
async function passEndOn(right: Channel, { linger }: JoinOptions): Promise<JoinEnd> {
  const told = await right.end?.() ?? false;
  if (told) await (linger?.() ?? right.closed);
  return { first: "left", failure: undefined };
}
