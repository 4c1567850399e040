/**
 * What says where on the broker a server is, in every profile.
 *
 * @module
 */
import { filled, oneText, serverName, type SettingsOf } from "../config/mod.ts";
import { MCP_OVER_MQTT_ADDRESS_SETTINGS, type McpOverMqttAddress } from "./mcp_over_mqtt/address.ts";
import { REQUEST_RESPONSE_ADDRESS_SETTINGS, type RequestResponseAddress } from "./request_response/address.ts";

/** Where a server is. */
export interface AddressOptions extends RequestResponseAddress, McpOverMqttAddress {
  /** The server's name; its topics begin with `mcp/NAME`. */
  readonly name: string | undefined;
  /**
   * How MCP lies on the topics: `request-response`, `mcp-over-mqtt` for the open convention, or `auto`: all of them
   * when serving, and whichever a server is found in when reaching one.
   *
   * @default {"auto"}
   */
  readonly profile: string;
}

/** What the help says of a profile. */
interface NamedProfile {
  readonly name: string;
  /** What people call it, where that is something else. */
  readonly title?: string;
}

/** The settings of {@linkcode AddressOptions}, with the profiles that there are. */
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

/** The `profile` that stands for all that can be used. */
export const AUTO = "auto";

function titled({ name, title }: NamedProfile): string {
  return title === undefined ? name : `${name} (${title})`;
}
