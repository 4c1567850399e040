/**
 * The wire profiles by name, and the options that their two ends have unless a test says otherwise.
 *
 * @module
 */
import { CONNECT_SETTINGS, fromOptions, MESSAGE_SETTINGS, SERVE_SETTINGS } from "../../src/config/mod.ts";
import { type ClientOptions, PROFILES, type ServerOptions, type WireProfile } from "../../src/wire/mod.ts";

/** The profile of this name. */
export function profileNamed(name: string): WireProfile {
  const profile = PROFILES.find((profile) => profile.name === name);
  if (profile === undefined) throw new Error(`There is no profile ${name}`);
  return profile;
}

const COMMON = { clientInfo: { implementation: "test" }, qos: "auto", observe: () => {} } as const;

/** What the client side is told, besides the server's name. */
export const CLIENT_OPTIONS: Omit<ClientOptions, "serverName" | "clientId"> = {
  ...fromOptions({ ...CONNECT_SETTINGS, ...MESSAGE_SETTINGS }, {}),
  ...COMMON,
};

/** What the server side is told, besides its name and who takes its sessions. */
export const SERVER_OPTIONS: Omit<ServerOptions, "serverName" | "clientId" | "opened"> = {
  ...fromOptions({ ...SERVE_SETTINGS, ...MESSAGE_SETTINGS }, {}),
  ...COMMON,
};
