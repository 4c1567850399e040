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
  /** What it is known by. Who has the same digest has the same tools. */
  readonly digest: string;
  readonly tools: readonly Tool[];
  /** Whether there are tools that were left out, since there were too many. */
  readonly cut: boolean;
}

/** A server may have so many tools, and so many bytes of JSON for all of them; what is behind that is left out. */
const MOST_TOOLS = 1_000;
const MOST_BYTES = 1024 * 1024;

/** A model gets to see so much of a description, in characters. */
const LONGEST_DESCRIPTION = 4_000;
const LONGEST_NAME = 256;

/** What nobody sees, and a model reads all the same: controls, what has no width or turns the text, and Unicode's tags. */
const HIDDEN = /[\p{Cc}\p{Cf}\u{e0000}-\u{e0fff}]/gu;

/** Puts the pages of a list together, as far as a list may go. */
export class ToolListReader {
  readonly #tools: Tool[] = [];
  readonly #all: unknown[] = [];
  /** Of several tools with one name, the first is the one. */
  readonly #names = new Set<string>();
  #bytes = 0;
  #cut = false;

  /** Whether no more tools are taken. */
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

  /** The list. The digest is that of the tools as they came. */
  async list(): Promise<ToolList> {
    const digest = await toolsDigest(this.#all);
    return this.as(this.#cut ? `${digest} and more` : digest);
  }

  /** The list, known by another name than its digest. */
  as(digest: string): ToolList {
    return { digest, tools: this.#tools, cut: this.#cut };
  }
}

function isTool(tool: Json): tool is Tool {
  return typeof tool.name === "string" && tool.name !== "" && tool.name.length <= LONGEST_NAME;
}

/** A tool without what is not as the protocol says: a host would refuse the tools of all servers because of it. */
function acceptable(tool: Tool): Tool {
  if (isSpecType.Tool(tool)) return tool;
  let kept: Tool & { readonly inputSchema: unknown } = { name: tool.name, inputSchema: { type: "object" } };
  for (const [name, value] of Object.entries(tool)) {
    const more = { ...kept, [name]: value };
    if (isSpecType.Tool(more)) kept = more;
  }
  return kept;
}

/** A tool with texts that people see as models do; everything else is as it was. */
function shown(tool: Tool): Tool {
  const texts = Object.entries(tool).filter(([name]) => name === "description" || name === "title");
  const readable = texts.map(([name, text]) => [name, typeof text === "string" ? visible(text) : undefined]);
  return { ...tool, ...Object.fromEntries(readable) };
}

/** A stranger's text for a model: what cannot be seen is left out, and so is what is too long. */
export function visible(text: string, length = LONGEST_DESCRIPTION): string {
  const seen = text.slice(0, 4 * length).replaceAll(HIDDEN, (character) => /[\n\t]/.test(character) ? character : "");
  return shortened(seen, length);
}

/** What a tool says of itself for whoever decides about it. */
export function annotationsOf(tool: Tool): { readOnlyHint?: boolean; destructiveHint?: boolean } {
  return Object.fromEntries(
    Object.entries(membersOf(tool.annotations)).filter(([, value]) => typeof value === "boolean"),
  );
}
