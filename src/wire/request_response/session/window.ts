/**
 * How much the peers of one connection may send without an acknowledgement.
 *
 * What they send waits in the queue that the broker keeps for this connection, and the broker drops what does not fit:
 * mosquitto by default beyond 1,000 messages.
 *
 * @module
 */

/** What all peers together may send, in packets. */
const ALL_PEERS = 800;

/** What each of them may send at most, and however many there are. */
const ONE_PEER = 512;
const EVERY_PEER = 4;

/** What one of so many peers may send without an acknowledgement, in packets. */
export function windowOf(peers: number): number {
  return Math.max(EVERY_PEER, Math.min(ONE_PEER, Math.floor(ALL_PEERS / Math.max(1, peers))));
}
