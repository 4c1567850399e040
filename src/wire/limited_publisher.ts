/**
 * Publishing what anybody can cause any amount of.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import type { MqttLink, PublishPacket } from "../mqtt/mod.ts";
import { Allowance } from "./rate_limit.ts";

/** So many packets may be on their way. */
const MOST = 256;

/** So many packets are published a second, and twice as many at once. */
const PER_SECOND = 200;

/** Publishes packets that may be dropped. They are while somebody causes a lot of them. */
export class LimitedPublisher {
  readonly #link: MqttLink;
  readonly #clock: Clock;
  readonly #allowance: Allowance;
  #leaving = 0;

  constructor(link: MqttLink, clock: Clock = systemClock) {
    this.#link = link;
    this.#clock = clock;
    this.#allowance = new Allowance(PER_SECOND, clock.now());
  }

  /** Whether a packet would be published now. What is dropped need not be made. */
  get ready(): boolean {
    return this.#leaving < MOST && this.#allowance.has(this.#clock.now());
  }

  /** Publishes a packet, or drops it. */
  publish(packet: PublishPacket): void {
    if (!this.ready) return;
    this.#allowance.take();
    this.#leaving++;
    void this.#link.publish(packet, () => this.#leaving--);
  }
}
