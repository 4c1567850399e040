/**
 * How a server of the request-response profile shows that it is there.
 *
 * @module
 */
import { systemClock } from "../../../core/clock.ts";
import type { BrokerLimits, LinkState, MqttLink } from "../../../mqtt/mod.ts";
import { clearLeftBehind, clearPresence, isLeftBehind } from "../../gone_presences.ts";
import { ServerStatus } from "../../notifications.ts";
import type { ServerOptions } from "../../profile.ts";
import { decodePresence, encodePresence } from "../presence.ts";
import { MESSAGE_PROPERTIES, NEWEST_FORMAT } from "../session/properties.ts";
import type { Topics } from "../topics.ts";
import { Peers } from "./peers.ts";

/** The presence of one instance on one link, beside those of the other instances. */
export class ServerPresence {
  readonly #link: MqttLink;
  readonly #options: ServerOptions;
  readonly #topics: Topics;
  readonly #status: ServerStatus;
  readonly #peers: Peers;
  readonly #since = new Date().toISOString();
  /** What is said of the server besides, and may change. */
  #description: Readonly<Record<string, unknown>> = {};
  #withdrawn = false;

  constructor(link: MqttLink, options: ServerOptions, topics: Topics) {
    this.#link = link;
    this.#options = options;
    this.#topics = topics;
    this.#status = new ServerStatus(options.observe);
    this.#peers = new Peers({
      instance: link.clientId,
      announce: () => void this.#announce(false),
      settled: () => this.#tell(true),
      clock: systemClock,
    });
  }

  /** The topic on which the server is reached, as logs name it. */
  get topic(): string {
    return this.#options.requestTopic ?? `${this.#topics.base}/request`;
  }

  /** Whether a message that names no instance is for this one. */
  get answersAll(): boolean {
    const { state } = this.#link;
    return (state.status === "online" && this.#isShared(state.limits)) || this.#peers.answers;
  }

  /** The connection is there, or gone. */
  linkChanged(state: LinkState): void {
    this.#peers.left();
    if (state.status === "online" && !this.#withdrawn) void this.#appear(state.limits);
    else this.#tell(false);
  }

  /** Adds this to the server's presence, in place of what the last call added. */
  describe(meta: Readonly<Record<string, unknown>>): void {
    this.#description = meta;
    void this.#announce(false);
  }

  /** Clears the presence, for good. */
  withdraw(): void {
    this.#withdrawn = true;
    this.#peers.left();
    this.#tell(false);
    void this.#publish(new Uint8Array());
  }

  /** Whether the broker hands each message to one of the instances. */
  #isShared({ sharedSubscriptionAvailable }: BrokerLimits): boolean {
    return this.#options.share !== undefined && sharedSubscriptionAvailable;
  }

  /** Publishes the presence. The server counts as online when it can be found and knows which messages to answer. */
  async #appear(limits: BrokerLimits): Promise<void> {
    if (this.#isShared(limits)) {
      await this.#announce(false);
      if (!this.#isOn(limits)) return;
      this.#tell(true);
      return await clearLeftBehind(this.#link, this.#topics.presenceFilter, MESSAGE_PROPERTIES);
    }
    // The first subscription shows instances that come meanwhile. The second one delivers retained presences again.
    await Promise.all([this.#watchPeers(), this.#announce(true)]);
    await Promise.all([this.#watchPeers(), this.#link.roundTrip().catch(() => {})]);
    if (this.#isOn(limits)) this.#peers.joined();
  }

  #watchPeers(): Promise<void> {
    return this.#link.subscribe({
      filter: this.#topics.presenceFilter,
      qos: 1,
      handler: ({ topic, payload, retain }) => {
        this.#peers.heard(topic.split("/").at(-1) ?? "", decodePresence(payload), retain);
        if (isLeftBehind(payload)) clearPresence(this.#link, topic, MESSAGE_PROPERTIES);
      },
      refused: () => {}, // then the user has to make sure that there is only one instance
    }).catch(() => {});
  }

  #isOn(limits: BrokerLimits): boolean {
    const { state } = this.#link;
    return !this.#withdrawn && state.status === "online" && state.limits === limits;
  }

  /** Resolves when the broker has the presence, or has refused it. */
  async #announce(joining: boolean): Promise<void> {
    const { state } = this.#link;
    if (state.status !== "online" || this.#withdrawn) return;
    const { serverName, description, serverSealing } = this.#options;
    const shared = this.#isShared(state.limits);
    const numbered = state.limits.protocolVersion === 5;
    const key = serverSealing === undefined ? {} : {
      sealed: serverSealing.key,
      ...(serverSealing.allowUnsealed ? { unsealed: true } : {}),
    };
    const meta = { since: this.#since, ...key, ...this.#description, ...this.#options.meta };
    const online = { serverName, description, shared, numbered, direct: true, joining, meta };
    await this.#publish(encodePresence({ ...online, format: NEWEST_FORMAT }));
  }

  #tell(online: boolean): void {
    this.#status.set(online, this.#options.serverName, this.topic);
  }

  #publish(payload: Uint8Array): Promise<void> {
    const topic = this.#topics.presence(this.#link.clientId);
    const packet = { topic, payload, qos: 1, retain: true, properties: MESSAGE_PROPERTIES } as const;
    return new Promise((resolve) => {
      void this.#link.publish(packet, (failure) => {
        resolve();
        if (failure === undefined || failure.reason === "no-server-online") return;
        this.#options.observe({ type: "publish.failed", topic, cause: failure.message });
      });
    });
  }
}
