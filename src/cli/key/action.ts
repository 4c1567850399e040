/** `key`: what it does. @module */
import { errorText, readTextFile } from "../../core/text.ts";
import { unreadable } from "../../core/unreadable.ts";
import { UsageError } from "../../core/usage_error.ts";
import { generateKeyPair, KeyError, privateKeyFile, publicKeyText, readPrivateKeyFile } from "../../seal/mod.ts";
import { type Action, EXIT_OK } from "../command.ts";
import { KEY_ACTIONS } from "./command.ts";

/** The mode of a key file: only the owner may read and write it. */
const MODE = 0o600;

/** Creates a key, or shows the public part of one. */
export const keyAction: Action<Record<never, never>> = async ({ operands: [what, file, ...more], io }) => {
  const action = KEY_ACTIONS.find((action) => action === what);
  if (action === undefined || file === undefined || more.length > 0) {
    throw new UsageError([`say what is to be done, and with which file: key ${KEY_ACTIONS.join("|")} FILE`]);
  }
  const pair = action === "new" ? await make(file) : await read(file);
  io.print(`${publicKeyText(pair.publicKey)}\n`);
  return EXIT_OK;
};

/** Writes a new key. Never overwrites a file, because a lost key cannot be restored. */
async function make(file: string): Promise<ReturnType<typeof generateKeyPair>> {
  const pair = generateKeyPair();
  try {
    await Deno.writeTextFile(file, privateKeyFile(pair), { createNew: true, mode: MODE });
  } catch (error) {
    const text = error instanceof Deno.errors.AlreadyExists ? "is there already, and is not overwritten" : undefined;
    throw new UsageError([`${file} ${text ?? `cannot be written: ${errorText(error)}`}`]);
  }
  return pair;
}

async function read(file: string): Promise<ReturnType<typeof generateKeyPair>> {
  try {
    return readPrivateKeyFile(await readTextFile(file));
  } catch (error) {
    throw new UsageError([
      error instanceof KeyError ? `${file} ${error.message}` : unreadable("key show", file, error),
    ]);
  }
}
