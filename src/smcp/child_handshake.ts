/**
 * The child's side of the handshake, without any input or output of its own.
 *
 * @module
 */
import type { Credentials } from "../core/secret.ts";
import { LineBuffer } from "./line_buffer.ts";
import { LONGEST_LINE, parseParentLine } from "./protocol.ts";

/** What the parent has said. */
export type ParentSaid =
  /** Here are the credentials. */
  | { readonly type: "credentials"; readonly credentials: Credentials }
  /** Nothing that could be credentials; the message is what `+ERR` says. */
  | { readonly type: "nonsense"; readonly message: string }
  /** The parent knows nothing of SMCP and has begun to speak MCP. */
  | { readonly type: "mcp"; readonly line: Uint8Array };

/** Waits for the one line of the parent. Everything behind that line is left alone. */
export class ChildHandshake {
  readonly #buffer = new LineBuffer();

  /** Takes bytes from the parent. Returns what they come to, as soon as the line is complete. */
  push(chunk: Uint8Array): ParentSaid | undefined {
    this.#buffer.push(chunk);
    const line = this.#buffer.line();
    if (line !== undefined) return read(line);
    if (this.#buffer.length > LONGEST_LINE) return { type: "nonsense", message: "INVALID_FORMAT" };
  }

  /** Takes the end of the stream. A last line may lack its newline. */
  end(): ParentSaid {
    const line = this.#buffer.rest();
    return line.length === 0 ? { type: "nonsense", message: "NO_INPUT" } : read(line);
  }

  /** The bytes that came behind the line. */
  rest(): Uint8Array {
    return this.#buffer.rest();
  }
}

function read(line: Uint8Array): ParentSaid {
  const found = parseParentLine(line);
  if (found === "MCP") return { type: "mcp", line: line.slice() };
  line.fill(0); // the least that can be done about memory
  return typeof found === "string" ? { type: "nonsense", message: found } : { type: "credentials", credentials: found };
}
