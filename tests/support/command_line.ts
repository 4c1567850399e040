/**
 * Our own command line in this process.
 *
 * @module
 */
import { main } from "../../src/cli/mod.ts";

/** What a command line came to. */
export interface CommandLineResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs one command line to its end, without the environment of this process. */
export async function run(...args: readonly string[]): Promise<CommandLineResult> {
  let output = "";
  let errors = "";
  const code = await main(args, {
    environment: () => undefined,
    print: (text) => void (output += text),
    printError: (text) => void (errors += text),
  });
  return { code, output, errors };
}
