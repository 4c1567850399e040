/**
 * The lists of tools that servers have, each kept once.
 *
 * @module
 */
import { isSpecType } from "@modelcontextprotocol/server";
import { shortened } from "../../../core/text.ts";
import { toolsDigest } from "../../tools_digest.ts";
import { type Json, membersOf } from "../json.ts";

/** A tool, as its server describes it. */
export interface Tool extends Json {
  readonly name: string;
}

/** A list of tools. */
export interface ToolList {
  /** Identifies the list: servers with the same digest have the same tools. */
  readonly digest: string;
  readonly tools: readonly Tool[];
  /** Whether tools were left out because there were too many. */
  readonly cut: boolean;
}

/** The most tools of a server, and the most bytes of JSON for all of them. The rest is left out. */
const MOST_TOOLS = 1_000;
const MOST_BYTES = 1024 * 1024;

/** The longest description that a model sees, in characters. */
const LONGEST_DESCRIPTION = 4_000;
const LONGEST_NAME = 256;

/** Characters that a model reads but people cannot see: controls, zero-width and bidirectional ones, Unicode's tags. */
const HIDDEN = /[\p{Cc}\p{Cf}\u{e0000}-\u{e0fff}]/gu;

/** Joins the pages of a list, up to the limits above. */
export class ToolListReader {
  readonly #tools: Tool[] = [];
  readonly #all: unknown[] = [];
  /** If several tools have the same name, only the first is kept. */
  readonly #names = new Set<string>();
  #bytes = 0;
  #cut = false;

  /** Whether the limits are reached. */
  get full(): boolean {
    return this.#cut;
  }

  /** Adds a page. */
  add(tools: readonly Json[]): void {
    for (const tool of tools) {
      const size = JSON.stringify(tool).length;
      if (this.#tools.length >= MOST_TOOLS || this.#bytes + size > MOST_BYTES) {
        this.#cut = true;
        return;
      }
      this.#bytes += size;
      this.#all.push(tool);
      if (!isTool(tool) || this.#names.has(tool.name)) continue;
      this.#names.add(tool.name);
      this.#tools.push(shown(acceptable(tool)));
    }
  }

  /** The list, with the digest of the tools as the server sent them. */
  async list(): Promise<ToolList> {
    const digest = await toolsDigest(this.#all);
    return this.as(this.#cut ? `${digest} and more` : digest);
  }

  /** The list, with a name in the place of its digest. */
  as(digest: string): ToolList {
    return { digest, tools: this.#tools, cut: this.#cut };
  }
}

function isTool(tool: Json): tool is Tool {
  return typeof tool.name === "string" && tool.name !== "" && tool.name.length <= LONGEST_NAME;
}

/** A tool without its invalid members: because of one of them, a host would refuse the tools of all servers. */
function acceptable(tool: Tool): Tool {
  if (isSpecType.Tool(tool)) return tool;
  let kept: Tool & { readonly inputSchema: unknown } = { name: tool.name, inputSchema: { type: "object" } };
  for (const [name, value] of Object.entries(tool)) {
    const more = { ...kept, [name]: value };
    if (isSpecType.Tool(more)) kept = more;
  }
  return kept;
}

/** A tool whose texts contain nothing that people cannot see. Everything else is unchanged. */
function shown(tool: Tool): Tool {
  const texts = Object.entries(tool).filter(([name]) => name === "description" || name === "title");
  const readable = texts.map(([name, text]) => [name, typeof text === "string" ? visible(text) : undefined]);
  return { ...tool, ...Object.fromEntries(readable) };
}

/** A text from a server, for a model: shortened, and without invisible characters. */
export function visible(text: string, length = LONGEST_DESCRIPTION): string {
  const seen = text.slice(0, 4 * length).replaceAll(HIDDEN, (character) => /[\n\t]/.test(character) ? character : "");
  return shortened(seen, length);
}

/** The annotations of a tool that decide whether it may be called. */
export function annotationsOf(tool: Tool): { readOnlyHint?: boolean; destructiveHint?: boolean } {
  return Object.fromEntries(
    Object.entries(membersOf(tool.annotations)).filter(([, value]) => typeof value === "boolean"),
  );
}
