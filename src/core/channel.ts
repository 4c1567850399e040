/**
 * The interface between the host, a server process and a session on MQTT.
 *
 * @module
 */
import type { Failure } from "./failure.ts";
import type { Message } from "./message.ts";

/** Takes one message. A returned promise asks the sender to wait before it sends the next one. */
export type Receiver = (message: Message) => Promise<void> | void;

/**
 * An ordered, bidirectional stream of JSON-RPC messages with an end and a reason for it.
 *
 * Our own stdio, a child process and a session on MQTT are each a channel. So any two of them can be joined by the same
 * code.
 *
 * A request that a channel takes but cannot carry (too large, refused by the broker, no peer) is answered by the
 * channel itself with an error response. Otherwise the sender would wait in vain.
 */
export interface Channel extends AsyncDisposable {
  /** Starts handing received messages to `receiver`. To be called once; messages that came earlier are not lost. */
  receive(receiver: Receiver): void;

  /**
   * Takes a message, in order. A returned promise settles when the channel wants more; it never rejects.
   * After the channel has ended, messages are dropped.
   */
  send(message: Message): Promise<void> | void;

  /**
   * Ends the channel. Messages that it has already taken are sent first. Idempotent.
   *
   * @param reason why, when it is not the orderly end of the conversation
   */
  close(reason?: Failure): Promise<void>;

  /**
   * Half-closes the channel: no more will be sent. Messages of the peer are still received, until it ends the channel.
   *
   * @returns whether the peer learns of it; if not, the channel goes on as before
   */
  end?(): Promise<boolean> | boolean;

  /** Resolves when the peer has half-closed: it sends no more, but still listens. @default {never} */
  readonly peerEnded?: Promise<void> | undefined;

  /** Whether the channel has ended. It may be `true` before {@linkcode closed} resolves. */
  readonly ended?: boolean;

  /**
   * Whether the channel ends by itself when its peer is gone. Then requests need no timeout.
   * @default {false}
   */
  readonly watched?: boolean;

  /**
   * A sentence that says why an answer can be lost without notice, and what to do about it. It is shown when a request
   * has timed out. @default {none}
   */
  readonly silentLoss?: string | undefined;

  /** Resolves when the channel has ended, with the reason if it was not an orderly end. Never rejects. */
  readonly closed: Promise<Failure | undefined>;

  /**
   * The requests that the channel has taken, and that its peer certainly never saw. So they may be sent again. To be
   * asked when it has {@linkcode closed}. @default {none}
   */
  unseen?(): readonly Message[];
}

/** A channel around another one. By default, every call is passed on to the inner channel. */
export abstract class ChannelWrapper implements Channel {
  readonly closed: Promise<Failure | undefined>;
  /** The channel inside. */
  protected readonly inner: Channel;

  /** @param inner the channel to put another one around */
  constructor(inner: Channel) {
    this.inner = inner;
    this.closed = inner.closed;
  }

  get ended(): boolean {
    return this.inner.ended === true;
  }

  get watched(): boolean {
    return this.inner.watched === true;
  }

  get silentLoss(): string | undefined {
    return this.inner.silentLoss;
  }

  get peerEnded(): Promise<void> | undefined {
    return this.inner.peerEnded;
  }

  end(): Promise<boolean> | boolean {
    return this.inner.end?.() ?? false;
  }

  receive(receiver: Receiver): void {
    this.inner.receive(receiver);
  }

  send(message: Message): Promise<void> | void {
    return this.inner.send(message);
  }

  close(reason?: Failure): Promise<void> {
    return this.inner.close(reason);
  }

  unseen(): readonly Message[] {
    return this.inner.unseen?.() ?? [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
