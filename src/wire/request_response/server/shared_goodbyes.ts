/**
 * Goodbyes to all servers at once.
 *
 * A connection has one will. Where it carries sessions with many servers, its will is on a topic that all of them watch.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import type { Observer } from "../../../core/events.ts";
import type { MqttLink, ReceivedPacket } from "../../../mqtt/mod.ts";
import type { ClientTopic } from "../topics.ts";

/**
 * The shortest time between two questions to a client, in ms. For each goodbye, every server asks the client, and the
 * client answers every server. And anybody may have published the goodbye.
 */
const PAUSE = 5_000;

/** What {@linkcode SharedGoodbyes} are made of. */
export interface SharedGoodbyesOptions {
  readonly link: MqttLink;
  readonly topic: ClientTopic;
  /** Asks a client whether it is still there, in all its sessions; whether it has any. */
  readonly doubt: (client: string) => boolean;
  readonly observe: Observer;
  readonly clock: Clock;
}

/** Takes a goodbye for a hint: whoever is still there keeps its sessions. */
export class SharedGoodbyes {
  readonly #options: SharedGoodbyesOptions;
  /** Clients that were asked not long ago, and whether somebody has said since that they are gone. */
  readonly #asked = new Map<string, { again: boolean; readonly cancel: () => void }>();
  #refused = false;

  constructor(options: SharedGoodbyesOptions, signal: AbortSignal) {
    const { link, topic } = options;
    this.#options = options;
    void link.subscribe({
      filter: topic.filter,
      qos: 1,
      handler: (packet) => this.#heard(packet),
      refused: ({ message }) => this.#tellRefused(message),
      tellsRefusal: true,
    }).catch(() => {}); // which has been told
    signal.addEventListener("abort", () => {
      for (const { cancel } of this.#asked.values()) cancel();
    }, { once: true });
  }

  #heard({ topic, retain }: ReceivedPacket): void {
    const client = this.#options.topic.clientOf(topic);
    if (client === undefined || client === "" || retain) return;
    const asked = this.#asked.get(client);
    if (asked === undefined) this.#doubt(client);
    else asked.again = true;
  }

  #doubt(client: string): void {
    const { doubt, clock } = this.#options;
    if (!doubt(client)) return;
    const cancel = clock.after(PAUSE, () => {
      const again = this.#asked.get(client)?.again === true;
      this.#asked.delete(client);
      if (again) this.#doubt(client);
    });
    this.#asked.set(client, { again: false, cancel });
  }

  #tellRefused(cause: string): void {
    if (this.#refused) return;
    this.#refused = true;
    const text = `a gateway that is killed will not be missed before --idle-timeout: ${cause}; allow it, or name ` +
      "another topic with --closed-topic, for serve and gateway";
    this.#options.observe({ type: "warning", text });
  }
}
