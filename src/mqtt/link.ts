/**
 * What a wire profile needs of MQTT: one connection to one broker, kept up.
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
  /** Payload Format Indicator: the payload is UTF-8 text. */
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
   * Not sent again, if the connection is lost before the broker has acknowledged it: it may have arrived, and the receiver
   * could not tell that it is the same message.
   */
  readonly once?: boolean;
  readonly properties?: PublishProperties;
  /**
   * Further properties, which many messages have in common. They are to be the same object each time, since they are
   * encoded once. Of user properties, those of both are sent.
   */
  readonly common?: PublishProperties;
  /** The user's properties ({@linkcode ConnectPlan.addedProperties}) are not put on it. */
  readonly bare?: boolean;
}

/** A message that arrived. */
export interface ReceivedPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  /** Sent because it was retained, not because somebody has just published it. */
  readonly retain: boolean;
  readonly properties: PublishProperties;
  /** The {@linkcode Subscription.identifier}s that the broker names as the reason why it sent this message. */
  readonly subscriptionIdentifiers?: readonly number[];
}

/** The message that the broker publishes when this client is gone without a goodbye. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties?: PublishProperties;
  /**
   * What means the same as an empty payload, for brokers that do not take a will without one: mochi-mqtt 2.7, comqtt and
   * NanoMQ, against MQTT 5.0, section 3.1.3.4.
   */
  readonly insteadOfEmpty?: Uint8Array;
  /** Whether the connection is of use without it, where the broker does not take its topic. */
  readonly optional?: boolean;
}

/**
 * What a wire profile wants of the connection before it is opened. Its session at the broker begins with it and ends with
 * it.
 */
export interface ConnectPlan {
  readonly clientId: string;
  readonly will?: Will;
  /** User properties of the CONNECT packet. */
  readonly userProperties?: UserProperties;
  /** User properties that are put on every message, and on the will. */
  readonly addedProperties?: UserProperties;
  /** A topic to which the client may publish and nobody subscribes. Empty messages
   * there get brokers with Nagle's algorithm to send what they hold back. */
  readonly nudgeTopic?: string;
  /** The properties of these messages. */
  readonly nudgeProperties?: PublishProperties;
  /** The only version of MQTT that will do, where the profile cannot work with another. */
  readonly protocolVersion?: 5;
  /** What takes that version, as a broker's user is told. @default {"this"} */
  readonly versionNeededFor?: string;
}

/** What the broker grants; from CONNACK, and from what is known of the kind of broker. */
export interface BrokerLimits {
  readonly protocolVersion: 4 | 5;
  readonly maximumQoS: QoS;
  readonly retainAvailable: boolean;
  readonly wildcardSubscriptionAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
  /** Whether messages can say which subscription they are for. */
  readonly subscriptionIdentifiersAvailable: boolean;
  /** Largest packet the broker takes, in bytes. */
  readonly maximumPacketSize: number;
  /** What {@linkcode ConnectPlan.addedProperties} take of each packet, in bytes. @default {0} */
  readonly addedBytes?: number;
  /** How many QoS 1 and 2 messages the broker takes without having acknowledged one. */
  readonly receiveMaximum: number;
  /** Keep Alive in force, in seconds. */
  readonly keepAlive: number;
  /** User properties of the CONNACK packet. */
  readonly userProperties: UserProperties;
  /** Whether the broker does not take a will without payload, so that {@linkcode Will.insteadOfEmpty} is sent. */
  readonly refusesEmptyWill?: boolean;
}

/**
 * Where a link stands:
 * - `connecting`: not connected, and trying; `failure` tells what the last attempt came to
 * - `online`: connected, and every subscription is acknowledged
 * - `refused`: the broker will not have us as we are; tried again, but rarely
 * - `closed`: by us
 */
export type LinkState =
  | { readonly status: "connecting"; readonly failure: Failure | undefined }
  | { readonly status: "online"; readonly limits: BrokerLimits }
  | { readonly status: "refused"; readonly failure: Failure }
  | { readonly status: "closed" };

/** Takes a message of a subscription. A returned promise holds back everything behind it. */
export type PacketHandler = (packet: ReceivedPacket) => Promise<void> | void;

/** A subscription to make and to keep. */
export interface Subscription {
  readonly filter: string;
  readonly qos: QoS;
  /**
   * Makes it a shared subscription of this group (MQTT 5.0, section 4.8.2), on brokers that have such a thing: each
   * message then goes to one of the group.
   */
  readonly share?: string;
  /** Do not send us what we publish ourselves (MQTT 5.0, section 3.8.3.1). */
  readonly noLocal?: boolean;
  /**
   * Subscription Identifier (MQTT 5.0, section 3.8.2.1.2), from 1 to 268,435,455, on brokers that have such a thing: it
   * comes back on every message that was sent because of this subscription.
   */
  readonly identifier?: number;
  readonly handler: PacketHandler;
  /** Told of the QoS that the broker grants, which may be lower (MQTT 5.0, section 3.9.3). */
  readonly granted?: (qos: QoS) => void;
  /**
   * Told when the broker does not grant the subscription. When nobody is to be told, the link counts as refused:
   * it cannot do its work.
   */
  readonly refused?: (failure: Failure) => void;
  /** Whether that one tells the user, so that no event has to. @default {false} */
  readonly tellsRefusal?: boolean;
}

/** Takes the outcome of a {@linkcode MqttLink.publish}. */
export type PublishOutcome = (failure?: Failure) => void;

/**
 * One connection to one broker. Once opened, it connects by itself, again and again, until it is closed; what was
 * subscribed stays subscribed, and what was published is sent when the connection is back.
 */
export interface MqttLink extends AsyncDisposable {
  /** The MQTT client id; the broker's own choice if it assigned one. */
  readonly clientId: string;
  readonly state: LinkState;

  /** Starts to connect. What was subscribed before is part of being online. Idempotent. */
  open(): void;

  /** Calls `listener` after every change of state, until `signal` is aborted. */
  watch(listener: (state: LinkState) => void, signal?: AbortSignal): void;

  /**
   * Subscribes now if the link is online, and on every later connection. Resolves when acknowledged; rejects
   * with a {@linkcode Failure} when refused. The handlers of all matching subscriptions get each message.
   */
  subscribe(subscription: Subscription): Promise<void>;

  /** Undoes {@linkcode subscribe}. */
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
   * Resolves when the broker has answered a packet that was sent now. A broker that works on the packets of a client
   * one after another, as most do, has then dealt with everything before it, and what it had to send because of that
   * has arrived. Rejects with a {@linkcode Failure} when the connection is lost before, or is not there.
   */
  roundTrip(): Promise<void>;

  /** Somebody waits for the broker: if it cannot be reached, the next attempt is made soon. */
  hurry(): void;

  /**
   * What has just come will not be answered soon, but more is to come. Brokers with Nagle's algorithm would hold it back
   * (`ConnectPlan.nudgeTopic`).
   */
  expectMore(): void;

  /** Sends what is waiting, says goodbye and closes; at the latest after a second. Idempotent. */
  close(): Promise<void>;
}
