/**
 * The settings of `gateway`.
 *
 * @module
 */
import {
  CLOSED_TOPIC,
  listOf,
  oneText,
  onOff,
  seconds,
  type SettingsOf,
  textWithout,
  wholeNumber,
} from "../../config/mod.ts";
import { metaPairProblem, serverFilterProblem } from "./servers/server_filter.ts";
import { toolPatternProblem, type ToolPolicyOptions } from "./host/tool_policy.ts";

/** A text, or the problem with it and the text itself. */
const checked = (problem: (text: string) => string | undefined) =>
  textWithout((text) => {
    const wrong = problem(text);
    return wrong === undefined ? undefined : `${wrong}; it is "${text}"`;
  });

/** Which servers are offered. */
export interface FleetOptions {
  /** Filters of names with `+` and `#`, as of topics; all servers when there are none. */
  readonly names: readonly string[];
  /** `KEY=VALUE` that the presence of a server has to have, all of them. */
  readonly meta: readonly string[];
}

/** The settings of {@linkcode FleetOptions}. */
export const FLEET_SETTINGS: SettingsOf<FleetOptions> = {
  names: {
    flag: "--names <filter...>",
    environment: "MCP_MQTT_NAMES",
    description: "only servers whose names match one of these filters, such as home/+ or plant/#",
    kind: listOf(checked(serverFilterProblem)),
    repeatable: true,
  },
  meta: {
    flag: "--meta <key=value...>",
    environment: "MCP_MQTT_META_FILTER",
    description: "only servers with this metadata in their presence, such as room=attic",
    kind: listOf(checked(metaPairProblem)),
    repeatable: true,
  },
};

/** What a host sees of them. */
export interface FaceOptions {
  /**
   * `tools`: the tools of all servers as they are; `search`: a handful of tools that find and call them; `auto`: what the
   * size of the list of tools suggests.
   *
   * @default {"auto"}
   */
  readonly mode: "auto" | "tools" | "search";
  /** How many tokens the list of tools may have in the mode `auto`. @default {10000} */
  readonly toolTokens: number;
}

/** The settings of {@linkcode FaceOptions}. */
export const FACE_SETTINGS: SettingsOf<FaceOptions> = {
  mode: {
    flag: "--mode <name>",
    environment: "MCP_MQTT_MODE",
    description: "tools: all tools as they are; search: tools that find and call them; auto: by the size of their list",
    kind: oneText(["auto", "tools", "search"]),
    fallback: "auto",
  },
  toolTokens: {
    flag: "--tool-tokens <count>",
    environment: "MCP_MQTT_TOOL_TOKENS",
    description: "how many tokens the list of tools may have before --mode auto switches to search",
    kind: wholeNumber(0, 1_000_000_000),
    fallback: "10000",
  },
};

/** How sessions with the servers are kept. */
export interface PoolOptions {
  /** After how long without use a session is ended, in ms; 0 for never. @default {600000} */
  readonly idleTimeout: number;
  /** Sessions at a time that need a connection of their own, as those of the open convention do. @default {64} */
  readonly maxConnections: number;
  /** Where the broker says that the gateway is gone; every `serve` listens there. @default {"mcp/closed/{client}"} */
  readonly closedTopic: string;
}

/** The settings of {@linkcode PoolOptions}. */
export const POOL_SETTINGS: SettingsOf<PoolOptions> = {
  idleTimeout: {
    flag: "--idle-timeout <seconds>",
    environment: "MCP_MQTT_IDLE_TIMEOUT",
    description: "end the session with a server that has been unused for this long; 0 for never",
    kind: seconds,
    fallback: "600",
  },
  maxConnections: {
    flag: "--max-connections <count>",
    environment: "MCP_MQTT_MAX_CONNECTIONS",
    description: "most sessions of the open convention at a time, each of which takes a connection to the broker",
    kind: wholeNumber(1, 10_000),
    fallback: "64",
  },
  closedTopic: CLOSED_TOPIC,
};

/** The settings of {@linkcode ToolPolicyOptions}. */
export const TOOL_POLICY_SETTINGS: SettingsOf<ToolPolicyOptions> = {
  allowTool: {
    flag: "--allow-tool <pattern...>",
    environment: "MCP_MQTT_ALLOW_TOOL",
    description: "only tools that match one of these SERVER/TOOL patterns, where * stands for any characters",
    kind: listOf(checked(toolPatternProblem)),
    repeatable: true,
  },
  denyTool: {
    flag: "--deny-tool <pattern...>",
    environment: "MCP_MQTT_DENY_TOOL",
    description: "never a tool that matches one of these SERVER/TOOL patterns",
    kind: listOf(checked(toolPatternProblem)),
    repeatable: true,
  },
  readOnly: {
    flag: "--read-only",
    environment: "MCP_MQTT_READ_ONLY",
    description: "only tools whose annotations say that they change nothing",
    kind: onOff,
  },
  confirm: {
    flag: "--confirm",
    environment: "MCP_MQTT_CONFIRM_TOOLS",
    description: "ask the user before calling a tool whose annotations do not rule out that it is destructive",
    kind: onOff,
  },
};
