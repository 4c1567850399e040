/**
 * How many server processes start at a time.
 *
 * A program that starts takes a whole core for a while. If all started at once that strangers may ask for, those that
 * run already would hardly have any time.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";

/** A process that has said nothing for so long, in ms, is taken to have started. */
const START_TIME = 1_000;

/** However few cores there are, so many may start at a time: one that waits for something is in nobody's way. */
const FEWEST_STARTS = 2;

/** Takes the outcome of a wait. */
type Waiting = (started: (() => void) | undefined) => void;

/** The processes of one `serve` that are starting, and those that are about to. */
export class ChildStarts {
  readonly #maximum: number;
  readonly #clock: Clock;
  #starting = 0;
  /** Who waits, by client; the next turn is that of the first client. */
  readonly #waiting = new Map<string, Set<Waiting>>();

  /** @param maximum processes that start at a time; by default one for each core, and at least two */
  constructor(maximum = Math.max(FEWEST_STARTS, navigator.hardwareConcurrency), clock: Clock = systemClock) {
    this.#maximum = maximum;
    this.#clock = clock;
  }

  /**
   * Notes a process that is about to start, until what is returned is called, or for a second.
   *
   * @returns `undefined` when others are starting
   */
  begin(): (() => void) | undefined {
    return this.#starting < this.#maximum ? this.#note() : undefined;
  }

  /**
   * Waits until a process of a client may start: each client that waits has its turn, however many it waits for.
   *
   * @param over resolves when the process is not wanted any more
   * @returns as {@linkcode begin} does; `undefined` when the process is not wanted any more
   */
  inTurn(client: string, over: Promise<unknown>): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(client) ?? new Set();
      this.#waiting.set(client, waiting.add(resolve));
      void over.then(() => {
        waiting.delete(resolve);
        if (waiting.size === 0 && this.#waiting.get(client) === waiting) this.#waiting.delete(client);
        resolve(undefined);
      });
    });
  }

  #note(): () => void {
    this.#starting++;
    let isStarting = true;
    const started = () => {
      if (!isStarting) return;
      isStarting = false;
      cancel();
      this.#starting--;
      this.#next();
    };
    const cancel = this.#clock.after(START_TIME, started);
    return started;
  }

  #next(): void {
    for (const [client, waiting] of this.#waiting) {
      this.#waiting.delete(client);
      const [first] = waiting;
      if (first === undefined) continue;
      waiting.delete(first);
      if (waiting.size > 0) this.#waiting.set(client, waiting); // behind all others
      return first(this.#note());
    }
  }
}
