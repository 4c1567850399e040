/**
 * The flags that `config` passes on to `gateway`.
 *
 * @module
 */
import { flagName, isGiven, resolve, type Settings } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { readArguments } from "../arguments.ts";
import { CONNECT } from "../connect/command.ts";
import { GATEWAY } from "../gateway/command.ts";

/** The flags for `gateway`, and the values of those that come after `--`. */
export interface GatewayFlags {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly ownValues: Readonly<Record<string, unknown>>;
}

/**
 * The flags of `gateway`: those that it shares with `connect`, and all that come after `--`. Its own flags have to be
 * there, because some have the names of options of `config`. A flag after `--` wins over the same one before.
 *
 * @throws {UsageError} when an argument is not an option of `gateway`, or has a wrong value
 */
export function gatewayFlags(
  flags: Readonly<Record<string, unknown>>,
  operands: readonly string[],
): GatewayFlags {
  const settings: Settings = GATEWAY.settings;
  const foreign = Object.entries(CONNECT.settings as Settings)
    .filter(([name]) => flags[name] !== undefined && !(name in settings)).map(([, setting]) => flagName(setting));
  if (foreign.length > 0) throw new UsageError([`gateway has no ${foreign.join(", ")}: remove it`]);
  const own = readArguments(settings, operands);
  if (own === undefined || own.operands.length > 0) {
    throw new UsageError([`what comes behind -- are options of gateway, and "${operands.join(" ")}" are not`]);
  }
  const given = Object.fromEntries(Object.entries(own.flags).filter(([, flag]) => isGiven(flag)));
  const called = Object.fromEntries(Object.entries(settings).filter(([name]) => name in given));
  const ownValues = resolve(called, { flags: given, environment: () => undefined });
  const shared = Object.entries(flags).filter(([name]) => name in settings && name in CONNECT.settings);
  return { flags: { ...Object.fromEntries(shared), ...given }, ownValues };
}
