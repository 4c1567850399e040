/**
 * A stranger's text on somebody's terminal.
 *
 * @module
 */
import { shortened, visibleText } from "../core/text.ts";

/** `text` as one line of at most `width` characters. */
export function visibleLine(text: string, width = Infinity): string {
  return shortened(visibleText(text).replaceAll(/\s+/g, " ").trim(), width);
}

/** A value as JSON that a terminal can be shown: what could do more than be read is written as escapes. */
export function visibleJson(value: unknown, indentation?: number): string {
  return `${visibleText(JSON.stringify(value, undefined, indentation))}\n`;
}

/** JSON of a stranger's, the same way. A carriage return, which can only stand between its parts, becomes a space. */
export function visibleJsonText(json: string): string {
  return visibleText(json.replaceAll("\r", " "));
}

/** Columns, as wide as what is in them. The last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0)
  );
  return rows.map((row) =>
    row.map((cell, column) => column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)).join("  ")
      .trimEnd() + "\n"
  ).join("");
}
