/**
 * What a client has to learn about its session.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import type { PublishProperties } from "../../../mqtt/mod.ts";
import type { Writable } from "../session/frame.ts";
import { FORMAT, MAXIMUM, NEWEST_FORMAT } from "../session/properties.ts";

/**
 * How long to wait for an answer that can carry the welcome, in ms. Two packets in a row would be slower: a broker with
 * Nagle's algorithm (mosquitto by default) holds back the second one for 40 ms.
 */
const DELAY = 20;

/**
 * Tells the client which instance has its session, in which format, and how large its messages may be, until the client
 * is known to know it.
 */
export class Welcome {
  #instanceTopic: string | undefined;
  readonly #maxMessage: number;
  #announcesFormat: boolean;
  #cancel: (() => void) | undefined;

  /**
   * @param instanceTopic where the client is to publish from now on; `undefined` when it cannot be told
   * @param maxMessage the largest message that is taken, in bytes
   */
  constructor(instanceTopic: string | undefined, announcesFormat: boolean, maxMessage: number) {
    this.#instanceTopic = instanceTopic;
    this.#maxMessage = maxMessage;
    this.#announcesFormat = announcesFormat;
  }

  /** Calls `send` soon, unless another packet goes out first. So the client need not wait for the server process. */
  sendSoon(clock: Clock, send: () => void): void {
    this.#cancel = clock.after(DELAY, send);
  }

  /** A packet goes out, or the session has ended. */
  cancel(): void {
    this.#cancel?.();
  }

  /** The client has acknowledged something. If it was told a topic too, only the use of that counts. */
  acknowledged(): void {
    this.#announcesFormat &&= this.#instanceTopic !== undefined;
  }

  /** The client has shown that it knows its instance. */
  confirmed(): void {
    this.#instanceTopic = undefined;
    this.#announcesFormat = false;
  }

  /** Adds the topic of the instance. */
  addTo(properties: Writable<PublishProperties>): void {
    if (this.#instanceTopic !== undefined) properties.responseTopic = this.#instanceTopic;
  }

  /** Adds the format, and how large messages may be. */
  addFormatTo(userProperties: Record<string, string>): void {
    if (!this.#announcesFormat) return;
    userProperties[FORMAT] = String(NEWEST_FORMAT);
    userProperties[MAXIMUM] = String(this.#maxMessage);
  }
}
