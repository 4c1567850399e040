/** `launch`: what it does. @module */
import { launch } from "../../app/launch.ts";
import { CREDENTIAL_SOURCE_SETTINGS, type CredentialSource, credentialSource, type Values } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { startLog } from "../../observe/mod.ts";
import { readCredentials } from "../../smcp/mod.ts";
import { ownInput, ownOutput, resumed } from "../../stdio/mod.ts";
import type { Action } from "../command.ts";
import type { LaunchSettings } from "./command.ts";
import { parentWatch } from "../parent_watch.ts";
import { terminationSignal } from "../termination.ts";

/** Runs `launch` until the server has ended. */
export const launchAction: Action<LaunchSettings> = async ({ values, operands, started }) => {
  const { source, command, args } = launchTarget(values, operands);
  const stdin = ownInput();
  const { credentials, rest } = await readCredentials(source, { stdin, environment: Deno.env });
  started();
  await using log = startLog(values);
  using termination = terminationSignal();
  using parent = parentWatch();
  return await launch(
    { command, args, environment: inheritedEnvironment(), credentials },
    { input: resumed(rest, stdin), output: ownOutput() },
    log.observe,
    AbortSignal.any([termination.signal, parent.signal]),
  );
};

/** Our environment, without the variables that name the source of the credentials: the server must not know it. */
function inheritedEnvironment(): Record<string, string> {
  const own = Object.values(CREDENTIAL_SOURCE_SETTINGS).map(({ environment }) => environment);
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !own.includes(name)));
}

interface LaunchTarget {
  readonly source: CredentialSource;
  readonly command: string;
  readonly args: readonly string[];
}

/** A `-` in front of the command is short for `--credentials-file -`. */
function launchTarget(values: Values<LaunchSettings>, operands: readonly string[]): LaunchTarget {
  const dash = operands[0] === "-";
  const [command, ...args] = dash ? operands.slice(1) : operands;
  if (command === undefined) {
    throw new UsageError(["say which server to start: mcp-mqtt-proxy launch --credentials-file FILE -- COMMAND"]);
  }
  return { source: credentialSource(dash ? { ...values, credentialsFile: "-" } : values), command, args };
}
