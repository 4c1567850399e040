/**
 * Secrets that a command prints, such as tokens that expire, or keys in a store.
 *
 * @module
 */
import { Secret } from "../core/secret.ts";
import { errorText } from "../core/text.ts";

/** How long a command may take, in ms. */
const COMMAND_TIMEOUT = 10_000;

/**
 * The password: the first line that `command` prints. The shell runs the command.
 *
 * @throws {Error} when the command fails, or there is no permission to run it
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
 * The private key that `command` prints, in the same form as in a file. The shell runs the command.
 *
 * @throws {Error} when the command fails, or there is no permission to run it
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
      signal: AbortSignal.timeout(COMMAND_TIMEOUT),
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
