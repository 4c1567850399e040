/**
 * One network connection to a broker: from CONNECT to its end, without a second attempt.
 *
 * This is the seam between the link, which keeps a connection up, and the network.
 *
 * @module
 */
import type { Redact } from "../../core/redaction.ts";
import type { Secret } from "../../core/secret.ts";
import type { ConnectPlan, PublishPacket, QoS, ReceivedPacket, UserProperties } from "../link.ts";

/** Where a broker is and how to log in. */
export interface BrokerAddress {
  /** `mqtt:`, `mqtts:`, `ws:`, `wss:` or `unix:`, without username and password. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
}

/** How to reach a broker. */
export interface BrokerSettings extends BrokerAddress {
  /** Keep Alive, in seconds; 0 for none. */
  readonly keepAlive: number;
  readonly tls?: TlsSettings;
  /** Further brokers of the same cluster, which are tried in turn; each with its own login, or with this one. */
  readonly others?: readonly BrokerAddress[];
  /** Headers of the handshake of a websocket. */
  readonly headers?: Readonly<Record<string, Secret>>;
  /** URL of the proxy on the way there, `http:` or `socks5:`, which may hold a login. */
  readonly proxy?: Secret;
  /** Said behind why the broker cannot be reached. */
  readonly advice?: string;
  /** Gives the password anew for each connection, instead of `password`. */
  readonly freshPassword?: () => Promise<Secret>;
  /** Applied to everything that is said about the connection, in events and failures. @default {redactNothing} */
  readonly redact?: Redact;
}

/** TLS beyond what the URL says. Certificates and keys are PEM text. */
export interface TlsSettings {
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  /** The name to ask for and to expect in the certificate; the URL's host by default. */
  readonly servername?: string;
  /** The protocol to ask for in the TLS handshake (ALPN). */
  readonly alpn?: string;
  /** Accept any certificate. */
  readonly insecure?: boolean;
}

/** What one attempt is made with. */
export interface ConnectRequest {
  readonly broker: BrokerSettings;
  readonly plan: ConnectPlan;
  readonly protocolVersion: 4 | 5;
  /**
   * What is subscribed to in the same flight as CONNECT: the requests of one SUBSCRIBE each. Nothing in them may depend on
   * the broker's answer to CONNECT.
   */
  readonly early?: readonly (readonly SubscriptionRequest[])[];
  /**
   * A topic to which we may publish and nobody subscribes: a message there gets brokers with Nagle's algorithm to send
   * what they hold back. Without it there are none.
   */
  readonly nudgeTopic?: string | undefined;
  /** Takes every PUBLISH. A returned promise holds back everything behind it. */
  readonly received: (packet: ReceivedPacket) => Promise<void> | void;
}

/** What the broker said in CONNACK. An absent property has its default (MQTT 5.0, section 3.2.2.3). */
export interface ConnectAnswer {
  readonly maximumQoS: QoS | undefined;
  readonly retainAvailable: boolean | undefined;
  readonly wildcardSubscriptionAvailable: boolean | undefined;
  readonly sharedSubscriptionAvailable: boolean | undefined;
  readonly subscriptionIdentifiersAvailable: boolean | undefined;
  readonly maximumPacketSize: number | undefined;
  readonly receiveMaximum: number | undefined;
  readonly topicAliasMaximum: number | undefined;
  readonly serverKeepAlive: number | undefined;
  readonly assignedClientIdentifier: string | undefined;
  readonly userProperties: UserProperties;
}

/** One filter of a SUBSCRIBE. */
export interface SubscriptionRequest {
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  /** Subscription Identifier. A SUBSCRIBE has one for all its filters, so a filter that has one goes alone. */
  readonly identifier?: number;
}

/** How a connection ended. */
export interface ConnectionEnd {
  /** The reason code of the broker's DISCONNECT or of its CONNACK, if it gave one. */
  readonly reasonCode: number | undefined;
  /** In words. */
  readonly cause: string;
}

/** An open connection. */
export interface MqttConnection {
  readonly answer: ConnectAnswer;
  /** The answers to {@linkcode ConnectRequest.early}, in its order, as {@linkcode subscribe} gives them. */
  readonly early: readonly Promise<readonly number[]>[];
  readonly closed: Promise<ConnectionEnd>;
  /** Whether what is published now is written soon; `undefined` when that is not known. */
  readonly hasRoom?: boolean;
  /** When the first message to {@linkcode ConnectRequest.nudgeTopic} was sent, by `performance.now()`. */
  readonly nudgedAt?: number | undefined;
  /**
   * Sends a PUBLISH. `acknowledged` is called with the reason code, once the packet is written (QoS 0) or
   * acknowledged (QoS 1 and 2); never after the connection has ended.
   */
  publish(packet: PublishPacket, acknowledged: (reasonCode: number) => void): void;
  /** Resolves with one reason code for each request; rejects when the connection ends before. */
  subscribe(requests: readonly SubscriptionRequest[]): Promise<readonly number[]>;
  unsubscribe(filter: string): Promise<void>;
  /** What has just come will not be answered soon, but more is to come; where that makes a difference. */
  expectMore?(): void;
  /** Sends DISCONNECT behind everything that was published, and closes. The will is not sent. */
  end(): Promise<void>;
  /** Drops the connection without a goodbye. */
  destroy(): void;
}

/** Why there is no connection. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  /**
   * @param reasonCode why the broker refused, as an MQTT 5 reason code; `undefined` when it did not answer
   * @param silent whether the broker was reached but closed the connection instead of answering
   */
  constructor(message: string, readonly reasonCode: number | undefined, readonly silent: boolean) {
    super(message);
  }
}

/**
 * Opens a connection.
 *
 * @throws {ConnectError} when there is none
 */
export type Connect = (request: ConnectRequest, signal: AbortSignal) => Promise<MqttConnection>;
