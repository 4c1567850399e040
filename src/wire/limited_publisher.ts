/**
 * Publishing what anybody can cause any amount of.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import type { MqttLink, PublishPacket } from "../mqtt/mod.ts";
import { RateLimit, type Rates } from "./rate_limit.ts";

/** So many packets may be on their way. */
const MOST = 256;

/** How many answers are published a second. One client that causes a lot of them leaves most to others. */
const ANSWERS: Rates = { each: 20, all: 200 };

/** Publishes answers that may be dropped. They are while somebody causes a lot of them. */
export class LimitedPublisher {
  readonly #link: MqttLink;
  readonly #limit: RateLimit;
  #leaving = 0;

  constructor(link: MqttLink, clock: Clock = systemClock) {
    this.#link = link;
    this.#limit = new RateLimit(ANSWERS, clock);
  }

  /** Whether a client is answered now; if so, it is counted. An answer that is dropped need not be made. */
  allows(client: string): boolean {
    return this.#leaving < MOST && this.#limit.allows(client);
  }

  /** Publishes a packet of an answer that is allowed. If it is one of very many, it is dropped. */
  publish(packet: PublishPacket): void {
    if (this.#leaving >= MOST) return;
    this.#leaving++;
    void this.#link.publish(packet, () => this.#leaving--);
  }
}
