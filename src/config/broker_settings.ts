/**
 * The settings of the connection to the broker.
 *
 * @module
 */
import { BROKER_PRESETS } from "../mqtt/mod.ts";
import {
  brokerUrl,
  bytes,
  clientId,
  header,
  linesOf,
  oneOf,
  oneText,
  onOff,
  proxyUrl,
  text,
  wholeNumber,
} from "./kinds.ts";
import { filled } from "./placeholders.ts";
import type { SettingsOf } from "./setting.ts";
import { userProperties } from "./user_properties.ts";

const PRESET_NAMES = Object.keys(BROKER_PRESETS);

/** How to reach the broker. */
export interface BrokerOptions {
  /**
   * A URL with `mqtt://`, `mqtts://`, `ws://`, `wss://` or `unix://`, possibly with username and password. Several
   * URLs, separated by commas, name the nodes of a cluster.
   */
  readonly broker: string;
  /** Username of CONNECT. */
  readonly username: string | undefined;
  /** File whose first line is the password. */
  readonly passwordFile: string | undefined;
  /** Password of CONNECT. */
  readonly password: string | undefined;
  /** Command that prints the password, run anew for each connection. */
  readonly passwordCommand?: string | undefined;
  /** MQTT client id; a random one by default. */
  readonly clientId: string | undefined;
  /** QoS of MCP messages. @default {"auto"} */
  readonly qos: "auto" | 0 | 1 | 2;
  /** Keep Alive of MQTT, in seconds; 0 turns it off. @default {60} */
  readonly keepAlive: number;
  /** CA certificates to trust instead of the system's, as PEM text. */
  readonly ca: string | undefined;
  /** Client certificate, as PEM text. */
  readonly cert: string | undefined;
  /**
   * A private key. Either that of the client certificate, as PEM text, or one that seals sessions, as `key new` writes
   * it.
   */
  readonly key: string | undefined;
  /** Command that prints the private key for {@linkcode BrokerOptions.key}. It is run once. */
  readonly keyCommand?: string | undefined;
  /** Private key of the client certificate, as PEM text, when `key` seals sessions. */
  readonly tlsKey: string | undefined;
  /** The name that the broker's certificate must have, if not the host name of the URL. */
  readonly tlsServername: string | undefined;
  /** The ALPN protocol to ask for in the TLS handshake, when the broker's port serves several. */
  readonly alpn?: string | undefined;
  /** HTTP headers of the websocket handshake, as `Name: value`. */
  readonly headers?: readonly string[] | undefined;
  /** `http://` or `socks5://` URL of the proxy on the way to the broker, possibly with username and password. */
  readonly proxy?: string | undefined;
  /** Whether to accept any certificate. @default {false} */
  readonly insecureTls: boolean;
  /** Preset for a kind of broker, as for `--broker-preset`. @default {"standard"} */
  readonly brokerPreset: string;
  /** Largest packet that the broker accepts, in bytes, for a broker that does not announce it in CONNACK. */
  readonly maxPacket: number | undefined;
  /** The MQTT protocol level: 5, or 4 for MQTT 3.1.1. By default 5, or 4 if the broker refuses 5. */
  readonly mqttVersion: 4 | 5 | undefined;
  /**
   * User properties of CONNECT and of all messages except sealed ones, for rules and logs of the broker. MQTT 5 only.
   */
  readonly userProperties?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/** The settings of {@linkcode BrokerOptions}. If the field is PEM text, the flag takes the name of a file. */
export const BROKER_SETTINGS: SettingsOf<BrokerOptions> = {
  broker: {
    flag: "--broker <url>",
    environment: "MQTT_URL",
    description: "mqtt://, mqtts://, ws://, wss:// or unix:// URL; may hold username:password@; several for a cluster",
    kind: brokerUrl,
    repeatable: "singly",
    fallback: "mqtt://127.0.0.1:1883",
  },
  username: {
    flag: "--username <name>",
    environment: "MQTT_USERNAME",
    description: "user to log in as",
    kind: text,
  },
  passwordFile: {
    flag: "--password-file <file>",
    environment: "MQTT_PASSWORD_FILE",
    description: "file whose first line is the password",
    kind: text,
  },
  password: {
    flag: "--password <text>",
    environment: "MQTT_PASSWORD",
    description: "the password; as a flag, every user of this machine can see it",
    kind: text,
  },
  passwordCommand: {
    flag: "--password-command <command>",
    environment: "MQTT_PASSWORD_COMMAND",
    description: "command that prints the password, run anew for each connection",
    kind: text,
  },
  clientId: {
    flag: "--client-id <id>",
    environment: "MQTT_CLIENT_ID",
    description: "MQTT client id; a random one by default",
    kind: filled(clientId),
  },
  qos: {
    flag: "--qos <level>",
    environment: "MQTT_QOS",
    description: "QoS of MCP messages: auto, 0, 1 or 2",
    kind: oneOf<"auto" | 0 | 1 | 2>([["auto", "auto"], ["0", 0], ["1", 1], ["2", 2]]),
    fallback: "auto",
  },
  keepAlive: {
    flag: "--keepalive <seconds>",
    environment: "MQTT_KEEPALIVE",
    description: "longest silence before the broker is asked for a sign of life; 0 for never",
    kind: wholeNumber(0, 65_535),
    fallback: "60",
  },
  ca: {
    flag: "--ca <file>",
    environment: "MQTT_CA",
    description: "PEM file of the certificates to trust, instead of the system's",
    kind: text,
  },
  cert: {
    flag: "--cert <file>",
    environment: "MQTT_CERT",
    description: "PEM file of the client certificate, for mutual TLS",
    kind: text,
  },
  key: {
    flag: "--key <file>",
    environment: "MQTT_KEY",
    description: "file of a private key: that of the client certificate (PEM), or one that seals sessions (key new)",
    kind: text,
  },
  keyCommand: {
    flag: "--key-command <command>",
    environment: "MQTT_KEY_COMMAND",
    description: "command that prints what the file of --key would hold, run once",
    kind: text,
  },
  tlsKey: {
    flag: "--tls-key <file>",
    environment: "MQTT_TLS_KEY",
    description: "PEM file of the client certificate's private key, when --key seals sessions",
    kind: text,
  },
  tlsServername: {
    flag: "--tls-servername <name>",
    environment: "MQTT_TLS_SERVERNAME",
    description: "name to expect in the broker's certificate, when it is not the URL's host",
    kind: text,
  },
  alpn: {
    flag: "--alpn <protocol>",
    environment: "MQTT_ALPN",
    description: "protocol to ask for in the TLS handshake, such as x-amzn-mqtt-ca for AWS IoT on port 443",
    kind: text,
  },
  headers: {
    flag: "--header <header>",
    environment: "MQTT_HEADER",
    description: 'header for websockets, such as "Authorization: Bearer @token.txt", where @ names a file',
    kind: linesOf(header),
    repeatable: "singly",
  },
  proxy: {
    flag: "--proxy <url>",
    environment: "MQTT_PROXY",
    description: "http:// or socks5:// proxy on the way to the broker; wss:// also uses HTTPS_PROXY, unless NO_PROXY",
    kind: proxyUrl,
  },
  insecureTls: {
    flag: "--insecure-tls",
    environment: "MQTT_INSECURE_TLS",
    description: "accept any certificate: whoever is in between can read and change everything",
    kind: onOff,
  },
  brokerPreset: {
    flag: "--broker-preset <name>",
    environment: "MQTT_BROKER_PRESET",
    description: `what is known of the broker: ${PRESET_NAMES.join(", ")}`,
    kind: oneText<string>(PRESET_NAMES),
    formerly: { flag: "--broker-profile", environment: "MQTT_BROKER_PROFILE" },
    fallback: "standard",
  },
  maxPacket: {
    flag: "--max-packet <bytes>",
    environment: "MQTT_MAX_PACKET",
    description: "largest packet the broker takes, when it does not say so itself",
    kind: bytes("1K", "256M"), // below, not even a presence gets through
  },
  mqttVersion: {
    flag: "--mqtt-version <version>",
    environment: "MQTT_VERSION",
    description: "5, 4 (which is 3.1.1), or auto: 5 unless the broker knows only 4",
    kind: oneOf<4 | 5 | undefined>([["auto", undefined], ["5", 5], ["4", 4]]),
    fallback: "auto",
  },
  userProperties: {
    flag: "--user-property <name=value>",
    environment: "MQTT_USER_PROPERTY",
    description: "user property of CONNECT and of all messages but sealed ones, for rules and traces of the broker",
    kind: userProperties,
    repeatable: "singly",
  },
};

const { keepAlive, tlsServername, insecureTls, brokerPreset, maxPacket, mqttVersion, userProperties: added } =
  BROKER_SETTINGS;

/** The options that can still be set when the broker, username and password come as credentials. */
export type ConnectionOptions = Pick<
  BrokerOptions,
  "keepAlive" | "tlsServername" | "insecureTls" | "brokerPreset" | "maxPacket" | "mqttVersion" | "userProperties"
>;

/** The settings of {@linkcode ConnectionOptions}. */
export const CONNECTION_SETTINGS: SettingsOf<ConnectionOptions> = {
  keepAlive,
  tlsServername,
  insecureTls,
  brokerPreset,
  maxPacket,
  mqttVersion,
  userProperties: added,
};
