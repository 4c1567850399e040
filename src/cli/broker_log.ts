/**
 * The log of a process that has its broker from flags and variables.
 *
 * @module
 */
import type { BrokerConfig, LOG_SETTINGS, Values } from "../config/mod.ts";
import { type Log, startLog } from "../observe/mod.ts";

/** Starts the log, with what the user ought to know of the broker's settings. */
export async function startBrokerLog(
  { logLevel: level, logFormat: format }: Values<typeof LOG_SETTINGS>,
  { warnings }: BrokerConfig,
): Promise<Log> {
  const log = await startLog({ level, format });
  for (const text of warnings) log.observe({ type: "warning", text });
  return log;
}
