/**
 * Settings of the client: how it reaches a server on a broker.
 *
 * @module
 */
import { clientId, oneText, onOff, seconds, secondsOrAuto } from "./kinds.ts";
import { filled } from "./placeholders.ts";
import type { SettingsOf } from "./setting.ts";

/** How a server on a broker is reached. */
export interface ConnectOptions {
  /**
   * How long a request waits for broker and server before it is answered with an error, in ms; 0 for no limit.
   *
   * @default {10000}
   */
  readonly connectTimeout: number;
  /**
   * How long the server may take to answer a request, in ms; 0 for no limit. By default there is no limit while the
   * server is known to be online. If that cannot be known, the limit is 1 to 10 minutes, depending on the method.
   */
  readonly timeout: number | undefined;
  /** How long to wait for a server that has lost its connection, in ms; 0 for no limit. @default {5000} */
  readonly sessionExpiry: number;
  /** Which of several instances of a server to use, if the broker does not choose one. @default {"random"} */
  readonly pick: "random" | "first";
  /** The MQTT client id of the only instance to use, in the open convention. */
  readonly serverId: string | undefined;
  /** Whether to assume that the server is online, without discovery. @default {false} */
  readonly noDiscovery: boolean;
}

/** The settings of {@linkcode ConnectOptions}. */
export const CONNECT_SETTINGS: SettingsOf<ConnectOptions> = {
  connectTimeout: {
    flag: "--connect-timeout <seconds>",
    environment: "MCP_MQTT_CONNECT_TIMEOUT",
    description: "how long a request waits for broker and server before it is answered with an error",
    kind: seconds,
    fallback: "10",
  },
  timeout: {
    flag: "--timeout <seconds>",
    environment: "MCP_MQTT_TIMEOUT",
    description:
      "how long the server may take to answer a request; 0 for no limit, auto: as long as it is known to be there",
    kind: secondsOrAuto,
    fallback: "auto",
  },
  sessionExpiry: {
    flag: "--session-expiry <seconds>",
    environment: "MCP_MQTT_SESSION_EXPIRY",
    description: "how long to wait for a server that has lost its connection, before another is taken; 0 for no limit",
    kind: seconds,
    fallback: "5",
  },
  pick: {
    flag: "--pick <how>",
    environment: "MCP_MQTT_PICK",
    description: "which of several instances of the server to speak to: random or first",
    kind: oneText(["random", "first"]),
    fallback: "random",
  },
  serverId: {
    flag: "--server-id <id>",
    environment: "MCP_MQTT_SERVER_ID",
    description: "the one instance to speak to in the open convention, by its MQTT client id",
    kind: filled(clientId),
  },
  noDiscovery: {
    flag: "--no-discovery",
    environment: "MCP_MQTT_NO_DISCOVERY",
    description: "do not look for servers, assume that one is there",
    kind: onOff,
  },
};
