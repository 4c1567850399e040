/**
 * A story told on stdout, for somebody who sees all of it for the first time.
 *
 * @module
 */
import { print } from "./print.ts";

const INDENT = "   ";

/** Widths of the columns of messages. */
const WHO = 7;
const WHAT = 44;

/** Tells what happens: chapters, sentences, and messages with the time at which they passed. */
export class Narrator {
  readonly #started = performance.now();
  #chapters = 0;

  /** Seconds since the beginning, with one decimal. */
  get elapsed(): string {
    return ((performance.now() - this.#started) / 1000).toFixed(1);
  }

  chapter(title: string): void {
    this.#write(`\n${++this.#chapters}. ${title}`);
  }

  tell(sentence: string): void {
    this.#write(INDENT + sentence);
  }

  /** A command line of the program, to be copied. */
  command(args: readonly string[]): void {
    this.#write(`${INDENT}$ mcp-mqtt-proxy ${args.join(" ")}`);
  }

  /** A message that passes the broker. */
  message(who: string, what: string, topic: string): void {
    this.#write(`${INDENT}  ${this.elapsed.padStart(4)} s  ${who.padEnd(WHO)}  ${what.padEnd(WHAT)}  ${topic}`);
  }

  end(sentence: string): void {
    this.#write(`\n${sentence}`);
  }

  #write(line: string): void {
    print(line);
  }
}
