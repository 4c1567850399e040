/**
 * A stranger's text on somebody's terminal.
 *
 * @module
 */
import { visibleText } from "../core/text.ts";

/** `text` as one line of at most `width` characters. */
export function visibleLine(text: string, width = Infinity): string {
  const line = visibleText(text).replaceAll(/\s+/g, " ").trim();
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

/** Columns, as wide as what is in them. The last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, column) => column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)).join("  ")
      .trimEnd() + "\n"
  ).join("");
}
