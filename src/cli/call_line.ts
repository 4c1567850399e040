/**
 * The line by which somebody tries a server.
 *
 * @module
 */
import { BROKER_SETTINGS, flagName, isSwitch, type Settings } from "../config/mod.ts";
import { ADDRESS_SETTINGS } from "../wire/mod.ts";

/** What `call` needs too, where it was given to another command. A password is not repeated. */
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

/** A server, as another command knows it. */
export interface KnownServer {
  readonly name: string | undefined;
  readonly topic: string | undefined;
  /** The URL of its broker, without credentials. */
  readonly broker: string;
}

/** The command line that shows the tools of a server, with all that the flags of another command say of the way there. */
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

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
