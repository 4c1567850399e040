/**
 * Passwords that are made anew for each connection, such as tokens that expire.
 *
 * @module
 */
import { Secret } from "../core/secret.ts";

/** A password may take so long, in ms. */
const PATIENCE = 10_000;

/**
 * The first line of what `command` prints. It is a line for the shell.
 *
 * @throws {Error} when it fails, or the permission to run it is missing
 */
export async function outputOf(command: string): Promise<Secret> {
  const [shell, ...args] = Deno.build.os === "windows" ? ["cmd", "/d", "/s", "/c", command] : ["sh", "-c", command];
  try {
    const { success, code, stdout } = await new Deno.Command(shell ?? "sh", {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
    if (!success) throw new Error(`it ended with exit code ${code}`);
    const [password = ""] = new TextDecoder().decode(stdout).split(/\r?\n/, 1);
    stdout.fill(0);
    if (password === "") throw new Error("its first line is empty");
    return new Secret(password);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotCapable;
    const cause = missing ? `add --allow-run=${shell} to deno run` : error instanceof Error ? error.message : error;
    throw new Error(`--password-command gives no password: ${cause}`);
  }
}
