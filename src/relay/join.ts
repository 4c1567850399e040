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
  /** Awaited after one channel has ended, before the other one is closed. */
  readonly beforeClosing?: (end: JoinEnd) => Promise<void>;
}

/**
 * Passes every message of each channel to the other, until one of them ends; then closes both. A slow channel
 * slows the one that feeds it. Never rejects.
 */
export async function join(left: Channel, right: Channel, { beforeClosing }: JoinOptions = {}): Promise<JoinEnd> {
  left.receive((message) => right.send(message));
  right.receive((message) => left.send(message));
  const end = await Promise.race([
    left.closed.then((failure): JoinEnd => ({ first: "left", failure })),
    right.closed.then((failure): JoinEnd => ({ first: "right", failure })),
  ]);
  await beforeClosing?.(end);
  const [ended, other] = end.first === "left" ? [left, right] : [right, left];
  await other.close(end.failure);
  await ended.close();
  return end;
}
