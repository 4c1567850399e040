/**
 * Full-text search.
 *
 * @module
 */
import MiniSearch from "minisearch";

/** A text in parts of different weight. */
export interface Text {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

/** The most words of a query. Nobody needs more. */
const MOST_WORDS = 32;

/** The weight of a word in these parts. In the description it is 1. */
const BOOST = { name: 3, title: 2 };

/** The rest of a longer part is ignored, in characters. */
const LONGEST_PART = 2_000;

/** Finds texts by their words, and by similar words. */
export class FullText {
  readonly #index = new MiniSearch<Document>({
    fields: ["name", "title", "description"],
    extractField: (document, field) => document[field as keyof Document] as string,
    tokenize: wordsOf,
    processTerm: (word) => word, // wordsOf() has already done this
    logger: () => {},
  });
  readonly #documents = new Map<number, Document>();
  #last = 0;

  /** Adds a text. Returns its number. */
  add({ name, title, description }: Text): number {
    const id = ++this.#last;
    const document = { id, name: partOf(name), title: partOf(title), description: partOf(description) };
    this.#documents.set(id, document);
    this.#index.add(document);
    return id;
  }

  remove(id: number): void {
    const document = this.#documents.get(id);
    if (document === undefined) return;
    this.#documents.delete(id);
    this.#index.remove(document);
  }

  /** The scores of the texts with some of the words, by their numbers. */
  find(words: string): Map<number, number> {
    const query = wordsOf(partOf(words)).slice(0, MOST_WORDS).join(" ");
    const found = this.#index.search(query, {
      boost: BOOST,
      prefix: isLong(2),
      fuzzy: (word) => isLong(4)(word) && 0.2,
    });
    return new Map(found.map(({ id, score }) => [id as number, score]));
  }
}

interface Document {
  readonly id: number;
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

function isLong(length: number): (word: string) => boolean {
  return (word) => word.length > length;
}

function partOf(text: string | undefined): string {
  return (text ?? "").slice(0, LONGEST_PART);
}

/** `readFile`, `read_file` and `Read-file` are the same two words. */
function wordsOf(text: string): string[] {
  return text.normalize("NFKD").replace(/\p{M}/gu, "")
    .replace(/(\p{Ll}|\p{N})(?=\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll})/gu, "$1$2 ")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}
