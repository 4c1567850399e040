/**
 * Whether a crashed server process is started again, and after which delay.
 *
 * @module
 */
import type { RestartPolicyName } from "../../config/mod.ts";
import { ShortRuns } from "../../core/backoff.ts";
import { Failure } from "../../core/failure.ts";

/** Decides about restarts by the exits of one server's processes. */
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

  /** Why no further process is started; `undefined` when one may be started. */
  get unavailableReason(): Failure | undefined {
    return this.#unavailableReason;
  }

  /** The delay before the next start, in ms. It grows while processes exit soon after their start. */
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

  /** Notes that a process has ended with its session. */
  ended(): void {
    this.#runs.reset();
  }
}
