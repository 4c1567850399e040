/**
 * MCP bundles: a double click installs one in Claude Desktop, which asks for what its `user_config` names.
 *
 * One for each system: a bundle may tell systems apart, but not architectures.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };
import { PROGRAM, programName } from "../support/executable.ts";
import { REPOSITORY, REPOSITORY_URL } from "../support/identity.ts";
import { DOCUMENTS, stage } from "./staging.ts";
import { NODE_SYSTEMS, type Target } from "./targets.ts";
import { zip } from "./zip.ts";

/** One thing to ask the user for, and the variable that the answer goes into. */
interface Question {
  readonly variable: string;
  readonly type: "string" | "boolean" | "file";
  readonly title: string;
  readonly description: string;
  readonly required?: boolean;
  readonly sensitive?: boolean;
  readonly default?: string | boolean;
}

/** A bundle: a command of the program, and what it has to know. */
interface Bundle {
  readonly displayName: string;
  readonly description: string;
  readonly args: readonly string[];
  readonly questions: Readonly<Record<string, Question>>;
}

// Whatever is optional has a default: a host leaves `${user_config.…}` as it is where there is no value.
const BUNDLES: Readonly<Record<string, Bundle>> = {
  connect: {
    displayName: "MCP server over MQTT",
    description: "Reaches an MCP server that runs elsewhere, over an MQTT broker",
    args: ["connect"],
    questions: {
      broker: {
        ...{ variable: "MQTT_URL", type: "string", title: "Broker", required: true, default: "mqtt://127.0.0.1:1883" },
        description: "URL of the MQTT broker: mqtt://, mqtts://, ws:// or wss://",
      },
      name: {
        ...{ variable: "MCP_MQTT_NAME", type: "string", title: "Server", required: true },
        description: "Name of the MCP server, as `mcp-mqtt-proxy list` shows it",
      },
      username: {
        ...{ variable: "MQTT_USERNAME", type: "string", title: "User", default: "" },
        description: "User to log in to the broker as, if it wants one",
      },
      password: {
        ...{ variable: "MQTT_PASSWORD", type: "string", title: "Password", sensitive: true, default: "" },
        description: "Password of that user",
      },
    },
  },
  tools: {
    displayName: "MQTT",
    description: "Gives an agent MQTT: publish, subscribe, read retained messages, request, list topics",
    args: ["tools", "--insecure"],
    questions: {
      broker: {
        ...{ variable: "MQTT_BROKER", type: "string", title: "Broker", required: true, default: "127.0.0.1" },
        description: "Host name of the MQTT broker, or its URL: mqtt://, mqtts://, ws:// or wss://",
      },
      username: {
        ...{ variable: "MQTT_USER", type: "string", title: "User", default: "" },
        description: "User to log in to the broker as, if it wants one",
      },
      password: {
        ...{ variable: "MQTT_PASS", type: "string", title: "Password", sensitive: true, default: "" },
        description: "Password of that user",
      },
      read_only: {
        ...{ variable: "MCP_MQTT_READ_ONLY", type: "boolean", title: "Read only", default: true },
        description: "Leave out the tools that publish",
      },
    },
  },
};

/** Packs a bundle of each kind with the executable for `target`. */
export async function packBundles(target: Target, executable: string, output: string): Promise<void> {
  const program = `server/${programName(target)}`;
  for (const [name, bundle] of Object.entries(BUNDLES)) {
    await using staged = await stage({
      ...DOCUMENTS,
      "manifest.json": { text: `${JSON.stringify(manifest(name, bundle, target, program), null, 2)}\n` },
      [program]: { copy: executable, executable: true },
    });
    await zip(staged.path, `${output}/${PROGRAM}-${name}-${target}.mcpb`);
  }
}

function manifest(name: string, bundle: Bundle, target: Target, program: string): unknown {
  const { displayName, description, args, questions } = bundle;
  const asked = Object.entries(questions);
  const [owner = ""] = REPOSITORY.split("/");
  return {
    manifest_version: "0.3",
    name: `${PROGRAM}-${name}`,
    display_name: displayName,
    version: metadata.version,
    description,
    author: { name: owner, url: `https://github.com/${owner}` },
    repository: { type: "git", url: `${REPOSITORY_URL}.git` },
    documentation: `${REPOSITORY_URL}#readme`,
    support: `${REPOSITORY_URL}/issues`,
    license: metadata.license,
    keywords: ["mqtt"],
    server: {
      type: "binary",
      entry_point: program,
      mcp_config: {
        command: `\${__dirname}/${program}`,
        args,
        env: Object.fromEntries(asked.map(([key, { variable }]) => [variable, `\${user_config.${key}}`])),
      },
    },
    tools_generated: true,
    compatibility: { platforms: [NODE_SYSTEMS[target].os] },
    user_config: Object.fromEntries(asked.map(([key, { variable: _, ...question }]) => [key, question])),
  };
}
