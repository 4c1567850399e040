/**
 * The options for the address of a server, in all profiles.
 *
 * @module
 */
import { filled, oneText, serverName, type SettingsOf } from "../config/mod.ts";
import { MCP_OVER_MQTT_ADDRESS_SETTINGS, type McpOverMqttAddress } from "./mcp_over_mqtt/address.ts";
import { REQUEST_RESPONSE_ADDRESS_SETTINGS, type RequestResponseAddress } from "./request_response/address.ts";

/** The options for the address of a server. */
export interface AddressOptions extends RequestResponseAddress, McpOverMqttAddress {
  /** The server's name; its topics begin with `mcp/NAME`. */
  readonly name: string | undefined;
  /**
   * The wire profile: `request-response`, `mcp-over-mqtt` for the open convention, or `auto`. `auto` serves in all
   * profiles, and connects in the profile in which the server is found.
   *
   * @default {"auto"}
   */
  readonly profile: string;
}

/** A profile's names for the help. */
interface NamedProfile {
  readonly name: string;
  /** The usual name, if it differs from `name`. */
  readonly title?: string;
}

/** The settings of {@linkcode AddressOptions}, with the names of these profiles. */
export function addressSettings(profiles: readonly NamedProfile[]): SettingsOf<AddressOptions> {
  return {
    name: {
      flag: "--name <name>",
      environment: "MCP_MQTT_NAME",
      description: "the server's name, such as files or home/files; its topics begin with mcp/NAME",
      kind: filled(serverName, "later"),
    },
    profile: {
      flag: "--profile <name>",
      environment: "MCP_MQTT_PROFILE",
      description: `${profiles.map(titled).join(", ")}, or auto: all when serving, else what is found`,
      kind: oneText<string>([AUTO, ...profiles.map(({ name }) => name)]),
      fallback: AUTO,
    },
    ...MCP_OVER_MQTT_ADDRESS_SETTINGS,
    ...REQUEST_RESPONSE_ADDRESS_SETTINGS,
  };
}

/** The value of `profile` for all profiles that can be used. */
export const AUTO = "auto";

function titled({ name, title }: NamedProfile): string {
  return title === undefined ? name : `${name} (${title})`;
}
