/**
 * Noticing that a peer has fallen silent.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import type { Message } from "../../core/message.ts";
import { ping } from "./messages.ts";

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

/** Whether the other end of a session is still there, and knows the session. */
export class Liveness {
  /** Begun by a ping of the host: whatever comes from the server ends it. */
  readonly #silence: Silence;
  /** Begun by a ping of ours: only what comes for this session ends it. */
  readonly #doubt: Silence;
  /** Our own question, whose answer is not the host's. */
  #ping: Message | undefined;

  /** @param lost told when a ping is not answered, nor anything else comes, within so many ms */
  constructor(clock: Clock, lost: (limit: number) => void) {
    this.#silence = new Silence(clock, lost);
    this.#doubt = new Silence(clock, lost);
  }

  /** The host has sent a ping, whose answer may take `limit` ms. */
  pinged(limit: number): void {
    this.#silence.begin(limit);
  }

  /** The server may have forgotten the session: whoever doubts that has to send the ping that is returned. */
  doubt(limit: number): Message {
    this.#doubt.begin(limit);
    return this.#ping = ping();
  }

  /** Something has come for all clients of the server. */
  heard(): void {
    this.#silence.end();
  }

  /** Something has come for this session. */
  heardForUs(): void {
    this.end();
  }

  /** Whether a message is our own ping. */
  isPing(message: Message): boolean {
    return message === this.#ping;
  }

  /** Whether a message is the answer to it. */
  isAnswer({ kind, key }: Message): boolean {
    return kind === "response" && key === this.#ping?.key;
  }

  /** Nobody waits any more. */
  end(): void {
    this.#silence.end();
    this.#doubt.end();
  }
}

/** Waits for any sign of life, where one is due. */
class Silence {
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
