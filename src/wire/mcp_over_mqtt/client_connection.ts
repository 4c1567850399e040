/**
 * One connection of a client, for finding servers and for one session.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import { orAborted, sleep } from "../../core/waiting.ts";
import { Failure } from "../../core/failure.ts";
import { type LinkState, type MqttLink, type ReceivedPacket, topicMatches, type Will } from "../../mqtt/mod.ts";
import { firstValue, longestPacket, plainQoS } from "../packets.ts";
import { decodeOnline, isGone } from "../notifications.ts";
import type { ClientOptions, MakeLink } from "../profile.ts";
import { ClientSession } from "./client_session.ts";
import {
  connectProperties,
  goodbye,
  parseServerNameFilters,
  publishProperties,
  SERVER_NAME_FILTERS,
} from "./messages.ts";
import type { SilentInstances } from "./liveness.ts";
import { type ServerInstance, Topics } from "./topics.ts";

/**
 * The presences of several instances arrive one by one. After this long without a further one, in ms, all are known.
 */
const PRESENCE_QUIET = 20;

/** The clock and random numbers, which a test can replace. */
export interface ClockAndRandom {
  readonly clock: Clock;
  /** Random numbers from 0 up to 1. */
  readonly random: () => number;
}

/** An instance that has announced itself. */
interface SeenServer {
  /** When its presence first arrived, in ms of the clock. */
  readonly seenAt: number;
  /** When it came online, as it says itself. */
  readonly since: unknown;
  /** Its whole presence message. */
  readonly presence: string;
}

/** A connection with a client id of its own: the convention requires one for each initialization. */
export class ClientConnection {
  readonly #options: ClientOptions;
  /** Instances that did not answer. They are chosen only when there is no other. */
  readonly #silent: SilentInstances;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #topics: Topics;
  readonly #clientId: string;
  /** The goodbye: we publish it before we disconnect, and the broker publishes it as the will. */
  readonly #goodbye: Will;
  readonly #link: MqttLink;
  readonly #abort = new AbortController();
  /** The instances that are online, by their client ids. */
  readonly #servers = new Map<string, SeenServer>();
  /** Why the broker does not allow a session, whatever the server would say. */
  #failure: Failure | undefined;
  #session: ClientSession | undefined;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(makeLink: MakeLink, options: ClientOptions, silent: SilentInstances, { clock, random }: ClockAndRandom) {
    const clientId = options.clientId();
    this.#options = options;
    this.#silent = silent;
    this.#clock = clock;
    this.#random = random;
    this.#topics = new Topics(options.topicPrefix);
    this.#clientId = clientId;
    this.#goodbye = goodbye(this.#topics, clientId);
    this.#link = makeLink({
      clientId,
      protocolVersion: 5,
      nudgeTopic: this.#topics.withoutSubscriber(clientId),
      maximumPacket: longestPacket(options),
      nudgeProperties: publishProperties("mcp-client", clientId),
      userProperties: connectProperties("mcp-client", options.clientInfo),
      will: this.#goodbye,
    });
    this.#link.watch((state) => this.#onLinkState(state), this.#abort.signal);
    this.#link.open();
  }

  /** The state of the connection to the broker. */
  get state(): LinkState {
    return this.#link.state;
  }

  /** Why the broker lets no server be found; `undefined` when it does. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /**
   * Waits for an instance.
   *
   * @throws {Failure} when waiting is useless
   */
  async find(signal: AbortSignal): Promise<string> {
    while (true) {
      signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      const { state } = this.#link;
      if (state.status === "refused") throw state.failure;
      const serverId = this.#options.noDiscovery ? this.#options.serverId : this.#choose();
      const wait = serverId === undefined ? 0 : this.#waitFor(serverId);
      if (state.status === "online" && wait <= 0 && serverId !== undefined) return serverId;
      await (wait > 0 ? sleep(wait, signal, this.#clock) : orAborted(this.#changed.promise, signal));
    }
  }

  /**
   * Opens a session, with subscriptions to all its topics.
   *
   * @throws {Failure} when the broker refuses a subscription
   */
  async open(serverId: string): Promise<ClientSession> {
    const { serverName } = this.#options;
    const server = { serverId, serverName };
    const session: ClientSession = new ClientSession({
      link: this.#link,
      topics: this.#topics,
      server,
      options: this.#options,
      another: (instead) => this.#replace(instead, session),
      release: () => this.close(),
      clock: this.#clock,
    });
    this.#session = session;
    const failure = await this.#subscribe(server, session);
    if (failure === undefined) return session;
    await session.close();
    throw failure;
  }

  /** Somebody waits for a session. */
  hurry(): void {
    this.#link.hurry();
  }

  /** Publishes the goodbye and closes. Idempotent. */
  async close(): Promise<void> {
    if (this.#abort.signal.aborted) return await this.#link.close();
    this.#abort.abort(new Failure("broker-unreachable", "The connection to the broker was closed"));
    this.#notify();
    // Without a session the goodbye is a formality, and not worth waiting for an acknowledgement.
    const goodbye = this.#session === undefined ? { ...this.#goodbye, qos: 0 as const } : this.#goodbye;
    if (this.#link.state.status === "online") void this.#link.publish(goodbye);
    await this.#link.close();
  }

  async #subscribe(server: ServerInstance, session: ClientSession): Promise<Failure | undefined> {
    let failure: Failure | undefined;
    const refused = (reason: Failure) => failure ??= reason;
    await Promise.all([
      this.#link.subscribe({
        filter: this.#topics.serverCapability(server),
        qos: 1,
        handler: (packet) => session.deliverCapability(packet),
        refused,
      }),
      this.#link.subscribe({
        filter: this.#topics.rpc(this.#clientId, server),
        qos: plainQoS(this.#options.qos),
        noLocal: true,
        handler: (packet) => session.deliver(packet),
        refused,
      }),
    ]);
    return failure;
  }

  /** Another instance for a session whose instance does not answer. Moves the subscriptions to it. */
  async #replace(instead: ServerInstance, session: ClientSession): Promise<ServerInstance | undefined> {
    this.#servers.delete(instead.serverId);
    this.#silent.add(instead.serverId);
    const serverId = this.#choose();
    if (serverId === undefined) return undefined;
    const rpc = this.#topics.rpc(this.#clientId, instead);
    void this.#link.publish({ ...this.#goodbye, topic: rpc }); // it may have opened a session all the same
    void this.#link.unsubscribe(this.#topics.serverCapability(instead));
    void this.#link.unsubscribe(rpc);
    const server = { ...instead, serverId };
    return await this.#subscribe(server, session) === undefined ? server : undefined;
  }

  #choose(): string | undefined {
    const all = [...this.#servers.keys()];
    const good = all.filter((serverId) => !this.#silent.has(serverId));
    const candidates = good.length > 0 ? good : all;
    return candidates[this.#options.pick === "first" ? 0 : Math.floor(this.#random() * candidates.length)];
  }

  /** How long to wait for a better choice than `chosen`, in ms. */
  #waitFor(chosen: string): number {
    const { pick, serverId } = this.#options;
    if (serverId !== undefined || (pick === "first" && !this.#silent.has(chosen))) return 0;
    return Math.max(...this.#servers.values().map(({ seenAt }) => seenAt)) + PRESENCE_QUIET - this.#clock.now();
  }

  #onLinkState(state: LinkState): void {
    if (state.status === "online") {
      this.#lookForServers(firstValue(state.limits.userProperties, SERVER_NAME_FILTERS));
    } else {
      this.#servers.clear(); // the retained presences arrive again on the next connection
      if (state.status !== "closed" && this.#session !== undefined) {
        this.#session.fail(
          state.failure ?? new Failure("broker-unreachable", "The connection to the broker is lost"),
        );
      }
    }
    this.#notify();
  }

  #lookForServers(filters: string | undefined): void {
    const { serverName, serverId = "+", noDiscovery } = this.#options;
    if (noDiscovery) return;
    const names = (this.#serverNameFilters(filters) ?? [serverName]).filter((name) => topicMatches(name, serverName));
    this.#failure = names.length > 0 ? undefined : new Failure(
      "not-authorized",
      `The broker lets this client see no server named "${serverName}", only: ${filters}`,
    );
    for (const name of names) {
      void this.#link.subscribe({
        filter: this.#topics.serverPresence({ serverId, serverName: name }),
        qos: 1,
        handler: (packet) => this.#onPresence(packet),
        refused: (failure) => {
          this.#failure = failure;
          this.#notify();
        },
      });
    }
  }

  #serverNameFilters(json: string | undefined): readonly string[] | undefined {
    if (json === undefined) return undefined;
    const filters = parseServerNameFilters(json);
    if (filters === undefined) {
      const text = `the broker's ${SERVER_NAME_FILTERS} are not a JSON array of strings, and so not heeded: ${json}`;
      this.#options.observe({ type: "warning", text });
    }
    return filters;
  }

  #onPresence(packet: ReceivedPacket): void {
    const server = this.#topics.presentServer(packet.topic);
    if (server?.serverName !== this.#options.serverName) return;
    const { serverId } = server;
    if (!isGone(packet.payload)) {
      const before = this.#servers.get(serverId);
      const now = seenServer(packet.payload, before?.seenAt ?? this.#clock.now());
      this.#servers.set(serverId, now);
      // A presence without RETAIN has just been published. A device that has lost its connection forgets its clients,
      // and then announces itself again.
      const mayHaveForgotten = !packet.retain && !tellsMore(before, now);
      if (mayHaveForgotten && this.#session?.serverId === serverId) this.#session.doubt();
    } else {
      this.#servers.delete(serverId);
      if (this.#session?.serverId === serverId) {
        this.#session.fail(new Failure("server-gone", "The server has gone offline", { instance: serverId }));
      }
    }
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

const decoder = new TextDecoder();

function seenServer(payload: Uint8Array, seenAt: number): SeenServer {
  return { seenAt, since: decodeOnline(payload)?.meta?.since, presence: decoder.decode(payload) };
}

/** Whether a server that has stayed online describes itself anew. Otherwise it has come back. */
function tellsMore(before: SeenServer | undefined, now: SeenServer): boolean {
  return now.since !== undefined && now.since === before?.since && now.presence !== before.presence;
}
