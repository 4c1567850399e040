/**
 * Whether, and how soon, another server process is started after one has exited by itself.
 *
 * @module
 */
import type { RestartPolicyName } from "../../config/mod.ts";
import { ShortRuns } from "../../core/backoff.ts";
import { Failure } from "../../core/failure.ts";

/** What the exits of one server's processes mean for the next one. */
export class RestartPolicy {
  readonly #policy: RestartPolicyName;
  readonly #random: () => number;
  #unavailableReason: Failure | undefined;
  readonly #runs = new ShortRuns();

  /** @param random from 0 up to 1 */
  constructor(policy: RestartPolicyName, random: () => number = Math.random) {
    this.#policy = policy;
    this.#random = random;
  }

  /** Why no further process is started; `undefined` when one may be. */
  get unavailableReason(): Failure | undefined {
    return this.#unavailableReason;
  }

  /** How long to wait before the next start, in ms: longer and longer while processes exit right after theirs. */
  get delay(): number {
    return this.#runs.delay(this.#random());
  }

  /**
   * Notes that a process has exited by itself.
   *
   * @param lived how long it ran, in ms
   */
  exited(failure: Failure, lived: number): void {
    this.#runs.ended(lived);
    const clean = failure.details.exitCode === 0;
    if (this.#policy === "always" || (this.#policy === "on-failure" && !clean)) return;
    const text = `${failure.message}; it is not started again (--restart ${this.#policy})`;
    this.#unavailableReason ??= new Failure("child-exited", text, failure.details);
  }

  /** Notes that a process has ended otherwise, because its session has. */
  ended(): void {
    this.#runs.reset();
  }
}
