/**
 * A status line on a terminal.
 *
 * @module
 */
import { visibleLine } from "./text.ts";
import type { CommandLineIo } from "./command.ts";

/** Moves to the beginning of the line and clears it (ECMA-48: CR and EL). */
const CLEAR = "\r\u001b[K";

/**
 * The last line of the terminal at stderr. Does nothing when stderr is not a terminal. Disposing of it clears the line.
 */
export class StatusLine implements Disposable {
  readonly #io: CommandLineIo;
  #shown = "";

  constructor(io: CommandLineIo) {
    this.#io = io;
  }

  /** Whether there is a terminal to show it. */
  get visible(): boolean {
    return this.#width !== undefined;
  }

  get #width(): number | undefined {
    return this.#io.dumb === true ? undefined : this.#io.terminalWidth?.();
  }

  /** Shows `text` instead of the text before. It may be untrusted. */
  show(text: string): void {
    const width = this.#width;
    if (width === undefined) return;
    // Letters beyond ASCII may take two columns each.
    const room = /[^\x20-\x7e]/.test(text) ? width / 2 : width;
    const line = visibleLine(text, Math.max(1, Math.floor(room) - 1));
    if (line !== this.#shown) this.#io.printError(`${CLEAR}${line}`);
    this.#shown = line;
  }

  /** Clears the line, so that other output can take its place. */
  clear(): void {
    if (this.#shown !== "") this.#io.printError(CLEAR);
    this.#shown = "";
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
