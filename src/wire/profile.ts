/**
 * The interface of a wire profile, which maps MCP sessions to MQTT topics.
 *
 * @module
 */
import type { Channel } from "../core/channel.ts";
import type {
  BrokerConfig,
  ConnectOptions,
  MessageOptions,
  ServeOptions,
  Settings,
  TraceContextOptions,
} from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import type { Failure } from "../core/failure.ts";
import type { ConnectPlan, MqttLink, QoS, ReceivedPacket, UserProperties, Will } from "../mqtt/mod.ts";
import type { Dialer } from "../relay/mod.ts";
import type { ClientSealing, ServerSealing } from "../seal/mod.ts";
import type { AddressOptions } from "./address_options.ts";

/** QoS of MCP messages; `auto` is the lowest QoS that is safe with the other end. */
export type SessionQoS = QoS | "auto";

/**
 * Makes a link with a connection of its own, which is not open yet. A profile needs one for each of its wills, and may
 * need a new one for every session.
 */
export type MakeLink = (plan: ConnectPlan) => MqttLink;

/** The address of a server. Both ends of a session have to agree on it. */
export interface ProfileAddress {
  /** The server's name; the default of the topics derives from it. */
  readonly serverName: string;
  /** Base topic; `mcp/` and the server's name by default. */
  readonly topic?: string;
  /** Topic of requests instead of the profile's own; `{client}` stands for the client id. */
  readonly requestTopic?: string;
  /** Topic of responses instead of the profile's own; `{client}` stands for the client id. */
  readonly responseTopic?: string;
  /**
   * The topic on which a client says that it is gone, if it has sessions with many servers on one connection.
   * `{client}` stands for the client id. If `undefined`, servers do not subscribe to it.
   */
  readonly closedTopic?: string | undefined;
  /** The prefix of the open convention's topics, instead of `$`. */
  readonly topicPrefix?: string;
}

/** Options for both ends of a session. */
export interface ProfileOptions extends ProfileAddress, MessageOptions, Partial<TraceContextOptions> {
  /** The program's description of itself, for brokers that read it from CONNECT. */
  readonly clientInfo: Readonly<Record<string, unknown>>;
  readonly qos: SessionQoS;
  /**
   * How long a session survives a lost connection of the other end, in ms, if the profile supports that. This is our
   * limit and not the broker's, so the two ends may have different ones.
   */
  readonly sessionExpiry: number;
  readonly observe: Observer;
}

/** Additional options for the server. */
export interface ServerOptions extends ProfileOptions, Pick<ServeOptions, "description" | "meta"> {
  /** The client id of the connection. It identifies this instance of the server. */
  readonly clientId: string;
  /** The group of the shared subscription by which several instances divide the requests; none when `undefined`. */
  readonly share: string | undefined;
  /** How sessions are encrypted end to end; not at all when `undefined`. */
  readonly serverSealing?: ServerSealing | undefined;
  /**
   * Why a client can have no session now. Asked before a session is made, so that refusing it costs little.
   *
   * @param name the name of the session in logs
   * @default {every client can have one}
   */
  readonly refusal?: (client: string, name: string) => Failure | undefined;
  /**
   * Told of each client that gets no session for another reason than a {@linkcode refusal}.
   *
   * @param name the name of the session in logs
   */
  readonly refused?: (name: string, failure: Failure) => void;
  /** Takes each session that a client opens, and has to receive from it or close it. */
  readonly opened: (session: IncomingSession) => void;
}

/** Additional options for the client. */
export interface ClientOptions extends ProfileOptions, ConnectOptions {
  /** How sessions are encrypted end to end; not at all when `undefined`. */
  readonly clientSealing?: ClientSealing | Promise<ClientSealing> | undefined;
  /** Makes a client id for a further connection. */
  readonly clientId: () => string;
  /** How many sessions use its connection, if it is shared. @default {1} */
  readonly sharers?: () => number;
}

/** Options for a connection that the sessions with many servers share. */
export interface SharedConnectionOptions extends MessageOptions {
  readonly clientId: string;
  /** The topic on which the broker says that the client is gone; `{client}` stands for the client id. */
  readonly closedTopic: string;
  /** Whether one of the sessions may have to be sealed. */
  readonly sealed: boolean;
}

/** A session that a client has opened. */
export interface IncomingSession extends Channel {
  /** The name of the session in logs: the client, and which of its sessions it is. */
  readonly name: string;
  /** The MQTT client id of the session's client; `undefined` when the broker does not guarantee it. */
  readonly client?: string | undefined;
  /**
   * Whether the broker reports when the client is gone. Then the client may be silent for any time. @default {false}
   */
  readonly hasWill?: boolean;
  /** Asks the client whether it is still there, if the profile can. The session ends when it is not. */
  doubt?(): void;
}

/** The server side of a profile. Disposing of it ends all sessions and removes the presence. */
export interface Acceptor extends AsyncDisposable {
  /** The topic that clients have to know. */
  readonly topic: string;
  /**
   * Opens no more sessions, and removes the presence. Open sessions go on. If clients end their sessions when the
   * presence is removed, it stays until the last session has ended.
   */
  withdraw(): void;
  /** Adds these facts to the server's presence. They replace those of an earlier call. */
  describe(meta: Readonly<Record<string, unknown>>): void;
}

/** The client side of a profile. Disposing of it closes its connections. */
export interface ProfileDialer extends Dialer, AsyncDisposable {}

/** An instance of a server that has come online or gone, according to its presence. */
export interface Announcement {
  readonly profile: string;
  /** The topic of the presence, which each instance has for itself. */
  readonly topic: string;
  readonly online: boolean;
  readonly serverName: string;
  /** The base topic, if it is not the default for this server name. */
  readonly base?: string;
  /** The MQTT client id of the instance. */
  readonly instance: string;
  /** The topic to which clients send their requests. */
  readonly address: string;
  readonly description: string;
  /** Further facts about the server. `since` is the time at which it came online, if it says so. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/** Where to look for servers. */
export interface DirectoryOptions extends Pick<ProfileOptions, "clientInfo"> {
  readonly topicPrefix?: string | undefined;
  /** A base topic to search, in addition to the default ones. */
  readonly topic?: string | undefined;
}

/** Finds servers of any name. */
export interface Directory {
  /** User properties that the CONNECT packet should have. */
  readonly userProperties: UserProperties;
  /** A client's goodbye: published by the client before it disconnects, or by the broker as the will. */
  readonly goodbye?: (clientId: string) => Will;
  /**
   * Filters of the topics on which servers show their presence.
   *
   * @param answer the user properties of the broker's CONNACK
   */
  filters(answer: UserProperties): readonly string[];
  /** The announcement in a message on such a topic; `undefined` when the message is something else. */
  read(packet: ReceivedPacket): Announcement | undefined;
}

/** The end of a session: server or client. */
export type Role = "serve" | "connect";

/** A topic that one end of a session uses, for the broker's access control. */
export interface TopicUse {
  readonly role: Role;
  readonly access: "publish" | "subscribe";
  /** The topic; a topic filter if it is subscribed to. */
  readonly topic: string;
  readonly retain?: boolean;
  /** What does not work without this topic, as a sentence, if a session works without it. */
  readonly optional?: string;
  /** User properties with which a message without payload on this topic has no effect on anybody. */
  readonly harmless?: UserProperties;
}

/** The facts on which it depends whether a profile can be used. */
export interface ProfileContext extends Partial<Pick<AddressOptions, "topicPrefix">> {
  readonly broker: BrokerConfig;
  /** Whether servers cannot be found by their presence. */
  readonly noDiscovery?: boolean;
  /** The client id of the only instance that may be used. */
  readonly serverId?: string | undefined;
  /** Whether every session has to be sealed. */
  readonly sealed?: boolean;
}

/** The meaning of a check of all topics of a profile. */
export interface TopicReach {
  /** The name of the topics for people. */
  name(address: ProfileAddress): string;
  readonly whenAll: string;
  readonly otherwise: string;
}

/** The server with which a sealed session is tried, and how. */
export interface SealingProbeOptions extends ProfileAddress {
  /** The keys to try. When `undefined`, only the presences of the instances are read. */
  readonly sealing?: ClientSealing | undefined;
  /** How long each instance may take, in ms. */
  readonly timeout: number;
}

/** An instance's own key, and its answer to ours. */
export interface SealingAnswer {
  /** The client id of the instance; `undefined` when no presence is visible, and any instance may have answered. */
  readonly instance: string | undefined;
  /** The public key in the presence. Anybody may have written it. */
  readonly shownKey: string | undefined;
  /** Whether the presence says that it accepts sessions that are not sealed. */
  readonly takesUnsealed: boolean;
  /** Whether the instance accepts a session with our key. */
  readonly agreed: boolean;
  /** Why it does not accept one, if it was asked. */
  readonly failure?: Failure;
}

/** A way to map MCP sessions to MQTT topics. */
export interface WireProfile {
  /** The name that `--profile` takes. */
  readonly name: string;
  /** The usual name, if it differs from `name`. */
  readonly title?: string;
  /** The oldest version of MQTT that the profile works with. */
  readonly oldestVersion: 4 | 5;
  /** Why the profile cannot be used, as the end of a sentence that begins with its name. */
  unavailable(context: ProfileContext): string | undefined;
  /** The settings of addresses that only this profile has. */
  readonly addressSettings: Settings;
  /** The address of the server with these options, whose name in logs is `label`. */
  address(options: AddressOptions, label: string): ProfileAddress;
  /** The longest topics of a server, with client ids as long as ours. They are checked before any is used. */
  longestTopics(address: ProfileAddress): readonly string[];
  /** What a check says about all topics of the profile together. */
  readonly reach?: TopicReach;
  /** All topics of a session, with the same client id for both ends. */
  topicUses(clientId: string, address: ProfileAddress): readonly TopicUse[];
  /** Finds servers of any name. */
  directory(options: DirectoryOptions): Directory;
  /**
   * The plan of a connection that the sessions with many servers share. Absent in a profile that needs one connection
   * for each session.
   */
  sharedPlan?(options: SharedConnectionOptions): ConnectPlan;
  /** Accepts sessions. Starts to connect at once. */
  accept(makeLink: MakeLink, options: ServerOptions): Acceptor;
  /** Asks the instances of a server whether they would open a sealed session; absent where sessions cannot be sealed. */
  readonly probeSealing?: (
    makeLink: MakeLink,
    options: SealingProbeOptions & { readonly clientId: string },
    signal: AbortSignal,
  ) => Promise<readonly SealingAnswer[]>;
  /** Opens sessions. Starts to connect at once. */
  dialer(makeLink: MakeLink, options: ClientOptions): ProfileDialer;
}
