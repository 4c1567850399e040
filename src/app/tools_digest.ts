/**
 * The digest of a list of tools. Servers with the same digest have the same tools. Its definition is part of the wire
 * format: `src/wire/README.md`, "The digest of a list of tools".
 *
 * @module
 */

/** The prefix of a digest, which names the algorithm. */
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
   * Adds the tools of a page, in the form of their JSON. The order of the tools does not matter, nor does their
   * division into pages.
   *
   * @throws {RangeError} when a tool is nested too deeply to be serialized
   */
  async add(tools: readonly unknown[]): Promise<void> {
    for (const tool of tools) this.#hashes.push(await sha256(canonicalJson(tool)));
  }

  /** The digest of all tools that were added. */
  async digest(): Promise<string> {
    return `${SCHEME}${await sha256(this.#hashes.toSorted().join(""))}`;
  }
}

/** The digest of a whole list of tools, as {@linkcode ToolsDigest} computes it. */
export async function toolsDigest(tools: readonly unknown[]): Promise<string> {
  const list = new ToolsDigest();
  await list.add(tools);
  return await list.digest();
}

/** Whether a value has the form of a digest. */
export function isToolsDigest(value: unknown): value is string {
  return typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);
}

/**
 * Canonical JSON: without white space, and with the members of an object sorted by name (RFC 8785). `JSON.stringify`
 * alone would put members with numeric names first.
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
