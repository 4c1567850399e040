/**
 * The digest of a list of tools, by which servers say that they have the same tools as others. What it is made of is
 * part of the wire format: `src/wire/README.md`, "The digest of a list of tools".
 *
 * @module
 */

/** What a digest begins with: how it is made. */
const SCHEME = "sha256:";

/**
 * Takes the tools of a list, page by page, and keeps a hash of each.
 *
 * @example
 * ```ts
 * const list = new ToolsDigest();
 * for (const page of pages) await list.add(page.tools);
 * await list.digest(); // "sha256:…"
 * ```
 */
export class ToolsDigest {
  readonly #hashes: string[] = [];

  /**
   * Adds the tools of a page, as they are in JSON. Neither their order nor the pages matter.
   *
   * @throws {RangeError} when one of them is nested so deeply that it cannot be written
   */
  async add(tools: readonly unknown[]): Promise<void> {
    for (const tool of tools) this.#hashes.push(await sha256(canonicalJson(tool)));
  }

  /** The digest of all tools that were added. */
  async digest(): Promise<string> {
    return `${SCHEME}${await sha256(this.#hashes.toSorted().join(""))}`;
  }
}

/** The digest of a whole list of tools; as {@linkcode ToolsDigest}. */
export async function toolsDigest(tools: readonly unknown[]): Promise<string> {
  const list = new ToolsDigest();
  await list.add(tools);
  return await list.digest();
}

/** Whether this can be a digest of a list of tools. */
export function isToolsDigest(value: unknown): value is string {
  return typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);
}

/**
 * JSON that is the same for everybody: without white space, and the members of an object by their names (RFC 8785).
 * `JSON.stringify` alone would put members first whose names are numbers.
 */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
}

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
