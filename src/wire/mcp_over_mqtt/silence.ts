/**
 * Noticing that a peer has fallen silent.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";

/** How many instances that do not answer are remembered. */
const REMEMBERED_INSTANCES = 100;

/** Instances that were there by their presence, but did not answer. */
export class SilentInstances {
  readonly #serverIds = new Set<string>();

  add(serverId: string): void {
    if (this.#serverIds.size >= REMEMBERED_INSTANCES) this.#serverIds.clear();
    this.#serverIds.add(serverId);
  }

  has(serverId: string): boolean {
    return this.#serverIds.has(serverId);
  }
}

/** Waits for any sign of life, where one is due. */
export class Silence {
  readonly #clock: Clock;
  readonly #lasted: (limit: number) => void;
  #cancel: (() => void) | undefined;

  /** @param lasted told when nothing has come in time, with the time in ms */
  constructor(clock: Clock, lasted: (limit: number) => void) {
    this.#clock = clock;
    this.#lasted = lasted;
  }

  /** From now on something has to come within `limit` ms; a limit that is running already stays. */
  begin(limit: number): void {
    this.#cancel ??= this.#clock.after(limit, () => {
      this.#cancel = undefined;
      this.#lasted(limit);
    });
  }

  /** Something has come, or nobody waits any more. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
