/**
 * Which server and which tool `call` was asked for.
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
  /** What the arguments of the tool are made of. */
  readonly operands: readonly string[];
}

/**
 * What the operands mean: the first is the server, unless flags say which server that is.
 *
 * @throws {UsageError} when nothing says so
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
  // What variables say of the server is about another one.
  return { values: { ...values, ...operand, serverName: undefined, topic: undefined }, tool, operands: rest };
}
