/**
 * Two channels back to back, for two parts of one process.
 *
 * @module
 */
import type { Channel, Receiver } from "./channel.ts";
import type { Failure } from "./failure.ts";
import type { Message } from "./message.ts";

/** Two channels: a message sent into one comes out of the other. When one of them ends, so does the other. */
export function channelPair(): readonly [Channel, Channel] {
  const end = Promise.withResolvers<Failure | undefined>();
  const [left, right] = [new PairedChannel(end), new PairedChannel(end)];
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class PairedChannel implements Channel {
  readonly closed: Promise<Failure | undefined>;
  peer: PairedChannel | undefined;
  ended = false;
  readonly #end: PromiseWithResolvers<Failure | undefined>;
  /** Messages that came before there was a receiver. */
  readonly #early: Message[] = [];
  #receiver: Receiver | undefined;

  constructor(end: PromiseWithResolvers<Failure | undefined>) {
    this.#end = end;
    this.closed = end.promise;
    void end.promise.then(() => this.ended = true);
  }

  receive(receiver: Receiver): void {
    this.#receiver = receiver;
    for (const message of this.#early.splice(0)) void receiver(message);
  }

  send(message: Message): Promise<void> | void {
    if (!this.ended) return this.peer?.take(message);
  }

  take(message: Message): Promise<void> | void {
    if (this.#receiver !== undefined) return this.#receiver(message);
    this.#early.push(message);
  }

  close(reason?: Failure): Promise<void> {
    this.ended = true;
    this.#end.resolve(reason);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
