/**
 * The parent's side of the handshake, without any input or output of its own.
 *
 * @module
 */
import { LineBuffer } from "./line_buffer.ts";
import { ERROR, LONGEST_LINE, OK, READY } from "./protocol.ts";

/** What the parent has to do. */
export type ParentStep =
  /** Send the credentials; the child is ready for them. */
  | { readonly type: "send" }
  /** Nothing: the line is no part of the handshake. Some servers print a banner first (azure-devops-mcp issue 147). */
  | { readonly type: "skip"; readonly bytes: number }
  /** Speak MCP: the child has accepted the credentials. */
  | { readonly type: "accepted" }
  /** Give up on the child. */
  | { readonly type: "refused"; readonly problem: string };

/** Follows what the child says. Everything behind its `+OK` is left alone. */
export class ParentHandshake {
  readonly #buffer = new LineBuffer();
  #expected: typeof READY | typeof OK = READY;
  #over = false;

  /** What is waited for. */
  get expected(): typeof READY | typeof OK {
    return this.#expected;
  }

  /** Takes bytes from the child. Yields what to do about them. */
  *push(chunk: Uint8Array): Generator<ParentStep> {
    this.#buffer.push(chunk);
    while (!this.#over) {
      const line = this.#buffer.line();
      if (line === undefined) break;
      yield this.#step(line);
    }
    if (!this.#over && this.#buffer.length > LONGEST_LINE) {
      this.#over = true;
      yield { type: "refused", problem: `sent more than ${LONGEST_LINE} bytes without a line break` };
    }
  }

  /** The bytes that came behind `+OK`. */
  rest(): Uint8Array {
    return this.#buffer.rest();
  }

  #step(bytes: Uint8Array): ParentStep {
    const line = new TextDecoder().decode(bytes).trimEnd();
    if (line === this.#expected) {
      if (line === OK) {
        this.#over = true;
        return { type: "accepted" };
      }
      this.#expected = OK;
      return { type: "send" };
    }
    if (line === ERROR || line.startsWith(`${ERROR} `)) {
      this.#over = true;
      return { type: "refused", problem: `refused its credentials: ${line.slice(ERROR.length).trim()}` };
    }
    return { type: "skip", bytes: bytes.length };
  }
}
