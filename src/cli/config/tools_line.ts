/**
 * The command line that starts `tools` through `launch`. `launch` gives it the credentials.
 *
 * @module
 */
import { CREDENTIAL_SOURCE_SETTINGS, credentialSource, flagName, type Settings } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { CONNECT } from "../connect/command.ts";
import { TOOLS } from "../tools/command.ts";
import { argumentsOf, type GivenSettings, type Line } from "./connect_line.ts";

/** The two halves of the line. */
export interface ToolsLine {
  readonly launch: Line;
  readonly tools: Line;
}

/**
 * The settings for starting `tools`, without the one-time `--credentials-schema` and without `--insecure`, which is for
 * use without a parent.
 */
const { insecure: _, credentialsSchema: __, ...toolSettings } = TOOLS.settings;

/** The settings of `tools` that `config` takes for it. */
export const TOOLS_LINE_SETTINGS: typeof toolSettings = toolSettings;

/**
 * Builds the line. File names become absolute, because the host may start it in any directory.
 *
 * @throws {UsageError} when no source of the credentials is given, or a setting is given that must be among the
 * credentials
 */
export function toolsLine(given: GivenSettings, flags: GivenSettings, currentDirectory: string): ToolsLine {
  const text = (name: string) => given[name] === undefined ? undefined : String(given[name]);
  const source = credentialSource({
    credentialsFile: text("credentialsFile"),
    credentialsCommand: text("credentialsCommand"),
    credentialsEnv: text("credentialsEnv"),
  });
  if (source.kind === "stdin") {
    throw new UsageError(["--credentials-file - is stdin, which belongs to the host: name a file"]);
  }
  const foreign = Object.entries(CONNECT.settings as Settings)
    .filter(([name]) => flags[name] !== undefined && !(name in toolSettings)).map(([, setting]) => flagName(setting));
  if (foreign.length > 0) {
    throw new UsageError([
      `with --tools the broker and the login come from the credentials: remove ${foreign.join(", ")}`,
    ]);
  }
  return {
    launch: argumentsOf(CREDENTIAL_SOURCE_SETTINGS, given, currentDirectory),
    tools: argumentsOf(TOOLS_LINE_SETTINGS, given, currentDirectory),
  };
}
