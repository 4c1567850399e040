/**
 * Finds tools of a whole fleet by words, in the names and descriptions of servers and of tools.
 *
 * A thousand servers of one kind have one list of tools, and it is taken up once. So a further server costs its own few
 * words.
 *
 * @module
 */
import { FullText, type Text } from "./full_text.ts";

/** Tools of one list that can be found: more than that is no list that somebody could choose from. */
const MOST_TOOLS = 2_000;

/** All names and descriptions of one list may have so many characters; the tools behind that are not found. */
const MOST_TEXT = 256 * 1024;

/** A server that can be found. */
export interface FoundServer extends Text {
  /** What {@linkcode ToolSearch.addList} calls its list of tools; `undefined` while nobody knows it. */
  readonly list?: string | undefined;
}

/** A tool that was found. */
export interface ToolHit {
  readonly list: string;
  /** Its name. */
  readonly tool: string;
  /** Who has it, and the best first: a word may be in the name of a server. */
  readonly servers: readonly string[];
}

/** What is looked for. */
export interface ToolQuery {
  /** Some words; all tools when there are none. */
  readonly words: string;
  /** How many tools are wanted at most. */
  readonly limit: number;
  /** Which servers will do. @default all */
  readonly server?: (name: string) => boolean;
  /** Which tools of them will do. @default all */
  readonly tool?: (server: string, tool: string) => boolean;
}

/** Servers and their lists of tools, to be searched. */
export class ToolSearch {
  readonly #serverTexts = new FullText();
  readonly #toolTexts = new FullText();
  readonly #servers = new Map<string, { readonly id: number; readonly list: string | undefined }>();
  readonly #lists = new Map<string, readonly Entry[]>();

  /** Takes a server up, or takes note of what has changed about it. */
  setServer({ list, ...text }: FoundServer): void {
    this.removeServer(text.name);
    this.#servers.set(text.name, { id: this.#serverTexts.add(text), list });
  }

  removeServer(name: string): void {
    const server = this.#servers.get(name);
    if (server === undefined) return;
    this.#servers.delete(name);
    this.#serverTexts.remove(server.id);
  }

  /** Takes a list of tools up, once for all servers that have it. */
  addList(list: string, tools: Iterable<Text>): void {
    if (this.#lists.has(list)) return;
    const entries: Entry[] = [];
    let size = 0;
    for (const tool of tools) {
      size += tool.name.length + (tool.title?.length ?? 0) + (tool.description?.length ?? 0);
      if (entries.length >= MOST_TOOLS || size > MOST_TEXT) break;
      entries.push({ id: this.#toolTexts.add(tool), list, tool: tool.name });
    }
    this.#lists.set(list, entries);
  }

  removeList(list: string): void {
    for (const { id } of this.#lists.get(list) ?? []) this.#toolTexts.remove(id);
    this.#lists.delete(list);
  }

  /** The names of servers that have some of the words in their names or descriptions, the best first. */
  findServers({ words, limit, server: suits = () => true }: Omit<ToolQuery, "tool">): string[] {
    const scores = this.#serverTexts.find(words);
    const all = [...this.#servers].filter(([, { id }]) => scores.has(id) || words.trim() === "");
    return all.toSorted(([a, one], [b, other]) => byScore(scores.get(one.id), scores.get(other.id)) || byText(a, b))
      .map(([name]) => name).filter(suits).slice(0, limit);
  }

  /** Tools that have some of the words in their names or descriptions, or whose servers have; the best first. */
  find({ words, limit, server: suits = () => true, tool: allowed = () => true }: ToolQuery): ToolHit[] {
    const serverScores = this.#serverTexts.find(words);
    const scores = this.#toolTexts.find(words);
    const owners = new Map<string, Owner[]>();
    for (const [name, { id, list }] of this.#servers) {
      if (list === undefined || !suits(name)) continue;
      const owner = { name, score: serverScores.get(id) ?? 0 };
      const others = owners.get(list);
      if (others === undefined) owners.set(list, [owner]);
      else others.push(owner);
    }
    const candidates: Candidate[] = [];
    for (const [list, servers] of owners) {
      const best = Math.max(...servers.map(({ score }) => score));
      for (const entry of this.#lists.get(list) ?? []) {
        const score = (scores.get(entry.id) ?? 0) + best;
        if (score > 0 || words.trim() === "") candidates.push({ entry, score });
      }
    }
    candidates.sort((a, b) => byScore(a.score, b.score) || byText(a.entry.tool, b.entry.tool));
    const hits: ToolHit[] = [];
    const sorted = new Set<string>();
    for (const { entry: { list, tool } } of candidates) {
      if (hits.length >= limit) break;
      const servers = owners.get(list) ?? [];
      if (!sorted.has(list)) servers.sort((a, b) => byScore(a.score, b.score) || byText(a.name, b.name));
      sorted.add(list);
      const names = servers.map(({ name }) => name).filter((name) => allowed(name, tool));
      if (names.length > 0) hits.push({ list, tool, servers: names });
    }
    return hits;
  }
}

/** A tool of a list. */
interface Entry {
  readonly id: number;
  readonly list: string;
  readonly tool: string;
}

/** A server that has a list. */
interface Owner {
  readonly name: string;
  readonly score: number;
}

interface Candidate {
  readonly entry: Entry;
  readonly score: number;
}

function byScore(a = 0, b = 0): number {
  return b - a;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
