/**
 * What a wire profile is: how MCP sessions lie on MQTT topics.
 *
 * @module
 */
import type { Channel } from "../core/channel.ts";
import type { BrokerConfig, ConnectOptions, MessageOptions, ServeOptions, TraceContextOptions } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import type { Failure } from "../core/failure.ts";
import type { ConnectPlan, MqttLink, QoS, ReceivedPacket, UserProperties, Will } from "../mqtt/mod.ts";
import type { Dialer } from "../relay/mod.ts";
import type { ClientSealing, ServerSealing } from "../seal/mod.ts";
import type { AddressOptions } from "./address_options.ts";

/** QoS of MCP messages; `auto` is the lowest that is safe with the peer. */
export type SessionQoS = QoS | "auto";

/**
 * Makes a link with a connection of its own, which is not open yet. A profile needs as many as it has wills, and may
 * need a new one for every session.
 */
export type MakeLink = (plan: ConnectPlan) => MqttLink;

/** Where a server is; both sides of a session have to agree on it. */
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
   * Where clients that have sessions with many servers on one connection say that they are gone; `{client}` stands for
   * the client id. Servers do not listen there when `undefined`.
   */
  readonly closedTopic?: string | undefined;
  /** What the topics of the open convention begin with, instead of `$`. */
  readonly topicPrefix?: string;
}

/** What both sides of a session are told. */
export interface ProfileOptions extends ProfileAddress, MessageOptions, Partial<TraceContextOptions> {
  /** What a connection says of the program that opens it, to brokers that ask. */
  readonly clientInfo: Readonly<Record<string, unknown>>;
  readonly qos: SessionQoS;
  /**
   * How long a session outlives a lost connection of the other end, in ms; where the profile lets it. It is ours and not
   * the broker's, so that one end may wait longer than the other.
   */
  readonly sessionExpiry: number;
  readonly observe: Observer;
}

/** What a server side needs to know besides. */
export interface ServerOptions extends ProfileOptions, Pick<ServeOptions, "description" | "meta"> {
  /** The client id of the connection, which names this instance of the server. */
  readonly clientId: string;
  /** Group of the shared subscription by which several servers share the requests; none when `undefined`. */
  readonly share: string | undefined;
  /** How sessions are sealed against the broker; not at all when `undefined`. */
  readonly serverSealing?: ServerSealing | undefined;
  /** Takes each session that a client opens. It is to be received from, or closed. */
  readonly opened: (session: IncomingSession) => void;
}

/** What a client side needs to know besides. */
export interface ClientOptions extends ProfileOptions, ConnectOptions {
  /** How sessions are sealed against the broker; not at all when `undefined`. */
  readonly clientSealing?: ClientSealing | Promise<ClientSealing> | undefined;
  /** A client id for one more connection. */
  readonly clientId: () => string;
  /** How many sessions there are on its connection, where it is shared. @default {1} */
  readonly sharers?: () => number;
}

/** What a connection is told that the sessions with many servers share. */
export interface SharedConnectionOptions {
  readonly clientId: string;
  /** Where the broker says that the client is gone; `{client}` stands for the client id. */
  readonly closedTopic: string;
  /** Whether a session may have to be sealed. */
  readonly sealed: boolean;
}

/** A session that a client has opened. */
export interface IncomingSession extends Channel {
  /** For logs: which client, and which of its sessions. */
  readonly name: string;
  /** Whose session it is: the MQTT client id, as far as the broker vouches for it. */
  readonly client?: string | undefined;
  /** Whether the broker tells when the client is gone, so that it may be silent as long as it likes. @default {false} */
  readonly hasWill?: boolean;
  /** Asks the client whether it is still there, where it can be asked; the session ends when it is not. */
  doubt?(): void;
}

/** The server side of a profile. Disposing of it ends all sessions and takes the presence back. */
export interface Acceptor extends AsyncDisposable {
  /** The topic that clients have to know. */
  readonly topic: string;
  /**
   * Opens no more sessions, and takes the presence back; those that are open go on. Where clients end their sessions
   * with the presence, it stays until the last of them has ended.
   */
  withdraw(): void;
  /** Says this of the server as well, wherever it shows its presence; instead of what was said so before. */
  describe(meta: Readonly<Record<string, unknown>>): void;
}

/** The client side of a profile. Disposing of it gives its connections back. */
export interface ProfileDialer extends Dialer, AsyncDisposable {}

/** An instance of a server that has come online or gone, as far as its presence tells. */
export interface Announcement {
  readonly profile: string;
  /** The topic that the presence is on, which is different for each instance. */
  readonly topic: string;
  readonly online: boolean;
  readonly serverName: string;
  /** The base topic, where that is another than a server of this name has by default. */
  readonly base?: string;
  /** The MQTT client id. */
  readonly instance: string;
  /** Where clients have to send their requests. */
  readonly address: string;
  readonly description: string;
  /** What else it says of itself; `since` is the time at which it came online, if it tells. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/** Where to look for servers. */
export interface DirectoryOptions extends Pick<ProfileOptions, "clientInfo"> {
  readonly topicPrefix?: string | undefined;
  /** A base topic to look at besides those that servers have by default. */
  readonly topic?: string | undefined;
}

/** How servers of any name are found. */
export interface Directory {
  /** User properties that the CONNECT packet should have. */
  readonly userProperties: UserProperties;
  /** What a client should say when it goes, and the broker when it is gone. */
  readonly goodbye?: (clientId: string) => Will;
  /**
   * Filters of the topics on which servers show their presence.
   *
   * @param answer the user properties of the broker's CONNACK
   */
  filters(answer: UserProperties): readonly string[];
  /** What a message on such a topic says; `undefined` when it is something else. */
  read(packet: ReceivedPacket): Announcement | undefined;
}

/** Which end of a session somebody is. */
export type Role = "serve" | "connect";

/** A topic that one end of a session uses, as the broker's access control sees it. */
export interface TopicUse {
  readonly role: Role;
  readonly access: "publish" | "subscribe";
  /** A topic filter when it is subscribed to. */
  readonly topic: string;
  readonly retain?: boolean;
  /** What does not work without it, as a sentence, when a session does. */
  readonly optional?: string;
  /** User properties that keep a message without payload on this topic from meaning anything to anybody. */
  readonly harmless?: UserProperties;
}

/** What decides whether a profile can be used. */
export interface Circumstances extends Partial<Pick<AddressOptions, "topicPrefix">> {
  readonly broker: BrokerConfig;
  /** Whether servers cannot be found by their presence. */
  readonly noDiscovery?: boolean;
  /** The one instance that is meant. */
  readonly serverId?: string | undefined;
  /** Whether every session has to be sealed. */
  readonly sealed?: boolean;
}

/** What it means that a broker lets all topics of a profile pass, or not. */
export interface TopicReach {
  /** What the topics are called. */
  name(address: ProfileAddress): string;
  readonly whenAll: string;
  readonly otherwise: string;
}

/** With whom a sealed session is tried. */
export interface SealingProbeOptions extends ProfileAddress {
  /** The keys to try; only what the instances show is looked at when `undefined`. */
  readonly sealing?: ClientSealing | undefined;
  /** How long each instance may take, in ms. */
  readonly timeout: number;
}

/** What an instance shows of its key, and says to ours. */
export interface SealingAnswer {
  /** `undefined` when none shows its presence: it is whichever has got the question. */
  readonly instance: string | undefined;
  /** The public key that it shows, or somebody in its name. */
  readonly shownKey: string | undefined;
  /** Whether it shows that it takes sessions that are not sealed. */
  readonly takesUnsealed: boolean;
  /** Whether it would open a session with our key. */
  readonly agreed: boolean;
  /** Why not, if it was asked. */
  readonly failure?: Failure;
}

/** One way to lay MCP sessions on MQTT topics. */
export interface WireProfile {
  /** The name that `--profile` takes. */
  readonly name: string;
  /** What people call it, where that is something else. */
  readonly title?: string;
  /** The oldest version of MQTT that it works with. */
  readonly oldestVersion: 4 | 5;
  /** Why it cannot be used, as the end of a sentence that begins with its name. */
  unavailable(circumstances: Circumstances): string | undefined;
  /** Where the server of these options is, which is called `label`. */
  address(options: AddressOptions, label: string): ProfileAddress;
  /** The longest topics of a server, with client ids as long as ours, for checks before any is used. */
  longestTopics(address: ProfileAddress): readonly string[];
  /** What is to be said of its topics as a whole when a broker was checked. */
  readonly reach?: TopicReach;
  /** All topics of a session whose two ends have the same client id. */
  topicUses(clientId: string, address: ProfileAddress): readonly TopicUse[];
  /** Finds servers of any name. */
  directory(options: DirectoryOptions): Directory;
  /**
   * What a connection wants that the sessions with many servers share. Where each session needs one of its own, there is
   * no such thing.
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
