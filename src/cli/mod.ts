/**
 * The command line.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import metadata from "../../deno.json" with { type: "json" };
import { UsageError } from "../core/usage_error.ts";
import { build, type CommandLineIo, EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { endOnUnhandledErrors, explanation } from "./explain.ts";

const PROCESS_IO: CommandLineIo = {
  environment: (name) => Deno.env.get(name),
  print: (text) => writeAll(Deno.stdout, text),
  printError: (text) => writeAll(Deno.stderr, text),
  terminalWidth: () => Deno.stderr.isTerminal() ? columns() : undefined,
  revoke: (name) => void Deno.permissions.revokeSync({ name }),
};

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80; // 0 is what a terminal says that does not know
  } catch {
    return 80;
  }
}

/** A pipe may take less at a time than it is offered. */
function writeAll(output: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(output.writeSync(rest));
}

/** Runs one command line. Resolves with the exit code. */
export async function main(args: readonly string[], io: CommandLineIo = PROCESS_IO): Promise<number> {
  let exitCode = EXIT_OK;
  const program = new Command("mcp-mqtt-proxy")
    .description("MCP over MQTT: puts stdio MCP servers on a broker, and reaches them from any MCP host.")
    .version(metadata.version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .exitOverride()
    .configureOutput({ writeOut: io.print, writeErr: io.printError })
    .showHelpAfterError("(add --help for what there is)")
    .addHelpText(
      "after",
      "\nMost options have an environment variable too; flags win. See: mcp-mqtt-proxy COMMAND --help",
    );
  for (const declaration of COMMANDS) {
    const command = build(declaration, COMMANDS, io, (code) => exitCode = code);
    program.addCommand(command.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, { printError }: CommandLineIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof UsageError) {
    for (const problem of error.problems) printError(`error: ${problem}\n`);
    printError("(add --help for what there is)\n");
    return EXIT_USAGE;
  }
  printError(explanation(error));
  return EXIT_FAILURE;
}

/** Runs the command line of this process, and ends it. */
export async function run(): Promise<void> {
  endOnUnhandledErrors(PROCESS_IO.printError, Deno.exit);
  // Not Deno.exitCode: a read of stdin that is under way would keep the process alive.
  Deno.exit(await main(meantArguments(Deno.execPath(), Deno.args)));
}

/** Under this name it is the tool server: shepherd (e55a893, `smcp add`) starts a command without arguments. */
const TOOLS_NAME = "mqtt-smcp-server";

/**
 * The arguments that are meant, when the program is called by the name of its file.
 *
 * @param executable path of the program, with the separators of any system
 */
export function meantArguments(executable: string, args: readonly string[]): readonly string[] {
  const name = executable.split(/[/\\]/).at(-1)?.replace(/\.exe$/i, "");
  return name === TOOLS_NAME ? ["tools", ...args] : args;
}
