/**
 * Secrets that a command prints, such as tokens that expire, or keys in a store.
 *
 * @module
 */
import { Secret } from "../core/secret.ts";
import { errorText } from "../core/text.ts";

/** A command may take so long, in ms. */
const PATIENCE = 10_000;

/**
 * The password that `command` prints as its first line. It is a line for the shell.
 *
 * @throws {Error} when it fails, or the permission to run it is missing
 */
export async function passwordOf(command: string): Promise<Secret> {
  return new Secret(
    await printed(command, "--password-command gives no password", (text) => {
      const [line = ""] = text.split(/\r?\n/, 1);
      if (line === "") throw new Error("its first line is empty");
      return line;
    }),
  );
}

/**
 * The private key that `command` prints, as a file would hold it. It is a line for the shell.
 *
 * @throws {Error} when it fails, or the permission to run it is missing
 */
export function keyOf(command: string): Promise<string> {
  return printed(command, "--key-command gives no key", (text) => {
    if (text.trim() === "") throw new Error("it prints nothing");
    return text;
  });
}

async function printed(command: string, problem: string, read: (text: string) => string): Promise<string> {
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
    const text = new TextDecoder().decode(stdout);
    stdout.fill(0);
    return read(text);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotCapable;
    throw new Error(`${problem}: ${missing ? `add --allow-run=${shell} to deno run` : errorText(error)}`);
  }
}
