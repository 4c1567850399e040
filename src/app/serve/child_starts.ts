/**
 * Limiting how many server processes start at a time.
 *
 * A process that starts uses a whole core for a while. Strangers can ask for many processes. If all of them started at
 * once, those that run already would hardly get any CPU time.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";

/** A process that has written nothing for this long, in ms, counts as started. */
const START_TIME = 1_000;

/** The lowest limit, however few cores there are: a starting process that waits for something uses no CPU time. */
const FEWEST_STARTS = 2;

/** Called at the end of a wait: with the function to call once the process has started, or with nothing. */
type Waiting = (started: (() => void) | undefined) => void;

/** The processes of one `serve` that are starting, and those that wait to be started. */
export class ChildStarts {
  readonly #maximum: number;
  readonly #clock: Clock;
  #starting = 0;
  /** The waiting processes by client. The first client has the next turn. */
  readonly #waiting = new Map<string, Set<Waiting>>();

  /** @param maximum how many processes may start at a time; by default one for each core, and at least two */
  constructor(maximum = Math.max(FEWEST_STARTS, navigator.hardwareConcurrency), clock: Clock = systemClock) {
    this.#maximum = maximum;
    this.#clock = clock;
  }

  /**
   * Counts a process as starting, until the returned function is called, or for a second.
   *
   * @returns `undefined` when too many processes are starting
   */
  begin(): (() => void) | undefined {
    return this.#starting < this.#maximum ? this.#note() : undefined;
  }

  /**
   * Waits until a process of a client may start. The waiting clients take turns, however many processes each waits for.
   *
   * @param over resolves when the process is not wanted any more
   * @returns the function of {@linkcode begin}; `undefined` when the process is not wanted any more
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
      if (waiting.size > 0) this.#waiting.set(client, waiting); // now the last client in the order of turns
      return first(this.#note());
    }
  }
}
