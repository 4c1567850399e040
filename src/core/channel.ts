/**
 * The one interface that everything meets at.
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
 * Own stdio is a channel, a child process is one, and a session on MQTT is one. Whoever joins two of them needs
 * to know nothing else.
 *
 * A request that a channel takes but cannot carry (too large, refused by the broker, nobody there) is answered
 * by the channel itself, with the error response that its receiver would otherwise wait for.
 */
export interface Channel extends AsyncDisposable {
  /** Starts handing over what arrives. To be called once; nothing that came earlier is lost. */
  receive(receiver: Receiver): void;

  /**
   * Takes a message, in order. A returned promise settles when the channel wants more; it never rejects.
   * After the channel has ended, messages are dropped.
   */
  send(message: Message): Promise<void> | void;

  /**
   * Ends the channel: what was already taken is sent first. Idempotent.
   *
   * @param reason why, when it is not the orderly end of the conversation
   */
  close(reason?: Failure): Promise<void>;

  /**
   * Says that no more will be sent. What the peer still says is received, until it ends the channel.
   *
   * @returns whether the peer learns of it; if not, the channel goes on as before
   */
  end?(): Promise<boolean> | boolean;

  /** Resolves when the peer will say no more, although it still listens. @default {never} */
  readonly peerEnded?: Promise<void> | undefined;

  /** Whether the channel has ended, where that is known before {@linkcode closed} has told everybody. */
  readonly ended?: boolean;

  /**
   * Whether the channel ends by itself when its peer is gone, so that nobody has to limit how long an answer may take.
   * @default {false}
   */
  readonly watched?: boolean;

  /**
   * Why an answer may be missing without anybody having been told, and what to do, as a sentence; for who has waited for
   * one in vain. @default {none}
   */
  readonly silentLoss?: string | undefined;

  /** Resolves when the channel has ended, with the reason if it was not an orderly end. Never rejects. */
  readonly closed: Promise<Failure | undefined>;

  /**
   * The requests that the channel has taken, but that its peer is known never to have looked at: they may be sent
   * again. To be asked when it has {@linkcode closed}. @default {none}
   */
  unseen?(): readonly Message[];
}

/** A channel around another one. What it does not change goes through as it is. */
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
