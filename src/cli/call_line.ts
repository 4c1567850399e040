/**
 * The command line to try a server.
 *
 * @module
 */
import { BROKER_SETTINGS, flagName, isSwitch, type Settings } from "../config/mod.ts";
import { ADDRESS_SETTINGS } from "../wire/mod.ts";

/**
 * Settings that `call` shares with other commands. Flags for these are repeated in its line, except the ones below. A
 * password must never be.
 */
const SHARED: Settings = { ...ADDRESS_SETTINGS, ...BROKER_SETTINGS };
const OWN: readonly string[] = [
  "name",
  "topic",
  "profile",
  "broker",
  "password",
  "clientId",
  "qos",
  "keepAlive",
  "maxPacket",
];

/** A server that another command has named. */
export interface KnownServer {
  readonly name: string | undefined;
  readonly topic: string | undefined;
  /** The URL of its broker, without credentials. */
  readonly broker: string;
}

/**
 * The command line that shows the tools of a server. It repeats the flags of another command that tell how to reach it.
 */
export function callLine({ name, topic, broker }: KnownServer, flags: Readonly<Record<string, unknown>>): string {
  const words = ["mcp-mqtt-proxy", "call"];
  if (topic !== undefined) words.push("--topic", topic);
  else if (name !== undefined) words.push(name);
  if (broker !== BROKER_SETTINGS.broker.fallback) words.push("--broker", broker);
  for (const [option, setting] of Object.entries(SHARED)) {
    const value = flags[option];
    if (value === undefined || OWN.includes(option)) continue;
    words.push(flagName(setting), ...(isSwitch(setting) ? [] : [value].flat().map(String)));
  }
  return words.map(quoted).join(" ");
}

/** A word, quoted for a POSIX shell if necessary. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
