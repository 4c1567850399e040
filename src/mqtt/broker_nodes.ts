/**
 * The nodes of a cluster of brokers. A link may use any of them.
 *
 * @module
 */
import type { BrokerSettings } from "./connection/connection.ts";

/** Chooses the node to connect to. */
export class BrokerNodes {
  readonly #nodes: readonly BrokerSettings[];
  #at = 0;
  /** How many nodes in a row have failed since the last pause. */
  #failed = 0;

  constructor({ url, username, password, others = [], ...common }: BrokerSettings) {
    const first = {
      url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    };
    this.#nodes = [first, ...others].map((address) => ({ ...common, ...address }));
  }

  /** The node of the next attempt. A node that works is kept. */
  get current(): BrokerSettings {
    const node = this.#nodes[this.#at];
    if (node === undefined) throw new Error("There is no broker");
    return node;
  }

  /**
   * Goes to the next node, since this one has failed.
   *
   * @param connected whether there had been a connection. Then many other clients may have lost theirs at the same
   * moment, and all should not come back at once
   * @returns whether to try the next node without a pause; `false` when all have failed
   */
  next(connected: boolean): boolean {
    this.#at = (this.#at + 1) % this.#nodes.length;
    this.#failed = connected ? this.#nodes.length : this.#failed + 1;
    if (this.#failed < this.#nodes.length) return true;
    this.#failed = 0;
    return false;
  }
}
