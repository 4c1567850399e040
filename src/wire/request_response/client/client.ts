/**
 * The client side of the request-response profile.
 *
 * @module
 */
import { orAborted, systemClock } from "../../../core/clock.ts";
import type { Channel } from "../../../core/channel.ts";
import { Failure } from "../../../core/failure.ts";
import { type LinkState, type MqttLink, type ReceivedPacket, unavailableReason } from "../../../mqtt/mod.ts";
import type { Dialer } from "../../../relay/mod.ts";
import type { ClientOptions } from "../../profile.ts";
import { ClientSession, type ClientSessionOptions } from "./client_session.ts";
import { plainQoS } from "../../packets.ts";
import { decodePresence, type Presence } from "../presence.ts";
import { NEWEST_FORMAT } from "../session/properties.ts";
import { type Topics, topicsFor } from "../topics.ts";

/** Opens sessions with the servers of one base topic; one at a time. */
export class RequestResponseClient implements Dialer {
  readonly #link: MqttLink;
  readonly #options: ClientOptions;
  readonly #topics: Topics;
  readonly #servers = new Map<string, Presence>();
  readonly #abort = new AbortController();
  #discovery: boolean;
  #session: ClientSession | undefined;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  #cancelPatience: (() => void) | undefined;

  constructor(link: MqttLink, options: ClientOptions) {
    this.#link = link;
    this.#options = options;
    this.#topics = topicsFor(options);
    this.#discovery = !options.noDiscovery;
    void link.subscribe({
      filter: this.#topics.response.for(link.clientId),
      qos: plainQoS(options.qos),
      handler: (packet) => this.#session?.deliver(packet),
    });
    if (this.#discovery) {
      void link.subscribe({
        filter: this.#topics.presenceFilter,
        qos: 1,
        handler: (packet) => this.#onPresence(packet),
        refused: () => this.#discovery = false,
      });
    }
    link.watch((state) => this.#onLinkState(state), this.#abort.signal);
  }

  async dial(signal: AbortSignal): Promise<Channel> {
    while (true) {
      signal.throwIfAborted();
      const { state } = this.#link;
      if (state.status === "refused") throw state.failure;
      if (state.status === "online" && (!this.#discovery || this.#servers.size > 0)) break;
      await orAborted(this.#changed.promise, signal);
    }
    this.#session = new ClientSession({
      link: this.#link,
      topics: this.#topics,
      sessionId: crypto.randomUUID().replaceAll("-", ""),
      instance: this.#pick(),
      ...this.#inCommon(),
      options: this.#options,
    });
    return this.#session;
  }

  unavailableReason(): Failure {
    const { state } = this.#link;
    if (state.status !== "online") return unavailableReason(state);
    return new Failure(
      "no-server-online",
      `No server is online on "${this.#topics.base}"; start one with: mcp-mqtt-proxy serve --topic ${
        JSON.stringify(this.#topics.base)
      } -- COMMAND`,
      { topic: this.#topics.base },
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#cancelPatience?.();
    return Promise.resolve();
  }

  /** What all servers do, so that it does not matter which of them takes the session. */
  #inCommon(): Pick<ClientSessionOptions, "numbered" | "format"> {
    const presences = [...this.#servers.values()];
    if (presences.length === 0) return { numbered: false, format: undefined };
    const format = presences.every(({ format }) => format === NEWEST_FORMAT) ? NEWEST_FORMAT : undefined;
    return { numbered: presences.every(({ numbered }) => numbered), format };
  }

  /** Where the broker would hand a first message to every instance, one of them is chosen here. */
  #pick(): string | undefined {
    const instances = [...this.#servers];
    if (instances.length < 2 || instances.every(([, { shared }]) => shared)) return undefined;
    return instances[Math.floor(Math.random() * instances.length)]?.[0];
  }

  #onPresence(packet: ReceivedPacket): void {
    const instance = packet.topic.split("/").at(-1) ?? "";
    const presence = decodePresence(packet.payload);
    const concerned = this.#session?.instance === instance ? this.#session : undefined;
    if (presence === undefined) {
      this.#servers.delete(instance);
      concerned?.absent();
    } else {
      this.#servers.set(instance, presence);
      concerned?.present();
    }
    this.#notify();
  }

  #onLinkState(state: LinkState): void {
    if (state.status === "online") {
      this.#cancelPatience?.();
      this.#cancelPatience = undefined;
      this.#session?.resume();
    } else if (state.status === "refused") {
      this.#session?.fail(state.failure);
    } else if (state.status === "connecting") {
      this.#session?.pause();
      this.#servers.clear(); // who is still there is retained, and told again
      const { connectTimeout, sessionExpiry } = this.#options;
      const patience = Math.max(connectTimeout, sessionExpiry);
      this.#cancelPatience ??= systemClock.after(patience, () => this.#session?.fail(this.unavailableReason()));
    }
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
