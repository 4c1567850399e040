/**
 * Printing lines that may be far apart in time to a pipe that may have lost its reader.
 *
 * Only a write tells whether a pipe has a reader: Deno 2.9 does not watch a pipe that it writes to. But every next line
 * begins with the same known characters. So these are written ahead, one at a time. The complete line is the same.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";

/**
 * How long after a line the first character of the next one is written, in ms. The pause doubles with each character.
 */
const FIRST_PAUSE = 500;

/** Prints lines, and notices soon after a line that the reader is gone. */
export class ChangeLines implements Disposable {
  readonly #print: (text: string) => void;
  readonly #beginning: string;
  readonly #failed: (error: unknown) => void;
  readonly #clock: Clock;
  /** How many characters of the next line are written. */
  #ahead = 0;
  #pause = FIRST_PAUSE;
  #cancel: (() => void) | undefined;

  /**
   * @param print writes synchronously, and throws when it fails
   * @param beginning the text that every line begins with
   * @param failed called with the error when printing fails
   */
  constructor(
    print: (text: string) => void,
    beginning: string,
    failed: (error: unknown) => void,
    clock: Clock = systemClock,
  ) {
    this.#print = print;
    this.#beginning = beginning;
    this.#failed = failed;
    this.#clock = clock;
    this.#expect();
  }

  /** Prints a line. */
  print(line: string): void {
    const ahead = this.#beginning.slice(0, this.#ahead);
    this.#ahead = 0;
    this.#pause = FIRST_PAUSE;
    if (this.#write(line.startsWith(ahead) ? line.slice(ahead.length) : `\n${line}`)) this.#expect();
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
  }

  #expect(): void {
    this.#cancel?.();
    if (this.#ahead === this.#beginning.length) return;
    this.#cancel = this.#clock.after(this.#pause, () => {
      this.#pause *= 2;
      if (this.#write(this.#beginning.charAt(this.#ahead++))) this.#expect();
    });
  }

  #write(text: string): boolean {
    try {
      this.#print(text);
      return true;
    } catch (error) {
      this.#cancel?.();
      this.#failed(error);
      return false;
    }
  }
}
