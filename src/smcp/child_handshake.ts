/**
 * The child's side of the handshake, as a state machine without input and output of its own.
 *
 * @module
 */
import type { Credentials } from "../core/secret.ts";
import { LineBuffer } from "./line_buffer.ts";
import { LONGEST_LINE, parseParentLine } from "./protocol.ts";

/** What the parent has sent. */
export type ParentMessage =
  /** The credentials. */
  | { readonly type: "credentials"; readonly credentials: Credentials }
  /** A line that is neither credentials nor MCP; the message goes into `+ERR`. */
  | { readonly type: "invalid"; readonly message: string }
  /** The first line of MCP: the parent does not know SMCP. */
  | { readonly type: "mcp"; readonly line: Uint8Array };

/** Waits for the parent's single line. The bytes after it are not read. */
export class ChildHandshake {
  readonly #buffer = new LineBuffer();

  /** Takes bytes from the parent. Returns what the line means, as soon as it is complete. */
  push(chunk: Uint8Array): ParentMessage | undefined {
    this.#buffer.push(chunk);
    const line = this.#buffer.line();
    if (line !== undefined) return read(line);
    if (this.#buffer.length > LONGEST_LINE) return { type: "invalid", message: "INVALID_FORMAT" };
  }

  /** Takes the end of the stream. A last line may lack its newline. */
  end(): ParentMessage {
    const line = this.#buffer.rest();
    return line.length === 0 ? { type: "invalid", message: "NO_INPUT" } : read(line);
  }

  /** The bytes that came behind the line. */
  rest(): Uint8Array {
    return this.#buffer.rest();
  }
}

function read(line: Uint8Array): ParentMessage {
  const found = parseParentLine(line);
  if (found === "MCP") return { type: "mcp", line: line.slice() };
  line.fill(0); // keeps the credentials in memory no longer than needed
  return typeof found === "string" ? { type: "invalid", message: found } : { type: "credentials", credentials: found };
}
