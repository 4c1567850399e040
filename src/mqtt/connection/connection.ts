/**
 * One network connection to a broker, from CONNECT to its end. It is not retried.
 *
 * This is the seam between the link, which reconnects, and the network.
 *
 * @module
 */
import type { Redact } from "../../core/redaction.ts";
import type { Secret } from "../../core/secret.ts";
import type { ConnectPlan, PublishPacket, QoS, ReceivedPacket, UserProperties } from "../link.ts";

/** The URL of a broker, with user name and password. */
export interface BrokerAddress {
  /** `mqtt:`, `mqtts:`, `ws:`, `wss:` or `unix:`, without username and password. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
}

/** The settings of a connection to a broker. */
export interface BrokerSettings extends BrokerAddress {
  /** Keep Alive, in seconds; 0 for none. */
  readonly keepAlive: number;
  readonly tls?: TlsSettings;
  /**
   * Further brokers of the same cluster, tried in turn. One without a user name and password uses those of the first.
   */
  readonly others?: readonly BrokerAddress[];
  /** Additional headers of a websocket handshake. */
  readonly headers?: Readonly<Record<string, Secret>>;
  /** URL of the proxy, `http:` or `socks5:`. It may hold a user name and password. */
  readonly proxy?: Secret;
  /** Advice to the user that follows the reason when the broker cannot be reached. */
  readonly advice?: string;
  /** Gives a new password for each connection, instead of `password`. */
  readonly freshPassword?: () => Promise<Secret>;
  /** Applied to all texts about the connection, in events and failures. @default {redactNothing} */
  readonly redact?: Redact;
}

/** TLS settings besides the URL. Certificates and keys are PEM text. */
export interface TlsSettings {
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  /** The name for SNI and for the check of the certificate; by default the host name of the URL. */
  readonly servername?: string;
  /** The protocol name for ALPN. */
  readonly alpn?: string;
  /** Accept any certificate. */
  readonly insecure?: boolean;
}

/** The parameters of one attempt to connect. */
export interface ConnectRequest {
  readonly broker: BrokerSettings;
  readonly plan: ConnectPlan;
  readonly protocolVersion: 4 | 5;
  /**
   * Subscriptions that are sent together with CONNECT, one SUBSCRIBE for each list. They must not depend on the
   * broker's CONNACK.
   */
  readonly early?: readonly (readonly SubscriptionRequest[])[];
  /**
   * A topic to which we may publish and nobody subscribes. A message to it makes brokers with Nagle's algorithm send
   * what they hold back. When `undefined`, no such messages are sent.
   */
  readonly nudgeTopic?: string | undefined;
  /** Takes every PUBLISH. While a returned promise is pending, no further packets are read. */
  readonly received: (packet: ReceivedPacket) => Promise<void> | void;
  /** Told the topic of each message that is dropped, because it is too long or has too many user properties. */
  readonly dropped?: (topic: string, cause: string) => void;
}

/** The properties of CONNACK. An absent property has its default (MQTT 5.0, section 3.2.2.3). */
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
  /** The Subscription Identifier. It belongs to a whole SUBSCRIBE, so a filter with an identifier is sent alone. */
  readonly identifier?: number;
}

/** How a connection ended. */
export interface ConnectionEnd {
  /** The reason code of the broker's DISCONNECT or of its CONNACK, if it gave one. */
  readonly reasonCode: number | undefined;
  /** The cause in words. */
  readonly cause: string;
}

/** An open connection. */
export interface MqttConnection {
  readonly answer: ConnectAnswer;
  /** The answers to {@linkcode ConnectRequest.early}, in its order, as {@linkcode subscribe} gives them. */
  readonly early: readonly Promise<readonly number[]>[];
  readonly closed: Promise<ConnectionEnd>;
  /** Whether a message that is published now will be written soon; `undefined` when that is unknown. */
  readonly hasRoom?: boolean;
  /** When the first message to {@linkcode ConnectRequest.nudgeTopic} was sent, as `performance.now()`. */
  readonly nudgedAt?: number | undefined;
  /**
   * Sends a PUBLISH. `acknowledged` is called with the reason code, once the packet is written (QoS 0) or
   * acknowledged (QoS 1 and 2); never after the connection has ended.
   */
  publish(packet: PublishPacket, acknowledged: (reasonCode: number) => void): void;
  /** Resolves with one reason code for each request; rejects when the connection ends before. */
  subscribe(requests: readonly SubscriptionRequest[]): Promise<readonly number[]>;
  unsubscribe(filter: string): Promise<void>;
  /**
   * More packets are expected, but what has arrived will not be answered soon. Absent where this makes no difference.
   */
  expectMore?(): void;
  /** Sends DISCONNECT after all published messages, and closes. The broker does not publish the will. */
  end(): Promise<void>;
  /** Drops the connection without DISCONNECT. */
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
