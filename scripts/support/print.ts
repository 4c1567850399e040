/**
 * What programs for developers say on stdout.
 *
 * @module
 */

/** Writes a line, or several. */
export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
