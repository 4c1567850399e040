/**
 * Limits and checks of packets for all profiles.
 *
 * @module
 */
import { Failure } from "../core/failure.ts";
import type { MessageOptions } from "../config/mod.ts";
import type { QoS, UserProperties } from "../mqtt/mod.ts";
import type { SessionQoS } from "./profile.ts";

/**
 * How many received bytes of a session may wait to be read. Beyond that the session ends, since its sender cannot be
 * slowed down.
 */
export const INBOX_LIMIT = 64 * 1024 * 1024;

/** The QoS for a peer that does not number its messages; also the highest QoS to subscribe with. */
export function plainQoS(qos: SessionQoS): QoS {
  return qos === "auto" ? 1 : qos;
}

/** Packets up to this length are read however short messages have to be, in bytes, since each gets an answer. */
const LEAST_MAXIMUM = 64 * 1024 * 1024;

/**
 * The longest packet that is worth reading, in bytes. One with a message that is too large is read to be answered, but
 * not if it is far too large.
 */
export function longestPacket({ maxMessage }: MessageOptions): number {
  return Math.max(2 * maxMessage, LEAST_MAXIMUM);
}

/** The failure of a message that is larger than we allow. */
export function tooLarge(bytes: number, maximum: number): Failure {
  const text = `The message has ${bytes} bytes, but at most ${maximum} are allowed here (--max-message)`;
  return new Failure("too-large", text, { bytes, maximum });
}

/** The failure of a message that is larger than the other end allows. */
export function tooLargeForPeer(bytes: number, maximum: number): Failure {
  const text = `The message has ${bytes} bytes, but the other end allows at most ${maximum} (its --max-message)`;
  return new Failure("too-large", text, { bytes, maximum });
}

/** The first value of a user property. */
export function firstValue(properties: UserProperties | undefined, name: string): string | undefined {
  const value = properties?.[name];
  return typeof value === "string" ? value : value?.[0];
}
