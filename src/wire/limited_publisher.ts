/**
 * Publishing what anybody can cause any amount of.
 *
 * @module
 */
import type { MqttLink, PublishPacket } from "../mqtt/mod.ts";

/** So many packets may be on their way. */
const MOST = 256;

/** Publishes packets that may be dropped: only who causes a lot of them has to do without. */
export class LimitedPublisher {
  readonly #link: MqttLink;
  #leaving = 0;

  constructor(link: MqttLink) {
    this.#link = link;
  }

  /** Publishes a packet, or drops it when too many are on their way. */
  publish(packet: PublishPacket): void {
    if (this.#leaving >= MOST) return;
    this.#leaving++;
    void this.#link.publish(packet, () => this.#leaving--);
  }
}
