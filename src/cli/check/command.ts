/** `check`: its options and its help. @module */
import {
  AUTHORIZED_KEY_SETTINGS,
  BROKER_SETTINGS,
  KNOWN_SERVER_SETTINGS,
  oneText,
  onOff,
  SERVE_SETTINGS,
  type SettingsOf,
} from "../../config/mod.ts";
import { ADDRESS_SETTINGS } from "../../wire/mod.ts";
import type { CommandDeclaration } from "../command.ts";

/** What is checked, and how it is shown. */
interface CheckOptions {
  readonly role: "serve" | "connect" | "tools" | "both";
  readonly json: boolean;
}

const CHECK_SETTINGS: SettingsOf<CheckOptions> = {
  role: {
    flag: "--role <command>",
    description: "which command is to work here: serve, connect, tools, or both serve and connect",
    kind: oneText(["serve", "connect", "tools", "both"]),
    fallback: "both",
  },
  json: {
    flag: "--json",
    description: "for programs",
    kind: onOff,
  },
};

const sealing = { ...KNOWN_SERVER_SETTINGS, ...AUTHORIZED_KEY_SETTINGS };
const { closedTopic } = SERVE_SETTINGS;
const server = { ...ADDRESS_SETTINGS, closedTopic };
const settings = { ...CHECK_SETTINGS, ...server, ...sealing, ...BROKER_SETTINGS };

/** The settings of `check`. */
export type CheckSettings = typeof settings;

/** The command `check`. */
export const CHECK: CommandDeclaration<CheckSettings> = {
  summary: "connect to a broker, and report what it offers and what would go wrong",
  description:
    "Connects to a broker and reports what it offers, how fast it is, and whether it allows the topics that " +
    "the other commands use for the server of that name, in words that say what it means. The exit code is 0 when what " +
    "was asked for will work. Nothing that it sends stays behind, and nothing reaches a server but, with the server's " +
    "key, a handshake that starts nothing: it tells whether sessions can be sealed.",
  examples: [
    ["mcp-mqtt-proxy check", "the broker on this machine"],
    [
      "mcp-mqtt-proxy check --broker mqtts://broker.example.com --username me --password-file ./password --name files",
      "whether this user may serve and reach the server called files",
    ],
    [
      "mcp-mqtt-proxy check --name files --key me.key --server-key mcp1...",
      "whether that server would open a sealed session for you",
    ],
    ["mcp-mqtt-proxy check --role connect --profile mcp-over-mqtt --server-name demo/echo", "for a client only"],
  ],
  groups: { "Check:": CHECK_SETTINGS, "Server:": server, "Sealing:": sealing, "Broker:": BROKER_SETTINGS },
  settings,
  common: ["role", "json", "name", "broker", "username", "passwordFile", "ca"],
};
