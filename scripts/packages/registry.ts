/**
 * The entry in the registry of MCP servers.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };
import { PROGRAM } from "../support/executable.ts";
import { REGISTRY_NAME, REPOSITORY, REPOSITORY_URL, SUMMARY } from "../support/identity.ts";

/** What `connect` has to know. */
const VARIABLES = [
  {
    ...{ name: "MQTT_URL", isRequired: true, default: "mqtt://127.0.0.1:1883" },
    description: "URL of the MQTT broker: mqtt://, mqtts://, ws:// or wss://",
  },
  {
    ...{ name: "MCP_MQTT_NAME", isRequired: true, placeholder: "home/files" },
    description: "Name of the MCP server, as `mcp-mqtt-proxy list` shows it",
  },
  { name: "MQTT_USERNAME", description: "User to log in to the broker as, if it wants one" },
  { name: "MQTT_PASSWORD", isSecret: true, description: "Password of that user" },
];

const CONNECT = {
  transport: { type: "stdio" },
  packageArguments: [{ type: "positional", value: "connect" }],
};

/**
 * `server.json`. It names packages that fit every system: of an MCP bundle, which is for one system, the registry does
 * not say for which.
 */
export function registryEntry(): unknown {
  const { version } = metadata;
  return {
    $schema: "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
    name: REGISTRY_NAME,
    title: "MCP over MQTT",
    description: SUMMARY,
    version,
    websiteUrl: REPOSITORY_URL,
    repository: { url: REPOSITORY_URL, source: "github" },
    packages: [
      {
        ...{ registryType: "npm", registryBaseUrl: "https://registry.npmjs.org", identifier: PROGRAM, version },
        ...{ runtimeHint: "npx", ...CONNECT, environmentVariables: VARIABLES },
      },
      {
        ...{ registryType: "oci", identifier: `ghcr.io/${REPOSITORY.toLowerCase()}:${version}` },
        ...{ runtimeHint: "docker", ...CONNECT, environmentVariables: VARIABLES },
      },
    ],
  };
}
