/**
 * The log of a process whose login must not be in it.
 *
 * @module
 */
import type { LOG_SETTINGS, Values } from "../config/mod.ts";
import { type Log, lossyOutput, redacting, startLog } from "../observe/mod.ts";
import type { OwnLogin } from "./own_login.ts";

/** Starts the log, at the level that the credentials ask for unless a flag says otherwise. */
export async function startLoginLog(
  login: OwnLogin,
  values: Values<typeof LOG_SETTINGS>,
  flags: Readonly<Record<string, unknown>>,
): Promise<Log> {
  const log = await startLog({
    level: flags.logLevel === undefined ? login.logLevel ?? values.logLevel : values.logLevel,
    format: values.logFormat,
    output: lossyOutput(Deno.stderr.writable),
  });
  const observe = redacting(log.observe, login.redact);
  for (const key of login.unknownKeys) observe({ type: "warning", text: `the credential ${key} means nothing here` });
  for (const text of login.broker.warnings) observe({ type: "warning", text });
  return { observe, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
}
