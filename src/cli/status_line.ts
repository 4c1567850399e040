/**
 * A line on a terminal that says what is going on, as long as it goes on.
 *
 * @module
 */
import { visibleLine } from "./text.ts";
import type { CommandLineIo } from "./command.ts";

/** To the beginning of the line, which is empty then (ECMA-48: CR, and EL). */
const CLEAR = "\r\u001b[K";

/** The last line of the terminal that stderr is. Does nothing when stderr is none. Disposing of it clears it. */
export class StatusLine implements Disposable {
  readonly #io: CommandLineIo;
  #shown = "";

  constructor(io: CommandLineIo) {
    this.#io = io;
  }

  /** Whether anybody can see it. */
  get visible(): boolean {
    return this.#width !== undefined;
  }

  get #width(): number | undefined {
    return this.#io.dumb === true ? undefined : this.#io.terminalWidth?.();
  }

  /** Shows `text`, which may be a stranger's, in the place of what was shown before. */
  show(text: string): void {
    const width = this.#width;
    if (width === undefined) return;
    // Letters beyond ASCII may take two columns each.
    const room = /[^\x20-\x7e]/.test(text) ? width / 2 : width;
    const line = visibleLine(text, Math.max(1, Math.floor(room) - 1));
    if (line !== this.#shown) this.#io.printError(`${CLEAR}${line}`);
    this.#shown = line;
  }

  /** Makes room for something else. */
  clear(): void {
    if (this.#shown !== "") this.#io.printError(CLEAR);
    this.#shown = "";
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
