/**
 * Sending no faster than the other end receives.
 *
 * A broker acknowledges a message when it has queued it, and drops messages when the queue is full: mosquitto queues
 * 1,000 for each client. The convention has no acknowledgements of its own. But MCP requires an answer to every ping.
 * The answer shows that all messages before the ping have arrived.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import type { Message } from "../../core/message.ts";
import { ping } from "./messages.ts";

/** How many messages may be unconfirmed. The number is lower than the queue, which other sessions may share. */
const BURST = 300;

/** If this many messages took longer than this, in ms, no ping is needed: the queue has been emptied meanwhile. */
const SLOW = 10_000;

/** How long the other end may take to answer a ping, in ms. */
const PING_TIMEOUT = 10_000;

/** Pauses one direction of a session until the other end has caught up. */
export class Pace {
  readonly #clock: Clock;
  readonly #ask: (ping: Message) => void;
  #count = 0;
  #since = 0;
  #ping: Message | undefined;
  #answered: PromiseWithResolvers<void> | undefined;
  #cancel: (() => void) | undefined;
  /** Whether the other end has never answered a ping, as clients and servers of the C SDKs do not. */
  #mute: boolean | undefined;

  /** @param ask sends a ping behind all messages */
  constructor(clock: Clock, ask: (ping: Message) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Counts a sent message. A returned promise resolves when another may be sent. */
  sent(): Promise<void> | void {
    if (this.#answered !== undefined) return this.#answered.promise;
    const now = this.#clock.now();
    if (now - this.#since > SLOW) [this.#count, this.#since] = [0, now];
    if (++this.#count < BURST || this.#mute === true) return;
    this.#answered = Promise.withResolvers();
    this.#cancel = this.#clock.after(PING_TIMEOUT, () => {
      this.#mute ??= true;
      this.#goOn();
    });
    this.#ping = ping();
    this.#ask(this.#ping);
    return this.#answered?.promise;
  }

  /** Whether a message answers our ping. If so, all messages before the ping have arrived. */
  takes({ kind, key }: Message): boolean {
    if (kind !== "response" || key === undefined || key !== this.#ping?.key) return false;
    this.#mute = false;
    this.#goOn();
    return true;
  }

  /** Ends the pause, since nobody waits any more. */
  end(): void {
    this.#goOn();
  }

  #goOn(): void {
    this.#cancel?.();
    [this.#count, this.#since] = [0, this.#clock.now()];
    this.#answered?.resolve();
    this.#answered = undefined;
  }
}

/** Waits for both promises, if there are any. */
export function both(one: Promise<void> | void, other: Promise<void> | void): Promise<void> | void {
  if (one === undefined || other === undefined) return one ?? other;
  return Promise.all([one, other]).then(() => {});
}
