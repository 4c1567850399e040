/**
 * Finding the topic filters that match a topic.
 *
 * @module
 */
import { literalPrefix, topicMatches } from "./topics.ts";

/** For how many topics the matches are remembered: a bridge sees the same few topics again and again. */
const REMEMBERED_TOPICS = 1_000;

/** An entry that can be found by a topic. */
export interface Filtered {
  /** A topic filter, unique in its index. */
  readonly filter: string;
}

/**
 * Finds entries by topic. Filters without wildcards are found in a map, so that a thousand sessions cost no more than
 * one. Filters with wildcards are tried one by one, and the matches are remembered.
 */
export class TopicIndex<T extends Filtered> {
  /** All entries, in the order in which they were added. */
  readonly #entries = new Map<string, T>();
  /** The entries with wildcards, and what all their topics begin with: most topics begin with something else. */
  readonly #wildcards = new Map<string, { readonly entry: T; readonly prefix: string }>();
  readonly #remembered = new Map<string, readonly T[]>();

  /** All entries, in the order in which they were added. */
  get values(): readonly T[] {
    return [...this.#entries.values()];
  }

  /** The entry of exactly this filter. */
  get(filter: string): T | undefined {
    return this.#entries.get(filter);
  }

  /** Adds an entry. It replaces one with the same filter. */
  set(entry: T): void {
    const { filter } = entry;
    this.#entries.set(filter, entry);
    if (hasWildcard(filter)) this.#wildcards.set(filter, { entry, prefix: literalPrefix(filter) });
    this.#forget(filter);
  }

  /** Removes the entry of a filter, and returns it. */
  delete(filter: string): T | undefined {
    const entry = this.#entries.get(filter);
    this.#entries.delete(filter);
    this.#wildcards.delete(filter);
    this.#forget(filter);
    return entry;
  }

  /** The entries whose filters match `topic`. */
  matching(topic: string): readonly T[] {
    const known = this.#remembered.get(topic);
    if (known !== undefined) return known;
    const exact = hasWildcard(topic) ? undefined : this.#entries.get(topic);
    const found = exact === undefined ? [] : [exact];
    for (const { entry, prefix } of this.#wildcards.values()) {
      if (topic.startsWith(prefix) && topicMatches(entry.filter, topic)) found.push(entry);
    }
    if (this.#remembered.size >= REMEMBERED_TOPICS) this.#remembered.clear();
    this.#remembered.set(topic, found);
    return found;
  }

  #forget(filter: string): void {
    if (hasWildcard(filter)) this.#remembered.clear();
    else this.#remembered.delete(filter);
  }
}

function hasWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}
