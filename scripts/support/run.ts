/**
 * Other programs that scripts start.
 *
 * @module
 */

/** How a program is started. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end, and returns what it has written to stdout.
 *
 * @throws {Error} when it cannot be started or fails, with what it has said
 */
export async function run([program = "", ...args]: readonly string[], options: RunOptions = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null", ...options }).output();
  const [output = "", errors = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${program} ${args[0] ?? ""} has failed:\n${errors || output}`);
  return output;
}
