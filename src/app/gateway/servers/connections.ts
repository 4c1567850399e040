/**
 * The connections of the gateway's sessions to the broker.
 *
 * @module
 */
import type { BrokerConfig, ConnectOptions, MessageOptions } from "../../../config/mod.ts";
import { type Observer, type Observers, placed } from "../../../core/events.ts";
import { LinkShare, type MqttLink } from "../../../mqtt/mod.ts";
import type { ClientSealing } from "../../../seal/mod.ts";
import { backstopOf, RecoveringChannel } from "../../../relay/mod.ts";
import {
  addressIn,
  type ClientOptions,
  type MakeLink,
  type ProfileDialer,
  PROFILES,
  profilesFor,
  RacingDialer,
  type WireProfile,
} from "../../../wire/mod.ts";
import { CLIENT_INFO, clientIds } from "../../client_identity.ts";
import { Links } from "../../links.ts";
import type { FleetServer } from "./directory.ts";

/** The name of sessions in events. There is only one with each server. */
export const SESSION = "gateway";

/** What all sessions have in common. */
export interface ConnectionsConfig {
  readonly broker: BrokerConfig;
  readonly options: Omit<ConnectOptions, "serverId" | "noDiscovery"> & MessageOptions;
  readonly profile: string;
  readonly topicPrefix: string | undefined;
  readonly closedTopic: string;
  /** The sealing of sessions with a server: that of the first of its names that is known. `undefined` if not sealed. */
  readonly sealing: (names: readonly string[]) => ClientSealing | Promise<ClientSealing> | undefined;
  /** Whether sessions with any server are sealed. */
  readonly sealed: boolean;
}

/** The channel to a server of the fleet. */
export interface FleetChannel {
  readonly channel: RecoveringChannel;
  /** The profile of the session. Empty before the first session. */
  readonly profile: () => string;
  /** Resolves at the next loss of a session. Its subscriptions are lost with it. */
  readonly nextLoss: () => Promise<void>;
  /** Releases its connection, after it was closed. */
  readonly close: () => Promise<void>;
}

/** Opens channels to the servers of a fleet. Disposing of it closes all connections. */
export class Connections implements AsyncDisposable {
  readonly #config: ConnectionsConfig;
  readonly #observe: Observer;
  readonly #meter: Observer | undefined;
  readonly #traced: boolean;
  readonly #links: Links;
  /** Makes a client id for one more connection. */
  readonly newId: () => string;
  /** The shared connections, by profile. */
  readonly #shared = new Map<WireProfile, MqttLink>();
  #sharers = 0;

  constructor(config: ConnectionsConfig, { observe, meter, traced = false }: Observers) {
    this.#config = config;
    this.#observe = observe;
    this.#meter = meter;
    this.#traced = traced;
    this.#links = new Links(config.broker, observe);
    this.newId = clientIds("gateway", config.broker.clientId);
  }

  /** Whether a session with the server takes a connection of its own. */
  takesConnection({ places }: FleetServer): boolean {
    return places.every(({ profile }) => PROFILES.find(({ name }) => name === profile)?.sharedPlan === undefined);
  }

  /**
   * Opens a channel. Its session is opened when there is a message to send.
   *
   * @throws {UsageError} when no profile of the server can be used
   */
  open(server: FleetServer): FleetChannel {
    const { broker, options } = this.#config;
    const [first] = server.places;
    const base = server.places.find(({ base }) => base !== undefined)?.base;
    const names = [server.name, first?.serverName, base, base?.replace(/^mcp\//, "")].filter((name) =>
      name !== undefined
    );
    const sealing = this.#config.sealing(names);
    const address = {
      label: server.name,
      names,
      warnings: [],
      options: {
        name: first?.serverName,
        serverName: first?.serverName,
        topic: base,
        requestTopic: undefined,
        responseTopic: undefined,
        topicPrefix: this.#config.topicPrefix,
        profile: this.#config.profile,
      },
    };
    const usable = profilesFor(address.options, {
      topicPrefix: this.#config.topicPrefix,
      broker,
      sealed: sealing !== undefined,
    });
    const present = usable.filter(({ name }) => server.places.some(({ profile }) => profile === name));
    const optionsFor = (profile: WireProfile, clientId: () => string): ClientOptions => ({
      ...options,
      ...addressIn(profile, address),
      serverId: undefined,
      noDiscovery: false,
      clientSealing: sealing,
      clientId,
      clientInfo: CLIENT_INFO,
      qos: broker.qos,
      observe: this.#observe,
      sharers: () => this.#sharers,
    });
    const dialer = new RacingDialer(
      present.length > 0 ? present : usable,
      (profile) => this.#dialer(profile, (id) => optionsFor(profile, id)),
    );
    const meter = this.#meter;
    const place = {
      server: server.name,
      session: SESSION,
      get profile() {
        return dialer.profile ?? "";
      },
    };
    let loss = Promise.withResolvers<void>();
    const channel = new RecoveringChannel(dialer, {
      connectTimeout: options.connectTimeout,
      timeout: options.timeout,
      backstop: backstopOf,
      observe: meter && placed(meter, place),
      traced: this.#traced,
      failed: ({ method }, { reason, message }) =>
        this.#observe({ type: "request.failed", server: server.name, method, reason, cause: message }),
      lost: ({ message }) => {
        this.#observe({ type: "warning", text: `the session with ${server.name} is lost: ${message}` });
        loss.resolve();
        loss = Promise.withResolvers();
      },
    });
    return {
      channel,
      profile: () => dialer.profile ?? "",
      nextLoss: () => loss.promise,
      close: () => dialer[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#links[Symbol.asyncDispose]();
  }

  #dialer(profile: WireProfile, options: (clientId: () => string) => ClientOptions): ProfileDialer {
    const own: MakeLink = (plan) => this.#links.make(plan);
    const { sharedPlan } = profile;
    if (sharedPlan === undefined) return profile.dialer(own, options(this.newId));
    const link = this.#connection(profile, sharedPlan);
    const dialer = profile.dialer(() => new LinkShare(link), options(() => link.clientId));
    this.#sharers++;
    return {
      dial: (signal) => dialer.dial(signal),
      unavailableReason: () => dialer.unavailableReason(),
      hurry: () => dialer.hurry?.(),
      [Symbol.asyncDispose]: () => {
        this.#sharers--;
        return dialer[Symbol.asyncDispose]();
      },
    };
  }

  #connection(profile: WireProfile, sharedPlan: NonNullable<WireProfile["sharedPlan"]>): MqttLink {
    const { closedTopic, sealed, options: { maxMessage } } = this.#config;
    const known = this.#shared.get(profile);
    if (known !== undefined) return known;
    const made = this.#links.make(sharedPlan({ clientId: this.newId(), closedTopic, sealed, maxMessage }));
    this.#shared.set(profile, made);
    return made;
  }
}
