/**
 * The server and the tool in the operands of `call`.
 *
 * @module
 */
import { resolve, type Values } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { ADDRESS_SETTINGS } from "../../wire/mod.ts";
import type { CallSettings } from "./command.ts";

/** What is to be called. */
export interface Meant {
  readonly values: Values<CallSettings>;
  readonly tool: string | undefined;
  /** The arguments of the tool, not yet parsed. */
  readonly operands: readonly string[];
}

/**
 * Reads the operands. The first is the server, unless a flag names it.
 *
 * @throws {UsageError} when no server is named
 */
export function meant(
  values: Values<CallSettings>,
  flags: Readonly<Record<string, unknown>>,
  operands: readonly string[],
): Meant {
  const { name, serverName, topic } = flags;
  if (values.gateway) {
    if ((name ?? serverName ?? topic) !== undefined) {
      throw new UsageError(["--gateway is about all servers: remove it, or --name, --server-name and --topic"]);
    }
    const [tool, ...others] = operands;
    return { values: { ...values, name: "gateway", serverName: undefined, topic: undefined }, tool, operands: others };
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
