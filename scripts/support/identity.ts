/**
 * Who publishes the program, under which names, and in which words.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };

/** The repository on GitHub, as `owner/name`: the one that a workflow runs in, if one does. */
export const REPOSITORY = Deno.env.get("GITHUB_REPOSITORY") ?? metadata.name.replace("@", "");

/** The repository's page. */
export const REPOSITORY_URL = `https://github.com/${REPOSITORY}`;

/** Where the files of the release are. */
export const RELEASE_URL = `${REPOSITORY_URL}/releases/download/v${metadata.version}`;

/** The name in the registry of MCP servers, which the npm package and the container image have to repeat. */
export const REGISTRY_NAME = `io.github.${REPOSITORY}`;

/** What the program is, in one line of at most 80 characters: Homebrew takes no more, the registry 100. */
export const SUMMARY = "Puts stdio MCP servers on an MQTT broker, and reaches them from any MCP host";
