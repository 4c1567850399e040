/**
 * Properties of the terminal.
 *
 * @module
 */

/** The terminal's columns and rows. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Whether the terminal can only add text, as those of editors that set `TERM=dumb` (Emacs, for one). The query keeps
 * Deno from prompting for a permission.
 */
export const IS_DUMB: boolean = Deno.permissions.querySync({ name: "env", variable: "TERM" }).state === "granted" &&
  Deno.env.get("TERM") === "dumb";

/** The size of the terminal; 80 by 24 when it is unknown. */
export function terminalSize(): TerminalSize {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 80, rows: rows || 24 }; // a terminal reports 0 when it does not know its size
  } catch {
    return { columns: 80, rows: 24 };
  }
}

/**
 * Calls `resized` each time the terminal gets another size, until it is disposed of. On Windows there is no signal for
 * that.
 */
export function watchSize(resized: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  Deno.addSignalListener("SIGWINCH", resized);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", resized) };
}
