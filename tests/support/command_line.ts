/**
 * Our own command line in this process.
 *
 * @module
 */
import type { CommandLineIo } from "../../src/cli/command.ts";
import { main } from "../../src/cli/mod.ts";

/** What a command line came to. */
export interface CommandLineResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs one command line to its end, without the environment of this process. */
export function run(...args: readonly string[]): Promise<CommandLineResult> {
  return runWith({}, ...args);
}

/** The same in front of somebody, whose terminal shows what goes to stderr. */
export function runOnTerminal(...args: readonly string[]): Promise<CommandLineResult> {
  return runWith({ terminalWidth: () => 80 }, ...args);
}

async function runWith(
  io: Pick<CommandLineIo, "terminalWidth">,
  ...args: readonly string[]
): Promise<CommandLineResult> {
  let output = "";
  let errors = "";
  const code = await main(args, {
    environment: () => undefined,
    print: (text) => void (output += text),
    printError: (text) => void (errors += text),
    ...io,
  });
  return { code, output, errors };
}
