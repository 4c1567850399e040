/**
 * The server and the tool in the operands of `call`.
 *
 * @module
 */
import {
  CONNECT_SETTINGS,
  flagName,
  isGiven,
  KNOWN_SERVER_SETTINGS,
  resolve,
  type Setting,
  type Values,
} from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { ADDRESS_SETTINGS } from "../../wire/mod.ts";
import type { CallSettings } from "./command.ts";

/** What is to be called. */
export interface CallTarget {
  readonly values: Values<CallSettings>;
  readonly tool: string | undefined;
  /** The arguments of the tool, not yet parsed. */
  readonly operands: readonly string[];
}

const { profile: _, topicPrefix: __, ...place } = ADDRESS_SETTINGS;
const { serverId, noDiscovery } = CONNECT_SETTINGS;
const { serverKey } = KNOWN_SERVER_SETTINGS;

/** The settings that are about one server, apart from its key. */
const ONE_SERVER = { ...place, serverId, noDiscovery };

/** No server in particular. With the gateway, variables that name one are ignored, as where an operand names another. */
const NO_SERVER = resolve(ONE_SERVER, { flags: {}, environment: () => undefined });

/**
 * Reads the operands. The first is the server, unless a flag names it.
 *
 * @throws {UsageError} when no server is named, or one is although the gateway is meant
 */
export function callTarget(
  values: Values<CallSettings>,
  flags: Readonly<Record<string, unknown>>,
  operands: readonly string[],
): CallTarget {
  const { name, serverName, topic } = flags;
  if (values.gateway) {
    refuseOneServer(values, flags);
    const [tool, ...others] = operands;
    return { values: { ...values, ...NO_SERVER, name: "gateway" }, tool, operands: others };
  }
  const named = (name ?? serverName ?? topic) !== undefined;
  const [first, ...others] = operands;
  if (named || first === undefined) {
    if (!named && (values.name ?? values.serverName ?? values.topic) === undefined) {
      throw new UsageError([
        "say which server is meant: mcp-mqtt-proxy call NAME; `mcp-mqtt-proxy list` shows the names that there are",
      ]);
    }
    return { values, tool: first, operands: others };
  }
  const operand = resolve({ name: ADDRESS_SETTINGS.name }, { flags: { name: first }, environment: () => undefined });
  const [tool, ...rest] = others;
  // The operand names the server, so environment variables that name another one are ignored.
  return { values: { ...values, ...operand, serverName: undefined, topic: undefined }, tool, operands: rest };
}

/** Refuses what is about one server, where the gateway is meant. Without its key, a session would not be sealed. */
function refuseOneServer(values: Values<CallSettings>, flags: Readonly<Record<string, unknown>>): void {
  const problems: string[] = [];
  if (values.serverKey !== undefined) {
    const source = isGiven(flags.serverKey) ? "" : ` (from ${serverKey.environment})`;
    problems.push(
      `--gateway takes the keys of servers from --known-servers: remove ${flagName(serverKey)}${source}`,
    );
  }
  const given = Object.entries<Setting>(ONE_SERVER).filter(([name]) => isGiven(flags[name])).map(([, one]) =>
    flagName(one)
  );
  if (given.length > 0) problems.push(`--gateway is about all servers: remove it, or ${given.join(", ")}`);
  if (problems.length > 0) throw new UsageError(problems);
}
