/**
 * What a wire profile is: how MCP sessions lie on MQTT topics.
 *
 * @module
 */
import type { Channel } from "../core/channel.ts";
import type { Observer } from "../core/events.ts";
import type { ConnectPlan, MqttLink, QoS } from "../mqtt/mod.ts";
import type { Dialer } from "../relay/mod.ts";

/** The profiles, by the names that `--profile` takes. */
export type ProfileName = "request-response";

/** QoS of MCP messages; `auto` is the lowest that is safe with the peer. */
export type SessionQoS = QoS | "auto";

/** What both sides of a session have to agree on, and what is up to each. */
export interface ProfileOptions {
  /** The server's name; the default of the topics derives from it. */
  readonly serverName: string;
  /** Base topic; `mcp/` and the server's name by default. */
  readonly topic?: string;
  /** Topic of requests instead of the profile's own; `{client}` stands for the client id. */
  readonly requestTopic?: string;
  /** Topic of responses instead of the profile's own; `{client}` stands for the client id. */
  readonly responseTopic?: string;
  readonly qos: SessionQoS;
  /** Largest MCP message, in bytes. */
  readonly maximumMessage: number;
  readonly observe: Observer;
}

/** What a server side needs to know besides. */
export interface ServerOptions extends ProfileOptions {
  /** Group of the shared subscription by which several servers share the requests; none when `undefined`. */
  readonly share: string | undefined;
  /** What the server is good for, in a sentence; part of its presence. */
  readonly description?: string;
  /** Takes each session that a client opens. It is to be received from, or closed. */
  readonly opened: (session: IncomingSession) => void;
}

/** What a client side needs to know besides. */
export interface ClientOptions extends ProfileOptions {
  /** Whether servers are found by their presence; without, one is assumed to be there. */
  readonly discovery: boolean;
  /** How long a server may take to answer the first message of a session, in ms. */
  readonly connectTimeout: number;
  /** How long a request of this method may take, in ms; it expires at the broker after that. */
  readonly timeout: (method: string) => number;
}

/** A session that a client has opened. */
export interface IncomingSession extends Channel {
  /** For logs: which client, and which of its sessions. */
  readonly name: string;
}

/** The server side of a profile on one link. Disposing of it ends all sessions and takes the presence back. */
export interface Acceptor extends AsyncDisposable {
  /** The topic that clients have to know. */
  readonly topic: string;
  /** Takes the presence back and opens no more sessions; those that are open go on. */
  withdraw(): void;
}

/** One way to lay MCP sessions on MQTT topics. */
export interface WireProfile {
  readonly name: ProfileName;
  /** What the connection of a server has to be opened with. */
  serverPlan(clientId: string, options: ServerOptions): ConnectPlan;
  /** What the connection of a client has to be opened with. */
  clientPlan(clientId: string, options: ClientOptions): ConnectPlan;
  /** Accepts sessions on `link`, which is not open yet. */
  accept(link: MqttLink, options: ServerOptions): Acceptor;
  /** Opens sessions on `link`, which is not open yet. */
  dialer(link: MqttLink, options: ClientOptions): Dialer & AsyncDisposable;
}
