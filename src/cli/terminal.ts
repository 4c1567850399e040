/**
 * The terminal that people look at.
 *
 * @module
 */

/** The terminal's columns and rows. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Whether the terminal can only add text, as those in editors that set `TERM=dumb`. Nobody is asked for a permission. */
export const IS_DUMB: boolean = Deno.permissions.querySync({ name: "env", variable: "TERM" }).state === "granted" &&
  Deno.env.get("TERM") === "dumb";

/** How large the terminal is; 80 by 24 when it does not say. */
export function terminalSize(): TerminalSize {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 80, rows: rows || 24 }; // 0 is what a terminal says that does not know
  } catch {
    return { columns: 80, rows: 24 };
  }
}

/** Calls `resized` each time the terminal gets another size, until it is disposed of. Windows does not tell. */
export function watchSize(resized: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  Deno.addSignalListener("SIGWINCH", resized);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", resized) };
}
