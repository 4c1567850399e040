/**
 * Two channels back to back, without anything between them.
 *
 * @module
 */
import type { Channel, Receiver } from "../../src/core/channel.ts";
import type { Failure } from "../../src/core/failure.ts";
import type { Message } from "../../src/core/message.ts";

/** A channel whose peer is another object of this class. */
export class MemoryChannel implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly peerEnded: Promise<void>;
  readonly #peerEnd: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  #peer: MemoryChannel | undefined;
  #unseen: readonly Message[] = [];
  #receiver: Receiver | undefined;
  #early: Message[] = [];
  #ended = false;

  private constructor() {
    this.closed = this.#end.promise;
    this.peerEnded = this.#peerEnd.promise;
  }

  /** A pair: what is sent into one comes out of the other. */
  static pair(): [MemoryChannel, MemoryChannel] {
    const [left, right] = [new MemoryChannel(), new MemoryChannel()];
    left.#peer = right;
    right.#peer = left;
    return [left, right];
  }

  receive(receiver: Receiver): void {
    this.#receiver = receiver;
    for (const message of this.#early.splice(0)) void receiver(message);
  }

  send(message: Message): Promise<void> | void {
    if (!this.#ended && this.#peer !== undefined) return this.#peer.#deliver(message);
  }

  end(): boolean {
    if (this.#peer !== undefined) this.#peer.#peerEnd.resolve();
    return true;
  }

  get ended(): boolean {
    return this.#ended;
  }

  unseen(): readonly Message[] {
    return this.#unseen;
  }

  /** Ends it, and lets the other end know which of its requests were not looked at. */
  async closeWithout(unseen: readonly Message[], reason: Failure): Promise<void> {
    if (this.#peer !== undefined) this.#peer.#unseen = unseen;
    await this.close(reason);
  }

  close(reason?: Failure): Promise<void> {
    this.#finish(reason);
    if (this.#peer !== undefined) this.#peer.#finish(reason);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #deliver(message: Message): Promise<void> | void {
    if (this.#receiver !== undefined) return this.#receiver(message);
    this.#early.push(message);
  }

  #finish(reason: Failure | undefined): void {
    this.#ended = true;
    this.#end.resolve(reason);
  }
}
