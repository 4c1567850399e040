/**
 * Answers to requests that did not fit into a result, so that a further call can read the rest.
 *
 * @module
 */
import { costOf } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";

/** Remembers the latest answers by name, up to a limit of bytes. */
export class CutAnswers {
  readonly #limit: number;
  readonly #answers = new Map<string, Received>();
  #bytes = 0;
  #lastNumber = 0;

  /** @param limit in bytes; the last answer is remembered however large it is */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Remembers an answer. Returns its name. */
  add(answer: Received): string {
    const name = `${++this.#lastNumber}`;
    this.#answers.set(name, answer);
    this.#bytes += costOf(answer);
    for (const [oldest, message] of this.#answers) {
      if (this.#bytes <= this.#limit || oldest === name) break;
      this.#answers.delete(oldest);
      this.#bytes -= costOf(message);
    }
    return name;
  }

  /** The answer of a name, if it is remembered. */
  get(name: string): Received | undefined {
    return this.#answers.get(name);
  }
}
