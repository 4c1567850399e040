/**
 * The command line.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import metadata from "../../deno.json" with { type: "json" };
import { UsageError } from "../core/usage_error.ts";
import { build } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "./exit_codes.ts";
import type { PermissionKind } from "./permissions.ts";

export { meantArguments } from "./program_name.ts";

/** What the command line reads from and writes to, besides what its actions do. */
export interface CommandLineIo {
  readonly environment: (name: string) => string | undefined;
  /** Help that was asked for, and the version. */
  readonly print: (text: string) => void;
  /** What went wrong. */
  readonly complain: (text: string) => void;
  /** Gives back a permission that the command does not need; without it, all are kept. */
  readonly revoke?: (kind: PermissionKind) => void;
}

const PROCESS_IO: CommandLineIo = {
  environment: (name) => Deno.env.get(name),
  print: (text) => void Deno.stdout.writeSync(new TextEncoder().encode(text)),
  complain: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
  revoke: (name) => void Deno.permissions.revokeSync({ name }),
};

/** Runs one command line. Resolves with the exit code. */
export async function main(args: readonly string[], io: CommandLineIo = PROCESS_IO): Promise<number> {
  let exitCode = EXIT_OK;
  const program = new Command("mcp-mqtt-proxy")
    .description("MCP over MQTT: puts stdio MCP servers on a broker, and reaches them from any MCP host.")
    .version(metadata.version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .exitOverride()
    .configureOutput({ writeOut: io.print, writeErr: io.complain })
    .showHelpAfterError("(add --help for what there is)")
    .addHelpText(
      "after",
      "\nEvery option has an environment variable too; flags win. See: mcp-mqtt-proxy COMMAND --help",
    );
  for (const declaration of COMMANDS) {
    const command = build(declaration, {
      environment: io.environment,
      revoke: io.revoke ?? (() => {}),
      finished: (code) => exitCode = code,
    });
    program.addCommand(command.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, { complain }: CommandLineIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof UsageError) {
    for (const problem of error.problems) complain(`error: ${problem}\n`);
    complain("(add --help for what there is)\n");
    return EXIT_USAGE;
  }
  complain(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  return EXIT_FAILURE;
}
