/**
 * Noticing that the other end has fallen silent.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import type { Message } from "../../core/message.ts";
import { ping } from "./messages.ts";

/** How many silent instances are remembered. */
const REMEMBERED_INSTANCES = 100;

/** Instances that had a presence but did not answer. */
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

/** Checks whether the other end of a session is still there, and still knows the session. */
export class Liveness {
  /** Started by a ping of the host. Any message of the server ends it. */
  readonly #silence: Silence;
  /** Started by our own ping. Only a message to this session ends it. */
  readonly #doubt: Silence;
  /** Our own ping. The host must not get its answer. */
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

  /** The server may have forgotten the session. Returns a ping that the caller has to send. */
  doubt(limit: number): Message {
    this.#doubt.begin(limit);
    return this.#ping = ping();
  }

  /** A message for all clients of the server has arrived. */
  heard(): void {
    this.#silence.end();
  }

  /** A message for this session has arrived. */
  heardForUs(): void {
    this.end();
  }

  /** Whether a message is our own ping. */
  isPing(message: Message): boolean {
    return message === this.#ping;
  }

  /** Whether a message is the answer to our own ping. */
  isAnswer({ kind, key }: Message): boolean {
    return kind === "response" && key === this.#ping?.key;
  }

  /** Stops waiting. */
  end(): void {
    this.#silence.end();
    this.#doubt.end();
  }
}

/** Waits for a message that is due. */
class Silence {
  readonly #clock: Clock;
  readonly #timedOut: (limit: number) => void;
  #cancel: (() => void) | undefined;

  /** @param timedOut told when nothing has come in time, with the time in ms */
  constructor(clock: Clock, timedOut: (limit: number) => void) {
    this.#clock = clock;
    this.#timedOut = timedOut;
  }

  /** A message has to arrive within `limit` ms. If a limit is running already, that one stays. */
  begin(limit: number): void {
    this.#cancel ??= this.#clock.after(limit, () => {
      this.#cancel = undefined;
      this.#timedOut(limit);
    });
  }

  /** A message has arrived, or nobody waits any more. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
