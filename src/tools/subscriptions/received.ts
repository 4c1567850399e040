/**
 * A message as it is kept here: with the time at which it came.
 *
 * @module
 */
import type { ReceivedPacket } from "../../mqtt/mod.ts";

/** A message that has arrived. Its payload is its own. */
export interface Received extends ReceivedPacket {
  /** Counts what has arrived on this connection, from 1. */
  readonly number: number;
  /** When it came, in ms since 1970. */
  readonly receivedAt: number;
  /** When it was published, in ms since 1970: of a retained message that has been seen being published. */
  readonly publishedAt?: number;
}
