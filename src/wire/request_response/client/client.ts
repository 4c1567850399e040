/**
 * The client side of the request-response profile.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../core/clock.ts";
import { orAborted, sleep } from "../../../core/waiting.ts";
import type { Channel } from "../../../core/channel.ts";
import { Failure } from "../../../core/failure.ts";
import { type LinkState, type MqttLink, type ReceivedPacket, unavailableReason } from "../../../mqtt/mod.ts";
import type { Dialer } from "../../../relay/mod.ts";
import type { ClientSealing } from "../../../seal/mod.ts";
import type { ClientOptions } from "../../profile.ts";
import { ClientSession } from "./client_session.ts";
import { plainQoS } from "../../packets.ts";
import { decodePresence } from "../presence.ts";
import { ClientHandshaking } from "../sealed/client_handshake.ts";
import { afterLifetime } from "../sealed/key_lifetime.ts";
import { SealedLink } from "../sealed/sealed_link.ts";
import { PathLimit } from "../session/path_limit.ts";
import { CLOSED, NEWEST_FORMAT, newSessionId, userProperty } from "../session/properties.ts";
import { Instances, type Opening } from "./instances.ts";
import { type Topics, topicsFor } from "../topics.ts";

/** The presence of several instances comes one by one; after this long without a further one all are known, in ms. */
const PRESENCE_QUIET = 20;

/** Opens sessions with the servers of one base topic; one at a time. */
export class RequestResponseClient implements Dialer {
  readonly #link: MqttLink;
  readonly #options: ClientOptions;
  readonly #topics: Topics;
  readonly #instances: Instances;
  readonly #limit: PathLimit;
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  #discovery: boolean;
  #session: ClientSession | undefined;
  /** The handshake of the session that is being opened. */
  #handshaking: ClientHandshaking | undefined;
  /** The link of the session, if it is sealed. */
  #sealed: SealedLink | undefined;
  /** When the instance of the session has come online, by its own words. */
  #since: unknown;
  #lastPresence = 0;
  /** Resolves when what is retained on this connection has come. */
  #retained: Promise<void> = Promise.resolve();
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  #cancelTimeout: (() => void) | undefined;

  /** @param clock measures how long keys are used */
  constructor(link: MqttLink, options: ClientOptions, clock = systemClock) {
    this.#link = link;
    this.#clock = clock;
    this.#options = options;
    this.#topics = topicsFor(options);
    this.#instances = new Instances(options.pick);
    this.#limit = new PathLimit(options.observe);
    this.#discovery = !options.noDiscovery;
    void link.subscribe({
      filter: this.#topics.response.for(link.clientId),
      qos: plainQoS(options.qos),
      handler: (packet) => this.#deliver(packet),
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
      if (state.status !== "online") await orAborted(this.#changed.promise, signal);
      else if (!this.#discovery) break;
      else if (this.#instances.size === 0) await orAborted(this.#changed.promise, signal);
      else if (this.#sharedByAll) break;
      else if (await this.#settled(signal)) break;
    }
    const opening = this.#instances.choose(!this.#hasProperties);
    const { clientSealing } = this.#options;
    return this.#session = clientSealing === undefined
      ? this.#open(opening)
      : await this.#openSealed(await clientSealing, opening, signal);
  }

  unavailableReason(): Failure {
    const { state } = this.#link;
    if (state.status !== "online") return unavailableReason(state);
    if (this.#handshaking !== undefined) return this.#handshaking.unanswered;
    if (this.#session?.ended === false) {
      return new Failure(
        "server-not-responding",
        `The server on "${this.#topics.base}" has not answered yet: its process may be starting; see the log of serve`,
        { topic: this.#topics.base },
      );
    }
    return new Failure(
      "no-server-online",
      `No server is online on "${this.#topics.base}"; start one with: mcp-mqtt-proxy serve --topic ${
        JSON.stringify(this.#topics.base)
      } -- COMMAND`,
      { topic: this.#topics.base },
    );
  }

  hurry(): void {
    this.#link.hurry();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#cancelTimeout?.();
    return Promise.resolve();
  }

  /** On MQTT 3.1.1 the broker would hand each message to another instance. */
  get #hasProperties(): boolean {
    const { state } = this.#link;
    return state.status !== "online" || state.limits.protocolVersion === 5;
  }

  /** Whether it does not matter which instances are known: the broker chooses one. */
  get #sharedByAll(): boolean {
    return this.#hasProperties && this.#instances.share;
  }

  /** Waits until all instances are likely to be known; resolves with whether that is so. */
  async #settled(signal: AbortSignal): Promise<boolean> {
    await orAborted(this.#retained, signal);
    const left = this.#lastPresence + PRESENCE_QUIET - performance.now();
    if (left > 0) await sleep(left, signal);
    return left <= 0;
  }

  #deliver(packet: ReceivedPacket): void {
    if (this.#handshaking !== undefined) return this.#handshaking.deliver(packet);
    if (this.#sealed === undefined) return this.#session?.deliver(packet);
    const opened = this.#sealed.unseal(packet);
    if (opened !== undefined) return this.#session?.deliver(opened);
    // Anybody may have said so: the session asks, and goes on if it is answered.
    if (userProperty(packet, CLOSED) !== undefined) this.#session?.absent();
  }

  async #openSealed(sealing: ClientSealing, opening: Opening, signal: AbortSignal): Promise<ClientSession> {
    const sessionId = newSessionId();
    const { connectTimeout } = this.#options;
    const [link, topics] = [this.#link, this.#topics];
    this.#sealed = undefined;
    const another = (tried: Opening) => this.#instances.another(tried);
    const handshaking = new ClientHandshaking(
      { link, topics, session: sessionId, sealing, opening, another, connectTimeout },
      signal,
    );
    this.#handshaking = handshaking;
    try {
      const { seal, instance } = await handshaking.agreed;
      const topic = topics.instance(instance).for(link.clientId);
      const spent = new Failure("session-ended", "The keys of the session are used up");
      const sealed = new SealedLink({ link, seal, session: sessionId, topic, exhausted: () => session.fail(spent) });
      this.#sealed = sealed;
      const known = {
        instance,
        direct: true,
        numbered: true,
        format: NEWEST_FORMAT,
        plain: false,
        agreed: true,
      } as const;
      const session = this.#open(known, sessionId, sealed);
      const cancel = afterLifetime(this.#clock, () => sealed.traffic, () => void session.close(spent));
      void session.closed.then(cancel);
      return session;
    } finally {
      if (this.#handshaking === handshaking) this.#handshaking = undefined;
    }
  }

  #open(opening: Opening, sessionId = newSessionId(), link = this.#link): ClientSession {
    const { departures } = this.#instances;
    const session = new ClientSession({
      link,
      topics: this.#topics,
      sessionId,
      opening,
      // An instance that has gone meanwhile may have had the message.
      another: (tried) => this.#instances.departures === departures ? this.#instances.another(tried) : undefined,
      watches: (instance) => this.#discovery && this.#instances.has(instance),
      limit: this.#limit,
      // What is sealed shows nothing, not even which messages have something to show.
      options: link === this.#link ? this.#options : { ...this.#options, traceContext: false },
    });
    this.#since = opening.instance === undefined ? undefined : this.#instances.since(opening.instance);
    void session.closed.then((failure) => this.#instances.learn(session.opening, failure));
    return session;
  }

  #onPresence(packet: ReceivedPacket): void {
    const instance = packet.topic.split("/").at(-1) ?? "";
    const presence = decodePresence(packet.payload);
    const concerned = this.#session?.instance === instance ? this.#session : undefined;
    this.#lastPresence = performance.now();
    this.#instances.note(instance, presence);
    const anew = this.#since !== undefined && presence?.meta.since !== this.#since;
    if (presence === undefined) concerned?.absent();
    else if (concerned?.plain === true && presence.meta.since !== this.#since) {
      // Its sessions have no names, so it would take the next message for the first one.
      concerned.fail(new Failure("server-gone", "The server was started anew", { instance }));
    } else if (anew) {
      concerned?.absent(); // anybody may have said so; an instance that starts again and again is no sign of life
    } else {
      concerned?.present();
      if (concerned?.plain === true && !packet.retain) concerned.resume(); // it was away, and something may be lost
    }
    this.#notify();
  }

  #onLinkState(state: LinkState): void {
    if (state.status === "online") {
      this.#cancelTimeout?.();
      this.#cancelTimeout = undefined;
      this.#session?.resume();
      this.#retained = this.#link.roundTrip().catch(() => {}).then(() => this.#missInstance());
    } else if (state.status === "refused") {
      this.#handshaking?.fail(state.failure);
      this.#session?.fail(state.failure);
    } else if (state.status === "connecting") {
      this.#handshaking?.fail(
        new Failure("broker-unreachable", "The connection to the broker was lost while the session was opened"),
      );
      this.#session?.pause();
      this.#instances.clear();
      const { connectTimeout, sessionExpiry } = this.#options;
      const timeout = Math.max(connectTimeout, sessionExpiry);
      this.#cancelTimeout ??= systemClock.after(timeout, () => this.#session?.fail(this.unavailableReason()));
    }
    this.#notify();
  }

  /** An instance that went while this end was away is not told of: its presence is not there. */
  #missInstance(): void {
    const session = this.#session;
    if (!this.#discovery || this.#link.state.status !== "online" || session?.instance === undefined) return;
    if (!this.#instances.has(session.instance)) session.absent();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
