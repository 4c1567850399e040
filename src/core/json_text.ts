/**
 * JSON that is read without being changed: numbers keep their digits, and objects keep the order of their members and
 * repeated names.
 *
 * `JSON.parse` makes `2574604874062343519` another number and `1.0` an integer, and moves names such as `10` forward.
 *
 * @module
 */
import { elementsOf, findMember, Members, readString } from "./json_scan.ts";
import { OPEN_BRACE, skipWhitespace } from "./json_skip.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Every token of a JSON text, and white space between them. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[^\s"{}[\]:,]+|[{}[\]:,]|\s+/g;

/** A JSON value as the text that was sent. */
export class JsonText {
  readonly #bytes: Uint8Array;
  #text: string | undefined;

  /** @param bytes valid JSON */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * The JSON value that `text` spells.
   *
   * @throws {SyntaxError} when it is not JSON
   */
  static parse(text: string): JsonText {
    JSON.parse(text);
    return new JsonText(encoder.encode(text));
  }

  /** A JavaScript value as JSON text. */
  static from(value: unknown): JsonText {
    return new JsonText(encoder.encode(JSON.stringify(value)));
  }

  /** An object of these members, in their order. */
  static object(members: readonly (readonly [name: string, value: JsonText])[]): JsonText {
    const texts = members.map(([name, { text }]) => `${JSON.stringify(name)}:${text}`);
    return new JsonText(encoder.encode(`{${texts.join(",")}}`));
  }

  /** The text as it is. */
  get text(): string {
    return this.#text ??= decoder.decode(this.#bytes);
  }

  /** The value as `JSON.parse` reads it. */
  get value(): unknown {
    return JSON.parse(this.text);
  }

  /** The value at this path of member names; `undefined` when there is none. */
  get(...names: readonly string[]): JsonText | undefined {
    const found = findMember(this.#bytes, ...names);
    return found && new JsonText(this.#bytes.subarray(found.start, found.end));
  }

  /** The members of an object, in their order; none of anything else. */
  get members(): readonly (readonly [name: string, value: JsonText])[] {
    const open = skipWhitespace(this.#bytes, 0);
    if (this.#bytes[open] !== OPEN_BRACE) return [];
    const members = new Members(this.#bytes, open);
    const all: (readonly [string, JsonText])[] = [];
    while (members.next()) {
      const { nameStart, nameEnd, start, end } = members;
      const name = readString(this.#bytes, nameStart, nameEnd) ?? "";
      all.push([name, new JsonText(this.#bytes.subarray(start, end))]);
    }
    return all;
  }

  /** The elements of an array; none of anything else. */
  get elements(): readonly JsonText[] {
    return elementsOf(this.#bytes).map(({ start, end }) => new JsonText(this.#bytes.subarray(start, end)));
  }

  /** The text on several lines, indented as `JSON.stringify(value, undefined, 2)` does. */
  get indented(): string {
    let text = "";
    let depth = 0;
    let before = "";
    for (const [token] of this.text.matchAll(TOKENS)) {
      if (/^\s/.test(token)) continue;
      const closes = token === "}" || token === "]";
      const opened = before === "{" || before === "[";
      if (closes) depth--;
      if (closes ? !opened : opened || before === ",") text += `\n${"  ".repeat(depth)}`;
      text += token === ":" ? ": " : token;
      if (token === "{" || token === "[") depth++;
      before = token;
    }
    return text;
  }
}
