/**
 * The command line.
 *
 * @module
 */
import { OutputError, writeOutSync } from "../core/standard_output.ts";
import { UsageError } from "../core/usage_error.ts";
import { readArguments } from "./arguments.ts";
import { type CommandLineIo, EXIT_FAILURE, EXIT_OK, EXIT_USAGE, helpHint, runCommand } from "./command.ts";
import { allDeclarations, COMMANDS } from "./commands.ts";
import { endOnUnhandledErrors, explanation } from "./explain.ts";
import { IS_DUMB, terminalSize } from "./terminal.ts";

const encoder = new TextEncoder();

const PROCESS_IO: CommandLineIo = {
  environment: (name) => Deno.env.get(name),
  print(text) {
    try {
      writeOutSync(Deno.stdout, encoder.encode(text));
    } catch (error) {
      throw new OutputError(error);
    }
  },
  printError(text) {
    try {
      writeOutSync(Deno.stderr, encoder.encode(text));
    } catch {
      // The error cannot be printed anywhere. The exit code tells.
    }
  },
  terminalWidth: () => Deno.stderr.isTerminal() ? terminalSize().columns : undefined,
  outputSize: () => Deno.stdout.isTerminal() && !IS_DUMB ? terminalSize() : undefined,
  dumb: IS_DUMB,
  revoke: (name) => void Deno.permissions.revokeSync({ name }),
};

/** Runs one command line. Resolves with the exit code. */
export async function main(args: readonly string[], io: CommandLineIo = PROCESS_IO): Promise<number> {
  const [name = "", ...rest] = args;
  const command = COMMANDS.find((one) => one.name === name || one.alias === name);
  try {
    const read = command && readArguments((await command.declaration()).settings, rest);
    if (command !== undefined && read !== undefined) return await runCommand(command, read, allDeclarations, io);
    const { explainArguments } = await import("./help.ts");
    return await explainArguments(args, io);
  } catch (error) {
    return explain(error, command?.name, io);
  }
}

function explain(error: unknown, command: string | undefined, { printError }: CommandLineIo): number {
  if (error instanceof UsageError) {
    for (const problem of error.problems) printError(`error: ${problem}\n`);
    printError(`${helpHint(command)}\n`);
    return EXIT_USAGE;
  }
  if (error instanceof OutputError && error.unread) return EXIT_OK; // as with any program before "| head"
  printError(explanation(error));
  return EXIT_FAILURE;
}

/** Runs the command line of this process, and ends it. */
export async function run(): Promise<void> {
  endOnUnhandledErrors(PROCESS_IO.printError, Deno.exit);
  // Not Deno.exitCode: a pending read of stdin would keep the process alive.
  Deno.exit(await main(effectiveArguments(Deno.execPath(), Deno.args)));
}

/** Under this file name the program runs `tools`: shepherd (e55a893, `smcp add`) starts a command without arguments. */
const TOOLS_NAME = "mqtt-smcp-server";

/**
 * The arguments to use, which may depend on the file name of the program.
 *
 * @param executable path of the program, with the separators of any system
 */
export function effectiveArguments(executable: string, args: readonly string[]): readonly string[] {
  const name = executable.split(/[/\\]/).at(-1)?.replace(/\.exe$/i, "");
  return name === TOOLS_NAME ? ["tools", ...args] : args;
}
