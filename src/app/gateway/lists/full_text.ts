/**
 * Full text: which texts have some words, the best first.
 *
 * @module
 */
import MiniSearch from "minisearch";

/** A text in parts, of which some say more about it than others. */
export interface Text {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

/** Words of a question that are looked for; what is behind them is a mistake, or worse. */
const MOST_WORDS = 32;

/** How many times as much as in the description a word counts in the other parts. */
const BOOST = { name: 3, title: 2 };

/** Longest part of a text that is looked at, in characters. */
const LONGEST_PART = 2_000;

/** Texts that can be found by their words, or by words that are almost the same. */
export class FullText {
  readonly #index = new MiniSearch<Document>({
    fields: ["name", "title", "description"],
    extractField: (document, field) => document[field as keyof Document] as string,
    tokenize: wordsOf,
    processTerm: (word) => word, // that has been done to all of them at once
    logger: () => {},
  });
  readonly #documents = new Map<number, Document>();
  #last = 0;

  /** Takes a text up, under the number that is returned. */
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

  /** How well the texts fit that have some of the words, by their numbers. */
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
