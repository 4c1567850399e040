/**
 * The parent's side of the handshake, as a state machine without input and output of its own.
 *
 * @module
 */
import { LineBuffer } from "./line_buffer.ts";
import { ERROR, LONGEST_LINE, OK, READY } from "./protocol.ts";

/** The next step of the parent. */
export type ParentStep =
  /** Send the credentials: the child is ready for them. */
  | { readonly type: "send" }
  /** Ignore a line that is not part of the handshake, such as the banner of a server (azure-devops-mcp issue 147). */
  | { readonly type: "skip"; readonly bytes: number }
  /** Begin with MCP: the child has accepted the credentials. */
  | { readonly type: "accepted" }
  /** Give up on the child. */
  | { readonly type: "refused"; readonly problem: string };

/** Follows what the child sends. The bytes after its `+OK` are not read. */
export class ParentHandshake {
  readonly #buffer = new LineBuffer();
  #expected: typeof READY | typeof OK = READY;
  #over = false;

  /** The line that the parent waits for. */
  get expected(): typeof READY | typeof OK {
    return this.#expected;
  }

  /** Takes bytes from the child. Yields the steps that follow. */
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

  /** The bytes after `+OK`. */
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
