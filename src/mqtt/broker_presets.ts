/**
 * What is known of brokers that lack a feature, or do not announce in CONNACK what they lack.
 *
 * @module
 */
import type { ConnectAnswer } from "./connection/connection.ts";
import type { BrokerLimits, QoS } from "./link.ts";

/** The features and limits of one kind of broker. */
export interface BrokerPreset {
  /** For `--help`. */
  readonly description: string;
  readonly maximumQoS: QoS;
  /** Largest packet, in bytes. */
  readonly maximumPacketSize: number;
  readonly sharedSubscriptionAvailable: boolean;
  readonly subscriptionIdentifiersAvailable: boolean;
  /** Takes user properties on CONNECT. */
  readonly connectUserProperties: boolean;
  /** Delivers retained messages to subscriptions with wildcards, without which nothing can be discovered. */
  readonly discovery: boolean;
  /** Lets clients publish to topics that begin with `$`. */
  readonly dollarTopics: boolean;
  /**
   * Whether small messages may be sent only to make the broker send what it holds back. Not where messages cost money.
   */
  readonly nudges: boolean;
}

/** The largest MQTT packet, in bytes (MQTT 5.0, section 2.1.4). */
export const LARGEST_PACKET = 268_435_460;

const FULL: BrokerPreset = {
  description: "a complete MQTT 5 broker, such as mosquitto, EMQX or NanoMQ",
  maximumQoS: 2,
  maximumPacketSize: LARGEST_PACKET,
  sharedSubscriptionAvailable: true,
  subscriptionIdentifiersAvailable: true,
  connectUserProperties: true,
  discovery: true,
  dollarTopics: true,
  nudges: true,
};

/** The presets by name, as `--broker-preset` takes them. */
export const BROKER_PRESETS = {
  standard: FULL,
  aws: {
    ...FULL,
    description: "AWS IoT Core",
    maximumQoS: 1,
    maximumPacketSize: 131_072,
    nudges: false,
    subscriptionIdentifiersAvailable: false,
    dollarTopics: false,
  },
  azure: {
    ...FULL,
    description: "Azure Event Grid",
    maximumQoS: 1,
    maximumPacketSize: 524_288,
    nudges: false,
    subscriptionIdentifiersAvailable: false,
    connectUserProperties: false,
    dollarTopics: false,
  },
  hivemq: { ...FULL, description: "HiveMQ", dollarTopics: false },
  rabbitmq: {
    ...FULL,
    description: "RabbitMQ",
    maximumQoS: 1,
    maximumPacketSize: 16_777_216,
    sharedSubscriptionAvailable: false,
    discovery: false,
  },
  vernemq: { ...FULL, description: "VerneMQ", dollarTopics: false },
} satisfies Record<string, BrokerPreset>;

/** The preset of a name; the one for complete brokers when the name is unknown. */
export function presetOf(name: string): BrokerPreset {
  return Object.entries(BROKER_PRESETS).find(([known]) => known === name)?.[1] ?? FULL;
}

/**
 * The most messages that wait for an acknowledgement at a time, so that packet identifiers are left to subscribe with.
 */
const MOST_UNACKNOWLEDGED = 65_000;

/** The limits of a connection: those of CONNACK, and those of the preset where CONNACK has none. */
export function limitsOf(
  answer: ConnectAnswer,
  protocolVersion: 4 | 5,
  keepAlive: number,
  preset: BrokerPreset,
): BrokerLimits {
  return {
    protocolVersion,
    maximumQoS: Math.min(answer.maximumQoS ?? 2, preset.maximumQoS) as QoS,
    retainAvailable: answer.retainAvailable ?? true,
    wildcardSubscriptionAvailable: answer.wildcardSubscriptionAvailable ?? true,
    // MQTT 3.1.1 has no shared subscriptions, though mosquitto and EMQX take their filters there too.
    sharedSubscriptionAvailable: protocolVersion === 5 &&
      (answer.sharedSubscriptionAvailable ?? preset.sharedSubscriptionAvailable),
    subscriptionIdentifiersAvailable: protocolVersion === 5 &&
      (answer.subscriptionIdentifiersAvailable ?? preset.subscriptionIdentifiersAvailable),
    maximumPacketSize: Math.min(answer.maximumPacketSize ?? LARGEST_PACKET, preset.maximumPacketSize),
    receiveMaximum: Math.min(answer.receiveMaximum ?? 65_535, MOST_UNACKNOWLEDGED),
    keepAlive: answer.serverKeepAlive ?? keepAlive,
    userProperties: answer.userProperties,
  };
}
