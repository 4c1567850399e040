/**
 * Getting credentials from the parent process.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { orLate } from "../core/waiting.ts";
import type { Credentials } from "../core/secret.ts";
import { type ByteSink, type ByteSource, resumed } from "../stdio/mod.ts";
import { ChildHandshake, type ParentMessage } from "./child_handshake.ts";
import { CREDENTIALS_TIMEOUT, ERROR, OK, READY, toLine } from "./protocol.ts";

/** The outcome of the handshake. */
export type Reception<T> =
  /** The child has sent `+OK`. `input` has everything that the parent sends after the credentials. */
  | { readonly type: "accepted"; readonly value: T; readonly input: ByteSource }
  /** The child has sent `+ERR` with this message. */
  | { readonly type: "refused"; readonly message: string }
  /** The parent has begun with MCP, which starts at the first byte of `input`. The child has sent no answer to it. */
  | { readonly type: "mcp"; readonly input: ByteSource };

/** The result of reading credentials. */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

/** The options of {@linkcode receiveCredentials}. */
export interface ReceptionOptions<T> {
  readonly input: ByteSource;
  readonly output: ByteSink;
  /** Makes a value of the credentials, or says briefly why it cannot. The text must not contain any credential. */
  readonly read: (credentials: Credentials) => Reading<T> | Promise<Reading<T>>;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * Asks the parent for credentials.
 *
 * Each word is sent in a write of its own. shepherd (e55a893, `read_line`) discards everything after a line that
 * arrives in the same read.
 */
export async function receiveCredentials<T>(options: ReceptionOptions<T>): Promise<Reception<T>> {
  const { input, output, read } = options;
  await output.write(toLine(READY));
  const handshake = new ChildHandshake();
  const said = await listen(handshake, input, options.clock ?? systemClock);
  if (said.type === "mcp") {
    const line = new Uint8Array([...said.line, 0x0a]);
    return { type: "mcp", input: resumed(line, resumed(handshake.rest(), input)) };
  }
  const outcome = said.type === "credentials" ? await read(said.credentials) : { problem: said.message };
  if ("problem" in outcome) {
    await output.write(toLine(`${ERROR} ${outcome.problem}`));
    return { type: "refused", message: outcome.problem };
  }
  await output.write(toLine(OK));
  return { type: "accepted", value: outcome.value, input: resumed(handshake.rest(), input) };
}

async function listen(handshake: ChildHandshake, input: ByteSource, clock: Clock): Promise<ParentMessage> {
  const late: ParentMessage = { type: "invalid", message: "TIMEOUT" };
  return await orLate(line(handshake, input), CREDENTIALS_TIMEOUT, () => late, { clock });
}

async function line(handshake: ChildHandshake, input: ByteSource): Promise<ParentMessage> {
  while (true) {
    // A failed input ends the handshake like a closed one.
    const chunk = await input.read().catch(() => undefined);
    const said = chunk === undefined ? handshake.end() : handshake.push(chunk);
    if (said !== undefined) return said;
  }
}
