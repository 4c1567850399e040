/**
 * The settings of `serve`.
 *
 * @module
 */
import { UsageError } from "../core/usage_error.ts";
import {
  bytes,
  jsonObject,
  oneOf,
  onOff,
  optionalText,
  seconds,
  secondsOrNone,
  texts,
  topicLevel,
  variableNames,
  wholeNumber,
} from "./schemas.ts";
import { setting, type Values } from "./setting.ts";

/** What `--restart` takes. */
export const RESTART_POLICIES = ["always", "on-failure", "never"] as const;

/** When a server process that exits by itself is followed by another. */
export type RestartPolicyName = (typeof RESTART_POLICIES)[number];

/** How sessions and their child processes are run. */
export const SERVE_SETTINGS = {
  config: setting({
    flag: "--config <file>",
    environment: "MCP_MQTT_CONFIG",
    description: "JSON file with an mcpServers object, as MCP hosts use: serves every entry under its own name",
    schema: optionalText,
  }),
  env: setting({
    flag: "--env <name=value...>",
    environment: "MCP_MQTT_ENV",
    description: "environment variable for the server process",
    schema: texts,
    repeatable: true,
  }),
  passEnv: setting({
    flag: "--pass-env <name...>",
    environment: "MCP_MQTT_PASS_ENV",
    description: "environment variable that the server process inherits",
    schema: variableNames,
    repeatable: true,
  }),
  cwd: setting({
    flag: "--cwd <directory>",
    environment: "MCP_MQTT_CWD",
    description: "working directory of the server process",
    schema: optionalText,
  }),
  description: setting({
    flag: "--description <text>",
    environment: "MCP_MQTT_DESCRIPTION",
    description: "what the server is good for, for those who look for one",
    schema: optionalText,
  }),
  meta: setting({
    flag: "--meta <json>",
    environment: "MCP_MQTT_META",
    description: "what else is to be known of the server, as a JSON object; part of its presence",
    schema: jsonObject,
  }),
  share: setting({
    flag: "--share <group>",
    environment: "MCP_MQTT_SHARE",
    description: "several serve processes of one group share the clients between them",
    schema: topicLevel,
    fallback: "mcp",
  }),
  noShare: setting({
    flag: "--no-share",
    environment: "MCP_MQTT_NO_SHARE",
    description: "no shared subscription; clients then choose an instance themselves",
    schema: onOff,
  }),
  prewarm: setting({
    flag: "--prewarm <count>",
    environment: "MCP_MQTT_PREWARM",
    description: "server processes kept ready for new sessions",
    schema: wholeNumber(0, 1_000),
    fallback: "0",
  }),
  maxSessions: setting({
    flag: "--max-sessions <count>",
    environment: "MCP_MQTT_MAX_SESSIONS",
    description: "sessions, and so server processes, at a time",
    schema: wholeNumber(1, 100_000),
    fallback: "64",
  }),
  maxPending: setting({
    flag: "--max-pending <count>",
    environment: "MCP_MQTT_MAX_PENDING",
    description: "requests of one session that may wait for their answers",
    schema: wholeNumber(1, 1_000_000),
    fallback: "1024",
  }),
  restart: setting({
    flag: "--restart <policy>",
    environment: "MCP_MQTT_RESTART",
    description: "whether a server process that exits by itself is followed by another: always, on-failure or never",
    schema: oneOf(RESTART_POLICIES),
    fallback: "always",
  }),
  drain: setting({
    flag: "--drain <seconds>",
    environment: "MCP_MQTT_DRAIN",
    description: "how long running requests may take to end when serve is asked to end",
    schema: secondsOrNone(),
    fallback: "5",
  }),
  sessionExpiry: setting({
    flag: "--session-expiry <seconds>",
    environment: "MCP_MQTT_SESSION_EXPIRY",
    description: "how long the session of a client that has lost its connection waits for it; 0 for ever",
    schema: seconds(),
    fallback: "15",
  }),
  idleTimeout: setting({
    flag: "--idle-timeout <seconds>",
    environment: "MCP_MQTT_IDLE_TIMEOUT",
    description: "a session without a message for this long is ended; 0 for never",
    schema: seconds(),
    fallback: "3600",
  }),
};

/** Limits of both ends. */
export const MESSAGE_SETTINGS = {
  maxMessage: setting({
    flag: "--max-message <bytes>",
    environment: "MCP_MQTT_MAX_MESSAGE",
    description: "longest MCP message",
    schema: bytes(),
    fallback: "64M",
  }),
};

/** Whether this is more likely to be a name than a secret. */
function isVariableName(text: string): boolean {
  return /^[A-Z_][A-Z0-9_]*$/.test(text);
}

/**
 * Reads `NAME=VALUE` settings.
 *
 * @throws {UsageError} when one has no name or no `=`
 */
export function environmentOf({ env }: Values<typeof SERVE_SETTINGS>): Record<string, string> {
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
