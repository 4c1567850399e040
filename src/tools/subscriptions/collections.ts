/**
 * The messages that one call gathers from several kept subscriptions, and from those that earlier calls have taken.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type QoS, topicMatches } from "../../mqtt/mod.ts";
import type { Collection, KeptSubscriptions, Taken } from "./kept_subscriptions.ts";
import type { Received } from "./arrivals.ts";

/** Which messages a call is about. */
export interface Selection {
  /** How many at most. */
  readonly most: number;
  /** Only messages that arrived after this time, in ms since 1970; earlier calls may have taken them. */
  readonly since: number | undefined;
  /** Only messages from this number on; earlier calls may have taken them. */
  readonly from: number | undefined;
}

/** The collections of one call, as one. Disposing of it ends them all. */
export class Collections implements Disposable {
  readonly #selection: Selection;
  /** Whether only the new messages of one subscription count. Then its collection knows when there are enough. */
  readonly #simple: boolean;
  readonly #all: Collection[] = [];
  readonly #enough = Promise.withResolvers<void>();

  private constructor(selection: Selection, count: number) {
    this.#selection = selection;
    this.#simple = count === 1 && !this.#looksBack;
  }

  /** Collects from all `filters`, as {@linkcode KeptSubscriptions.collect} does. */
  static async open(
    filters: readonly string[],
    qos: QoS,
    selection: Selection,
    kept: KeptSubscriptions,
    signal: AbortSignal,
  ): Promise<Collections> {
    const collections = new Collections(selection, filters.length);
    const wanted = collections.#simple
      ? { enough: selection.most }
      : { enough: Infinity, arrived: () => collections.#check() };
    try {
      for (const filter of filters) collections.#all.push(await kept.collect(filter, qos, wanted, signal));
    } catch (error) {
      collections[Symbol.dispose]();
      throw error;
    }
    collections.#check();
    return collections;
  }

  /** Resolves when there are enough messages; rejects when the broker ends a subscription. */
  get full(): Promise<void> {
    return Promise.race([this.#enough.promise, ...this.#all.map(({ full }) => full)]);
  }

  /** How many messages there are, duplicates included. */
  get size(): number {
    return this.#all.reduce((sum, { messages }) => sum + messages.length, 0);
  }

  /** The lowest QoS that the broker grants. */
  get qos(): QoS {
    return Math.min(...this.#all.map(({ qos }) => qos)) as QoS;
  }

  /** The messages, each once, in the order in which they came. */
  get messages(): readonly Received[] {
    const copies = this.#copies();
    const found = this.#all.flatMap((collection) => this.#selected(collection)).filter((one) => !copies.has(one));
    return [...new Set(found)].sort((a, b) => a.number - b.number);
  }

  /** Takes the given ones of `messages`, as {@linkcode Collection.take} does, and their duplicates. */
  take(messages: readonly Received[] | "peek"): Taken {
    let taken = messages;
    if (messages !== "peek" && this.#all.length > 1) {
      const given = new Set(messages);
      const copies = [...this.#copies()].filter(([, original]) => given.has(original)).map(([copy]) => copy);
      taken = [...messages, ...copies];
    }
    const told = this.#all.map((collection) => collection.take(taken));
    return {
      dropped: told.reduce((sum, { dropped }) => sum + dropped, 0),
      tooLarge: told.flatMap(({ tooLarge }) => tooLarge),
      interrupted: told.some(({ interrupted }) => interrupted),
    };
  }

  [Symbol.dispose](): void {
    for (const collection of this.#all) collection[Symbol.dispose]();
  }

  #check(): void {
    const { most } = this.#selection;
    if (this.#simple || most === Infinity || (!this.#looksBack && this.size < most)) return;
    if (this.messages.length >= most) this.#enough.resolve();
  }

  get #looksBack(): boolean {
    return this.#selection.since !== undefined || this.#selection.from !== undefined;
  }

  #selected({ history, messages }: Collection): readonly Received[] {
    if (!this.#looksBack) return messages;
    const { since = -Infinity, from = 0 } = this.#selection;
    return [...history, ...messages].filter(({ receivedAt, number }) => receivedAt >= since && number >= from);
  }

  /**
   * Duplicates, each with the message of an earlier collection that it repeats. A broker may send one copy of a message
   * for each of several matching subscriptions.
   */
  #copies(): Map<Received, Received> {
    const copies = new Map<Received, Received>();
    if (this.#all.length === 1) return copies;
    const earlier: { readonly since: number; readonly filter: string; readonly topics: Map<string, Received[]> }[] = [];
    for (const collection of this.#all) {
      const selected = this.#selected(collection);
      for (const message of selected) {
        const { topic, receivedAt } = message;
        const original = earlier.filter(({ filter, since }) => since <= receivedAt && topicMatches(filter, topic))
          .flatMap(({ topics }) => topics.get(topic) ?? [])
          .find((other) => other !== message && isCopy(other, message));
        if (original !== undefined) copies.set(message, original);
      }
      earlier.push({ ...collection, topics: Map.groupBy(selected, ({ topic }) => topic) });
    }
    return copies;
  }
}

function isCopy(one: Received, other: Received): boolean {
  return one.topic === other.topic && one.retain === other.retain &&
    Buffer.compare(one.payload, other.payload) === 0;
}
