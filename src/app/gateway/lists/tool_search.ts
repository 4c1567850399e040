/**
 * Finds tools of a whole fleet by words, in the names and descriptions of servers and of tools.
 *
 * Servers of one kind have the same list of tools. It is indexed once, so one more server costs only a few words.
 *
 * @module
 */
import { FullText, type Text } from "./full_text.ts";

/** The most tools of one list that can be found. Nobody could choose from more. */
const MOST_TOOLS = 2_000;

/** The most characters of all names and descriptions of one list. Tools after that are not found. */
const MOST_TEXT = 256 * 1024;

/** A server that can be found. */
export interface FoundServer extends Text {
  /** The list in {@linkcode ToolSearch.addList}. `undefined` while it is not known. */
  readonly list?: string | undefined;
}

/** A tool that was found. */
export interface ToolHit {
  readonly list: string;
  /** Its name. */
  readonly tool: string;
  /** The servers that have it, best first: a word may match a server's name. */
  readonly servers: readonly string[];
}

/** A query. */
export interface ToolQuery {
  /** Finds all tools when empty. */
  readonly words: string;
  /** The most results. */
  readonly limit: number;
  /** Accepts a server. @default all */
  readonly server?: (name: string) => boolean;
  /** Accepts a tool of a server. @default all */
  readonly tool?: (server: string, tool: string) => boolean;
}

/** Servers and their lists of tools, to be searched. */
export class ToolSearch {
  readonly #serverTexts = new FullText();
  readonly #toolTexts = new FullText();
  readonly #servers = new Map<string, { readonly id: number; readonly list: string | undefined }>();
  readonly #lists = new Map<string, readonly Entry[]>();

  /** Adds or replaces a server. */
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

  /** Adds a list of tools, once for all servers that have it. */
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

  /** The names of servers with some of the words in their name or description, best first. */
  findServers({ words, limit, server: suits = () => true }: Omit<ToolQuery, "tool">): string[] {
    const scores = this.#serverTexts.find(words);
    const all = [...this.#servers].filter(([, { id }]) => scores.has(id) || words.trim() === "");
    return all.toSorted(([a, one], [b, other]) => byScore(scores.get(one.id), scores.get(other.id)) || byText(a, b))
      .map(([name]) => name).filter(suits).slice(0, limit);
  }

  /** Tools with some of the words in their own or their server's name or description, best first. */
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
