/**
 * Sending no faster than the other end receives.
 *
 * A broker acknowledges what it only has in a queue, and drops what overflows that: mosquitto has room for 1,000 messages
 * of a client. The convention has no acknowledgements of its own, but every MCP peer answers a ping, and in order.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import type { Message } from "../../core/message.ts";
import { ping } from "./messages.ts";

/** So many messages may be on their way; other sessions may share the queue. */
const BURST = 300;

/** If they take longer than this, in ms, nobody has to be asked: the queue has been emptied meanwhile. */
const SLOW = 10_000;

/** How long a peer may take to answer, in ms. */
const PATIENCE = 10_000;

/** Holds one direction of a session back while the other end has not caught up. */
export class Pace {
  readonly #clock: Clock;
  readonly #ask: (ping: Message) => void;
  #count = 0;
  #since = 0;
  #ping: Message | undefined;
  #answered: PromiseWithResolvers<void> | undefined;
  #cancel: (() => void) | undefined;
  /** Whether the peer has never answered; those of the C SDKs do not. */
  #mute: boolean | undefined;

  /** @param ask sends a ping behind all messages */
  constructor(clock: Clock, ask: (ping: Message) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** A message is sent. A returned promise resolves when there may be another one. */
  sent(): Promise<void> | void {
    if (this.#answered !== undefined) return this.#answered.promise;
    const now = this.#clock.now();
    if (now - this.#since > SLOW) [this.#count, this.#since] = [0, now];
    if (++this.#count < BURST || this.#mute === true) return;
    this.#answered = Promise.withResolvers();
    this.#cancel = this.#clock.after(PATIENCE, () => {
      this.#mute ??= true;
      this.#goOn();
    });
    this.#ping = ping();
    this.#ask(this.#ping);
    return this.#answered?.promise;
  }

  /** Whether a message answers our ping; then all that was sent before it has arrived. */
  takes({ kind, key }: Message): boolean {
    if (kind !== "response" || key === undefined || key !== this.#ping?.key) return false;
    this.#mute = false;
    this.#goOn();
    return true;
  }

  /** Nobody waits any more. */
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

/** Waits for both, as far as there is something to wait for. */
export function both(one: Promise<void> | void, other: Promise<void> | void): Promise<void> | void {
  if (one === undefined || other === undefined) return one ?? other;
  return Promise.all([one, other]).then(() => {});
}
