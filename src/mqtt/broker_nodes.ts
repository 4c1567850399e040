/**
 * The nodes of a cluster of brokers, of which any will do.
 *
 * @module
 */
import type { BrokerSettings } from "./connection/connection.ts";

/** Which node is connected to. */
export class BrokerNodes {
  readonly #nodes: readonly BrokerSettings[];
  #at = 0;
  /** How many have failed one after the other, since the last pause. */
  #failed = 0;

  constructor({ url, username, password, others = [], ...common }: BrokerSettings) {
    const first = {
      url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    };
    this.#nodes = [first, ...others].map((address) => ({ ...common, ...address }));
  }

  /** The node of the next attempt; the one that works is kept. */
  get current(): BrokerSettings {
    const node = this.#nodes[this.#at];
    if (node === undefined) throw new Error("There is no broker");
    return node;
  }

  /**
   * Goes to the next node, since this one has failed.
   *
   * @param connected whether there had been a connection; whoever lost it with many others does not come back at once
   * @returns whether to try it without a pause: not when all have failed
   */
  next(connected: boolean): boolean {
    this.#at = (this.#at + 1) % this.#nodes.length;
    this.#failed = connected ? this.#nodes.length : this.#failed + 1;
    if (this.#failed < this.#nodes.length) return true;
    this.#failed = 0;
    return false;
  }
}
