/**
 * Makes a host wait only once for a server that does not answer.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../core/clock.ts";
import { waitAtMost } from "../../../core/waiting.ts";

/** The longest that a host waits for servers, in ms. */
const ANSWER_TIMEOUT = 5_000;

/** The most servers that are remembered as late. Of more, the first are forgotten: they may have gone long ago. */
const MOST_LATE = 10_000;

/** Waits for answers of servers. */
export class AnswerTimeout {
  /** Servers that did not answer in time, and have not answered since. */
  readonly #late = new Set<string>();
  readonly #clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Waits until all servers have answered or failed, except those that were late before. */
  async wait(asked: readonly (readonly [server: string, answer: Promise<unknown>])[]): Promise<void> {
    const open = new Set<string>();
    for (const [server, answer] of asked) {
      open.add(server);
      answer.then(() => this.#late.delete(server), () => {}).finally(() => open.delete(server));
    }
    const awaited = asked.filter(([server]) => !this.#late.has(server)).map(([, answer]) => answer);
    await waitAtMost(Promise.allSettled(awaited), ANSWER_TIMEOUT, this.#clock);
    for (const server of open) this.#late.add(server);
    for (const server of this.#late) {
      if (this.#late.size <= MOST_LATE) break;
      this.#late.delete(server);
    }
  }
}
