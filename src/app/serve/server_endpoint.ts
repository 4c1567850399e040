/**
 * One server on the broker, in several profiles.
 *
 * @module
 */
import type { BrokerConfig } from "../../config/mod.ts";
import type { ServerSealing } from "../../seal/mod.ts";
import type { Observer, ProxyEvent } from "../../core/events.ts";
import type { Failure } from "../../core/failure.ts";
import type { LinkState } from "../../mqtt/mod.ts";
import {
  type Acceptor,
  addressIn,
  type IncomingSession,
  type ResolvedAddress,
  type ServerOptions,
  type WireProfile,
} from "../../wire/mod.ts";
import { CLIENT_INFO } from "../client_identity.ts";
import type { Links } from "../links.ts";
import { ToolListWatch } from "./tool_list_watch.ts";

/** The options of a {@linkcode ServerEndpoint}. */
export interface ServerEndpointOptions {
  readonly profiles: readonly WireProfile[];
  readonly links: Links;
  readonly observe: Observer;
  /** Makes the options of each profile. */
  readonly options: (profile: WireProfile) => ServerOptions;
}

/** Options for all profiles of a server. */
export interface EndpointAddress extends
  Pick<
    ServerOptions,
    "description" | "meta" | "closedTopic" | "maxMessage" | "sessionExpiry" | "traceContext" | "refusal" | "refused"
  > {
  readonly broker: BrokerConfig;
  readonly address: ResolvedAddress;
  /** The client id of the first profile's connection. */
  readonly clientId: string;
  /** Group of the shared subscription, on brokers that have shared subscriptions; none when `undefined`. */
  readonly share: string | undefined;
  /** Takes each session that a client opens, with the name of its profile. */
  readonly opened: (session: IncomingSession, profile: string) => void;
  /** How sessions are sealed; not at all when `undefined`. */
  readonly serverSealing?: ServerSealing | undefined;
  readonly observe: Observer;
}

/** Makes the options of each of `profiles`. */
export function serverOptions(
  profiles: readonly WireProfile[],
  { broker, address, clientId, share, opened, observe, ...rest }: EndpointAddress,
): ServerEndpointOptions["options"] {
  return (profile) => ({
    ...rest,
    ...addressIn(profile, address),
    opened: (session) => opened(session, profile.name),
    observe: (event) => observe(isPresence(event) ? { ...event, profile: profile.name } : event),
    // Two connections cannot have the same client id.
    clientId: profile === profiles[0] ? clientId : `${clientId}-open`,
    clientInfo: CLIENT_INFO,
    share: broker.preset.sharedSubscriptionAvailable ? share : undefined,
    qos: broker.qos,
  });
}

/** Whether an event says that a server has come online or gone offline. */
export function isPresence(event: ProxyEvent): event is Extract<ProxyEvent, { type: `server.${string}` }> {
  return event.type === "server.online" || event.type === "server.offline";
}

/** Accepts sessions in all profiles. Disposing of it ends them and removes the presence. */
export class ServerEndpoint implements AsyncDisposable {
  /** Resolves when clients can reach the server in every profile that the broker does not refuse. */
  readonly online: Promise<void>;
  /** Resolves when the broker refuses every profile, so that waiting is useless. */
  readonly refused: Promise<Failure>;
  readonly #observe: Observer;
  readonly #acceptors: readonly Acceptor[];
  readonly #tools: ToolListWatch;
  readonly #states = new Map<WireProfile, LinkState>();
  readonly #warned = new Set<WireProfile>();
  readonly #online = Promise.withResolvers<void>();
  readonly #refused = Promise.withResolvers<Failure>();

  constructor({ profiles, links, observe, options }: ServerEndpointOptions) {
    this.#observe = observe;
    this.online = this.#online.promise;
    this.refused = this.#refused.promise;
    for (const profile of profiles) this.#states.set(profile, { status: "connecting", failure: undefined });
    this.#tools = new ToolListWatch((toolsDigest) => this.#describe(toolsDigest));
    this.#acceptors = profiles.map((profile) => {
      const { opened, ...rest } = options(profile);
      return profile.accept((plan) => links.make(plan, (state) => this.#changed(profile, state)), {
        ...rest,
        opened: (session) => opened(this.#tools.watch(session)),
      });
    });
  }

  /** The topics that clients have to know. */
  get topics(): string[] {
    return this.#acceptors.map(({ topic }) => topic);
  }

  /** Notes the digest of the server's list of tools. */
  hasTools(toolsDigest: string): void {
    this.#tools.note(toolsDigest);
  }

  /** Removes the presence and opens no more sessions. Open sessions go on. */
  withdraw(): void {
    for (const acceptor of this.#acceptors) acceptor.withdraw();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tools[Symbol.dispose]();
    await Promise.all(this.#acceptors.map((acceptor) => acceptor[Symbol.asyncDispose]()));
  }

  #describe(toolsDigest: string | undefined): void {
    for (const acceptor of this.#acceptors) acceptor.describe(toolsDigest === undefined ? {} : { toolsDigest });
  }

  #changed(profile: WireProfile, state: LinkState): void {
    this.#states.set(profile, state);
    const states = [...this.#states.values()];
    const isOnline = states.some(({ status }) => status === "online");
    if (state.status === "refused" && states.every(({ status }) => status === "refused")) {
      this.#refused.resolve(state.failure);
    }
    // While no profile is online, the broker may have refused the user name or password, which is the same for all
    // profiles.
    if (!isOnline) return;
    for (const [profile, state] of this.#states) {
      if (state.status === "refused") this.#warn(profile, state.failure);
    }
    if (states.every(({ status }) => status === "online" || status === "refused")) this.#online.resolve();
  }

  #warn(profile: WireProfile, failure: Failure): void {
    if (this.#warned.has(profile)) return;
    this.#warned.add(profile);
    const others = [...this.#states.keys()].filter((other) => other !== profile).map(({ name }) => name).join(", ");
    this.#observe({
      type: "warning",
      text: `not served in the profile ${profile.name}: ${failure.message}; to do without it, add --profile ${others}`,
    });
  }
}
