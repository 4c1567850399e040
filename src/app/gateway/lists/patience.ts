/**
 * How long a host waits for servers that do not answer: once, and not each time that it asks.
 *
 * @module
 */
import { waitAtMost } from "../../../core/waiting.ts";

/** A host waits so long for servers that have to be asked, in ms. */
const LONGEST_WAIT = 5_000;

/** Waits for servers, as long as they are worth it. */
export class Patience {
  /** Those that were waited for in vain, and have not answered since. */
  readonly #late = new Set<string>();

  /** Waits until all have answered or failed, but for those that are known to take long. */
  async wait(asked: readonly (readonly [server: string, answer: Promise<unknown>])[]): Promise<void> {
    const open = new Set<string>();
    for (const [server, answer] of asked) {
      open.add(server);
      answer.then(() => this.#late.delete(server), () => {}).finally(() => open.delete(server));
    }
    const awaited = asked.filter(([server]) => !this.#late.has(server)).map(([, answer]) => answer);
    await waitAtMost(Promise.allSettled(awaited), LONGEST_WAIT);
    for (const server of open) this.#late.add(server);
  }
}
