/**
 * Which broker is meant: by flags and variables, or by credentials that come by SMCP.
 *
 * @module
 */
import {
  type BROKER_SETTINGS,
  type BrokerConfig,
  brokerConfig,
  type LOG_SETTINGS,
  readBrokerFiles,
  type SMCP_SETTINGS,
  type Values,
} from "../config/mod.ts";
import { UsageError } from "../core/usage_error.ts";
import { type Log, startLog } from "../observe/mod.ts";
import { type ByteSource, ownInput } from "../stdio/mod.ts";
import { startLoginLog } from "./login_log.ts";
import { ownLogin, refuseLoginFlags } from "./own_login.ts";

type ChoiceValues = Values<typeof BROKER_SETTINGS & typeof SMCP_SETTINGS & typeof LOG_SETTINGS> & {
  readonly maxMessage: number;
};

/** The broker, and what is to be used from now on. */
export interface BrokerChoice {
  readonly broker: BrokerConfig;
  /** The log, in which what the user ought to know of the broker's settings is already. */
  readonly log: Log;
  /** Our stdin, from where nobody has read yet. */
  readonly input: ByteSource;
}

/**
 * Finds out which broker is meant, and starts the log.
 *
 * @param signal ends the wait for a host that has no credentials to give
 * @throws {UsageError} when the settings contradict each other
 * @throws {Error} when no credentials came
 */
export async function chooseBroker(
  values: ChoiceValues,
  flags: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<BrokerChoice> {
  if (values.smcp) {
    refuseLoginFlags(flags);
    const login = await ownLogin(values, signal);
    return { broker: login.broker, log: await startLoginLog(login, values, flags), input: login.input };
  }
  if (values.insecure) throw new UsageError(["--insecure replaces the handshake of --smcp: add --smcp, or remove it"]);
  const broker = brokerConfig(await readBrokerFiles(values), flags);
  const log = await startLog({ level: values.logLevel, format: values.logFormat });
  for (const text of broker.warnings) log.observe({ type: "warning", text });
  return { broker, log, input: ownInput() };
}
