/**
 * Lines that may be a long time apart, into a pipe that somebody may have stopped to read.
 *
 * Only a write tells whether a pipe has a reader (Deno 2.9 waits for nothing on a pipe that it writes to). But what the
 * next line begins with is known, so that is written ahead, a character at a time. In the end the line is the same.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";

/** How long after a line the first character of the next one is written, in ms. The pause doubles with each. */
const FIRST_PAUSE = 500;

/** Prints lines, and notices soon after one that there is nobody to read the next. */
export class ChangeLines implements Disposable {
  readonly #print: (text: string) => void;
  readonly #beginning: string;
  readonly #failed: (error: unknown) => void;
  readonly #clock: Clock;
  /** How much of the next line is written. */
  #ahead = 0;
  #pause = FIRST_PAUSE;
  #cancel: (() => void) | undefined;

  /**
   * @param print writes at once, and throws when it cannot
   * @param beginning what every line begins with
   * @param failed told when nothing more can be printed, and why
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
