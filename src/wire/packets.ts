/**
 * What holds for packets in every profile.
 *
 * @module
 */
import { Failure } from "../core/failure.ts";
import type { QoS, UserProperties } from "../mqtt/mod.ts";
import type { SessionQoS } from "./profile.ts";

/** A session of which this many bytes have come and wait, since nobody reads them, is ended: such a peer cannot be slowed. */
export const INBOX_LIMIT = 64 * 1024 * 1024;

/** The QoS with peers that do not number their messages; also the highest that messages may come with. */
export function plainQoS(qos: SessionQoS): QoS {
  return qos === "auto" ? 1 : qos;
}

/** Why a message of `bytes` is not carried. */
export function tooLarge(bytes: number, maximum: number): Failure {
  const text = `The message has ${bytes} bytes, but at most ${maximum} are allowed here (--max-message)`;
  return new Failure("too-large", text, { bytes, maximum });
}

/** Why a message of `bytes` is not sent to a peer that takes none of that size. */
export function tooLargeForPeer(bytes: number, maximum: number): Failure {
  const text = `The message has ${bytes} bytes, but the other end allows at most ${maximum} (its --max-message)`;
  return new Failure("too-large", text, { bytes, maximum });
}

/** The first value of a user property. */
export function firstValue(properties: UserProperties | undefined, name: string): string | undefined {
  const value = properties?.[name];
  return typeof value === "string" ? value : value?.[0];
}
