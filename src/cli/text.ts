/**
 * Untrusted text on a terminal.
 *
 * @module
 */
import { shortened, visibleText } from "../core/text.ts";

/** `text` as one line of at most `width` characters. */
export function visibleLine(text: string, width = Infinity): string {
  return shortened(visibleText(text).replaceAll(/\s+/g, " ").trim(), width);
}

/** A value as JSON that is safe to show on a terminal: control characters are escaped. */
export function visibleJson(value: unknown, indentation?: number): string {
  return `${visibleText(JSON.stringify(value, undefined, indentation))}\n`;
}

/**
 * Untrusted JSON text that is safe to show on a terminal. A carriage return becomes a space, because in JSON it can
 * only be white space between tokens.
 */
export function visibleJsonText(json: string): string {
  return visibleText(json.replaceAll("\r", " "));
}

/** Rows as aligned columns. The last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0)
  );
  return rows.map((row) =>
    row.map((cell, column) => column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)).join("  ")
      .trimEnd() + "\n"
  ).join("");
}
