/**
 * The MQTT that a wire profile needs: one lasting connection to one broker.
 *
 * @module
 */
import type { Failure } from "../core/failure.ts";

/** Quality of Service of a message (MQTT 5.0, section 4.3). */
export type QoS = 0 | 1 | 2;

/** User properties by name; a name that occurs several times has a list of values. */
export type UserProperties = Readonly<Record<string, string | readonly string[]>>;

/** The properties of a PUBLISH (MQTT 5.0, section 3.3.2.3). On MQTT 3.1.1 they are not sent. */
export interface PublishProperties {
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  /** Message Expiry Interval, in seconds. */
  readonly messageExpiryInterval?: number;
  /** The Payload Format Indicator: whether the payload is UTF-8 text. */
  readonly payloadFormatIndicator?: boolean;
  readonly contentType?: string;
  readonly userProperties?: UserProperties;
}

/** A message to publish. */
export interface PublishPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain?: boolean;
  /**
   * Whether the message must not be sent again after a lost connection. The broker may have received it without
   * acknowledging it, and the receiver could not recognize a duplicate.
   */
  readonly once?: boolean;
  readonly properties?: PublishProperties;
  /**
   * Further properties, which many messages have in common. Pass the same object each time, since it is encoded only
   * once. If both have user properties, all of them are sent.
   */
  readonly common?: PublishProperties;
  /** Whether {@linkcode ConnectPlan.addedProperties} are left out. */
  readonly bare?: boolean;
}

/** A message that arrived. */
export interface ReceivedPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  /** The RETAIN flag: the broker has stored the message before, and sends it because of a new subscription. */
  readonly retain: boolean;
  readonly properties: PublishProperties;
  /** The {@linkcode Subscription.identifier}s of the subscriptions because of which the broker sent this message. */
  readonly subscriptionIdentifiers?: readonly number[];
}

/** The message that the broker publishes when this client has gone without DISCONNECT. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties?: PublishProperties;
  /**
   * A payload with the same meaning as an empty one. mochi-mqtt 2.7, comqtt and NanoMQ do not accept a will without
   * payload, against MQTT 5.0, section 3.1.3.4.
   */
  readonly insteadOfEmpty?: Uint8Array;
  /** Whether the connection is useful without the will, if the broker does not accept the will's topic. */
  readonly optional?: boolean;
}

/**
 * What a wire profile needs of the connection. It is known before CONNECT. The MQTT session begins and ends with the
 * connection.
 */
export interface ConnectPlan {
  readonly clientId: string;
  readonly will?: Will;
  /** User properties of the CONNECT packet. */
  readonly userProperties?: UserProperties;
  /** User properties that are put on every message, and on the will. */
  readonly addedProperties?: UserProperties;
  /**
   * A topic to which the client may publish and nobody subscribes. Empty messages to it make brokers with Nagle's
   * algorithm send what they hold back.
   */
  readonly nudgeTopic?: string;
  /** The properties of the messages to {@linkcode nudgeTopic}. */
  readonly nudgeProperties?: PublishProperties;
  /** A longer packet is dropped without being kept, in bytes. Not on websockets. @default {67,108,864} */
  readonly maximumPacket?: number;
  /** The MQTT version that the profile needs, if it works with no other. */
  readonly protocolVersion?: 5;
  /** What needs that version, as the user is told. @default {"this"} */
  readonly versionNeededFor?: string;
}

/** The limits of a connection: those of CONNACK, and those of the broker's preset. */
export interface BrokerLimits {
  readonly protocolVersion: 4 | 5;
  readonly maximumQoS: QoS;
  readonly retainAvailable: boolean;
  readonly wildcardSubscriptionAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
  /** Whether the broker supports Subscription Identifiers. */
  readonly subscriptionIdentifiersAvailable: boolean;
  /** Largest packet the broker takes, in bytes. */
  readonly maximumPacketSize: number;
  /** The size of {@linkcode ConnectPlan.addedProperties} in each packet, in bytes. @default {0} */
  readonly addedBytes?: number;
  /** The Receive Maximum: how many messages of QoS 1 and 2 may be unacknowledged at a time. */
  readonly receiveMaximum: number;
  /** The Keep Alive in use, in seconds. */
  readonly keepAlive: number;
  /** User properties of the CONNACK packet. */
  readonly userProperties: UserProperties;
  /** Whether the broker refuses a will without payload, so that {@linkcode Will.insteadOfEmpty} is sent. */
  readonly refusesEmptyWill?: boolean;
}

/**
 * The state of a link:
 * - `connecting`: not connected, but trying; `failure` is that of the last attempt
 * - `online`: connected, and every subscription is acknowledged
 * - `refused`: the broker refuses the connection or a subscription; attempts go on, but rarely
 * - `closed`: we have closed it
 */
export type LinkState =
  | { readonly status: "connecting"; readonly failure: Failure | undefined }
  | { readonly status: "online"; readonly limits: BrokerLimits }
  | { readonly status: "refused"; readonly failure: Failure }
  | { readonly status: "closed" };

/** Takes a message of a subscription. While a returned promise is pending, no further messages are delivered. */
export type PacketHandler = (packet: ReceivedPacket) => Promise<void> | void;

/** A subscription that the link makes and keeps. */
export interface Subscription {
  readonly filter: string;
  readonly qos: QoS;
  /**
   * The group of a shared subscription (MQTT 5.0, section 4.8.2): each message goes to one member of the group. Ignored
   * on brokers without shared subscriptions.
   */
  readonly share?: string;
  /** No Local: the broker does not send us our own messages (MQTT 5.0, section 3.8.3.1). */
  readonly noLocal?: boolean;
  /**
   * The Subscription Identifier (MQTT 5.0, section 3.8.2.1.2), from 1 to 268,435,455. The broker adds it to every
   * message that it sends because of this subscription. Ignored on brokers without Subscription Identifiers.
   */
  readonly identifier?: number;
  readonly handler: PacketHandler;
  /** Told the QoS that the broker grants, which may be lower than the requested one (MQTT 5.0, section 3.9.3). */
  readonly granted?: (qos: QoS) => void;
  /**
   * Told when the broker does not grant the subscription. Without this handler a refusal makes the link `refused`,
   * since it cannot do its work.
   */
  readonly refused?: (failure: Failure) => void;
  /** Whether `refused` tells the user, so that no event is needed. @default {false} */
  readonly tellsRefusal?: boolean;
}

/** Takes the outcome of a {@linkcode MqttLink.publish}. */
export type PublishOutcome = (failure?: Failure) => void;

/**
 * One lasting connection to one broker. After {@linkcode open} it reconnects by itself until it is closed.
 * Subscriptions are made again on every connection. Messages that were published meanwhile are sent when the link is
 * online again.
 */
export interface MqttLink extends AsyncDisposable {
  /** The MQTT client id. If the broker has assigned one, it is that one. */
  readonly clientId: string;
  readonly state: LinkState;

  /** Starts to connect. The link is online only when all subscriptions made so far are acknowledged. Idempotent. */
  open(): void;

  /** Calls `listener` after every change of state, until `signal` is aborted. */
  watch(listener: (state: LinkState) => void, signal?: AbortSignal): void;

  /**
   * Subscribes now if the link is online, and on every later connection. Resolves when acknowledged; rejects
   * with a {@linkcode Failure} when refused. The handlers of all matching subscriptions get each message.
   */
  subscribe(subscription: Subscription): Promise<void>;

  /** Ends a subscription of {@linkcode subscribe}. */
  unsubscribe(filter: string): Promise<void>;

  /**
   * Publishes in order. A returned promise resolves when there is room for more; it never rejects.
   *
   * @param done called at most once: without an argument when the message is with the broker (QoS 0: written;
   *   QoS 1 and 2: acknowledged), or with the reason why it will never be
   * @param signal takes the message back, if it has not been sent when this is aborted
   */
  publish(packet: PublishPacket, done?: PublishOutcome, signal?: AbortSignal): Promise<void> | void;

  /**
   * Resolves when the broker has answered a packet that is sent now. Most brokers process the packets of a client in
   * order. Then the broker has processed all earlier packets, and the messages that it sent because of them have
   * arrived. Rejects with a {@linkcode Failure} when the link is not online, or when the connection is lost before the
   * answer.
   */
  roundTrip(): Promise<void>;

  /** Somebody waits for the broker. If it cannot be reached, the next attempt is made soon. */
  hurry(): void;

  /**
   * More packets are expected, but what has arrived will not be answered soon. Brokers with Nagle's algorithm would
   * hold the packets back ({@linkcode ConnectPlan.nudgeTopic}).
   */
  expectMore(): void;

  /** Sends the waiting messages and DISCONNECT, and closes; takes a second at most. Idempotent. */
  close(): Promise<void>;
}
