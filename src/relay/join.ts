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
  /** How long the right channel may take to end, once it knows that the left one says no more. @default {as long as it likes} */
  readonly linger?: () => Promise<void>;
  /** Awaited after one channel has ended, before the other one is closed. */
  readonly beforeClosing?: (end: JoinEnd) => Promise<void>;
}

/**
 * Passes every message of each channel to the other, until one of them ends; then closes both. When the left one will
 * say no more, but still listens, the right one is told so, and goes on if it can. A slow channel slows the one that
 * feeds it. Never rejects.
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

/** The left channel counts as ended when the right one cannot be told of its end, or has taken too long after it. */
async function passEndOn(right: Channel, { linger }: JoinOptions): Promise<JoinEnd> {
  const told = await right.end?.() ?? false;
  if (told) await (linger?.() ?? right.closed);
  return { first: "left", failure: undefined };
}
