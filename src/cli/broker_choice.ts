/**
 * Choosing the broker, from flags and variables or from credentials by SMCP, and starting the log.
 *
 * @module
 */
import {
  type BrokerConfig,
  brokerConfig,
  type BrokerOptions,
  type MessageOptions,
  readBrokerFiles,
  type SmcpOptions,
} from "../config/mod.ts";
import { allOrProblems, UsageError } from "../core/usage_error.ts";
import { type ByteSource, ownInput } from "../stdio/mod.ts";
import type { OwnLogin } from "./own_login.ts";
import type { Observer, ProxyEvent } from "../core/events.ts";
import { redacting } from "../core/redaction.ts";
import { type Log, type LogOptions, startLog } from "../observe/mod.ts";

type ChoiceValues = BrokerOptions & SmcpOptions & LogOptions & MessageOptions;

/** The broker, and what a command needs with it. */
export interface BrokerChoice<T> {
  /** The other settings, from `readOthers`. */
  readonly others: T;
  readonly broker: BrokerConfig;
  /** The log. The warnings about the broker's settings are already in it. */
  readonly log: Log;
  /** Our stdin, after the handshake of SMCP if there was one. */
  readonly input: ByteSource;
}

/**
 * Chooses the broker, and starts the log.
 *
 * @param signal ends the wait for a host that sends no credentials
 * @param readOthers reads the other settings; their problems are reported together with those of the broker's settings
 * @throws {UsageError} when the settings contradict each other
 * @throws {Error} when no credentials came
 */
export async function chooseBroker<T>(
  values: ChoiceValues,
  flags: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  readOthers: () => T | Promise<T>,
): Promise<BrokerChoice<T>> {
  if (values.smcp) {
    const { ownLogin, refuseLoginFlags } = await import("./own_login.ts");
    refuseLoginFlags(flags);
    const others = await readOthers(); // first, so that nobody is asked for credentials in vain
    const login = await ownLogin(values, signal);
    return { others, broker: login.broker, log: startLoginLog(login, values, flags), input: login.input };
  }
  if (values.insecure) throw new UsageError(["--insecure replaces the handshake of --smcp: add --smcp, or remove it"]);
  const [others, broker] = await allOrProblems(
    readOthers,
    async () => brokerConfig(await readBrokerFiles(values, flags), flags),
  );
  return { others, broker, log: startBrokerLog(values, broker), input: ownInput() };
}

/** Starts the log, with the warnings about the broker's settings. */
export function startBrokerLog(values: LogOptions, { warnings }: BrokerConfig): Log {
  const log = startLog(values);
  for (const text of warnings) log.observe({ type: "warning", text });
  return log;
}

/** Starts the log. The level comes from the credentials, unless a flag sets it. */
export function startLoginLog(
  login: OwnLogin,
  values: LogOptions,
  flags: Readonly<Record<string, unknown>>,
): Log {
  const logLevel = flags.logLevel === undefined ? login.logLevel ?? values.logLevel : values.logLevel;
  const log = startLog({ ...values, logLevel });
  const observe = redacting(log.observe, login.redact);
  const misnamed = new Map<string, string>(login.misnamedKeys);
  for (const key of login.unknownKeys) {
    const meant = misnamed.get(key);
    if (meant !== undefined) observe({ type: "credential.misnamed", key, meant });
    else observe({ type: "warning", text: `the credential ${key} means nothing here` });
  }
  for (const text of login.broker.warnings) observe({ type: "warning", text });
  return { observe, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
}

/** Events that the final error message repeats. */
const REPEATED: readonly ProxyEvent["type"][] = ["broker.lost", "broker.refused", "subscription.refused"];

/** Leaves those events out of the log, unless its level is `info` or `debug`. */
export function withoutRepeatedCauses(observe: Observer, level: LogOptions["logLevel"]): Observer {
  if (level === "debug" || level === "info") return observe;
  return (event) => REPEATED.includes(event.type) ? undefined : observe(event);
}
