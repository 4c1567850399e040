/**
 * How `serve` runs sessions and their server processes.
 *
 * @module
 */
import { CLOSED_TOPIC } from "./closed_topic.ts";
import { UsageError } from "../core/usage_error.ts";
import {
  jsonObject,
  listOf,
  oneText,
  onOff,
  seconds,
  secondsOrAuto,
  secondsOrNone,
  text,
  topicLevel,
  variableName,
  wholeNumber,
} from "./kinds.ts";
import { filled } from "./placeholders.ts";
import type { SettingsOf } from "./setting.ts";

/** When a server process that has exited by itself is restarted. */
export type RestartPolicyName = ServeOptions["restart"];

/** How sessions and their server processes are run. */
export interface ServeOptions {
  /** A file with an `mcpServers` object. Every entry is served. */
  readonly config: string | undefined;
  /** Variables for the server process, as `NAME=VALUE`. */
  readonly env: readonly string[];
  /** Names of variables of our own environment that the server process inherits. */
  readonly passEnv: readonly string[];
  /** Working directory of the server process. */
  readonly cwd: string | undefined;
  /** The purpose of the server, in a sentence. */
  readonly description: string | undefined;
  /** Further metadata of the server, part of its presence message. */
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  /** Group of the shared subscription. */
  readonly share: string;
  /** Whether to do without the shared subscription. */
  readonly noShare: boolean;
  /**
   * The topic where clients with sessions at many servers announce that they are gone; `{client}` stands for the client
   * id.
   */
  readonly closedTopic: string;
  /** How many server processes are started in advance. */
  readonly prewarm: number;
  /** Maximum number of sessions, and so of server processes, at a time. */
  readonly maxSessions: number;
  /** Maximum number of sessions of one client id at a time. */
  readonly maxSessionsPerClient: number;
  /** Maximum number of pending requests of one session. */
  readonly maxPending: number;
  /** Whether a server process that has exited by itself is restarted. */
  readonly restart: "always" | "on-failure" | "never";
  /** How long pending requests may still take after `serve` is asked to end, in ms. */
  readonly drain: number;
  /** How long a session waits for a client that has lost its connection, in ms. */
  readonly sessionExpiry: number;
  /**
   * After this time without a message, a session is ended, in ms; 0 for never. By default after an hour, or never if
   * the client's will announces its end.
   */
  readonly idleTimeout: number | undefined;
}

/** The settings of {@linkcode ServeOptions}. */
export const SERVE_SETTINGS: SettingsOf<ServeOptions> = {
  config: {
    flag: "--config <file>",
    environment: "MCP_MQTT_CONFIG",
    description: "JSON file with an mcpServers object, as MCP hosts use: serves every entry under its own name",
    kind: text,
  },
  env: {
    flag: "--env <name=value...>",
    environment: "MCP_MQTT_ENV",
    description: "environment variable for the server process",
    kind: listOf(text),
    repeatable: true,
  },
  passEnv: {
    flag: "--pass-env <name...>",
    environment: "MCP_MQTT_PASS_ENV",
    description: "environment variable that the server process inherits",
    kind: listOf(variableName),
    repeatable: true,
  },
  cwd: {
    flag: "--cwd <directory>",
    environment: "MCP_MQTT_CWD",
    description: "working directory of the server process",
    kind: text,
  },
  description: {
    flag: "--description <text>",
    environment: "MCP_MQTT_DESCRIPTION",
    description: "what the server is good for, for those who look for one",
    kind: text,
  },
  meta: {
    flag: "--meta <json>",
    environment: "MCP_MQTT_META",
    description: "what else is to be known of the server, as a JSON object; part of its presence",
    kind: jsonObject,
  },
  share: {
    flag: "--share <group>",
    environment: "MCP_MQTT_SHARE",
    description: "several serve processes of one group share the clients between them",
    kind: filled(topicLevel),
    fallback: "mcp",
  },
  noShare: {
    flag: "--no-share",
    environment: "MCP_MQTT_NO_SHARE",
    description: "no shared subscription; clients then choose an instance themselves",
    kind: onOff,
  },
  closedTopic: CLOSED_TOPIC,
  prewarm: {
    flag: "--prewarm <count>",
    environment: "MCP_MQTT_PREWARM",
    description: "server processes kept ready for new sessions",
    kind: wholeNumber(0, 1_000),
    fallback: "0",
  },
  maxSessions: {
    flag: "--max-sessions <count>",
    environment: "MCP_MQTT_MAX_SESSIONS",
    description: "sessions, and so server processes, at a time",
    kind: wholeNumber(1, 100_000),
    fallback: "64",
  },
  maxSessionsPerClient: {
    flag: "--max-sessions-per-client <count>",
    environment: "MCP_MQTT_MAX_SESSIONS_PER_CLIENT",
    description: "sessions of one client id at a time; requesters without one count as one client",
    kind: wholeNumber(1, 100_000),
    fallback: "16",
  },
  maxPending: {
    flag: "--max-pending <count>",
    environment: "MCP_MQTT_MAX_PENDING",
    description: "requests of one session that may wait for their answers",
    kind: wholeNumber(1, 1_000_000),
    fallback: "1024",
  },
  restart: {
    flag: "--restart <policy>",
    environment: "MCP_MQTT_RESTART",
    description: "whether a server process that exits by itself is followed by another: always, on-failure or never",
    kind: oneText(["always", "on-failure", "never"]),
    fallback: "always",
  },
  drain: {
    flag: "--drain <seconds>",
    environment: "MCP_MQTT_DRAIN",
    description: "how long running requests may take to end when serve is asked to end",
    kind: secondsOrNone,
    fallback: "5",
  },
  sessionExpiry: {
    flag: "--session-expiry <seconds>",
    environment: "MCP_MQTT_SESSION_EXPIRY",
    description: "how long the session of a client that has lost its connection waits for it; 0 for no limit",
    kind: seconds,
    fallback: "15",
  },
  idleTimeout: {
    flag: "--idle-timeout <seconds>",
    environment: "MCP_MQTT_IDLE_TIMEOUT",
    description:
      "a session without a message for this long is ended; 0 for never, auto: 3600, but never in the open convention",
    kind: secondsOrAuto,
    fallback: "auto",
  },
};

/** Whether a text is more likely to be the name of a variable than a secret. */
function isVariableName(text: string): boolean {
  return /^[A-Z_][A-Z0-9_]*$/.test(text);
}

/**
 * Reads `NAME=VALUE` settings.
 *
 * @throws {UsageError} when one has no name or no `=`
 */
export function environmentOf({ env }: ServeOptions): Record<string, string> {
  const problems: string[] = [];
  const variables: Record<string, string> = {};
  for (const text of env) {
    const equals = text.indexOf("=");
    if (equals > 0) variables[text.slice(0, equals)] = text.slice(equals + 1);
    else problems.push(`--env must be NAME=VALUE; it is ${isVariableName(text) ? `only "${text}"` : "something else"}`);
  }
  if (problems.length > 0) throw new UsageError(problems);
  return variables;
}
