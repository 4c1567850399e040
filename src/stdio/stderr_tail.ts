/**
 * The last lines that a process wrote to stderr before it ended.
 *
 * @module
 */

/** How many lines are kept. */
const MOST_LINES = 10;

/** How much of a line is kept, in characters. */
const LONGEST_LINE = 500;

/** Trailing lines of common programs that do not explain the error. */
const TRAILERS: readonly RegExp[] = [
  /^(?:Node\.js|Bun) v\d/,
  /^\(Use `node --trace-/,
  /^(?:Run|See|Try) ['"`].*--help['"`]/, // docker, and many others
  /^\[notice\] /, // pip
  /^This error happened while installing /, // pnpm
  /^(?:info Visit https:\/\/yarnpkg\.com\/|error Command failed with exit code \d)/,
  /^error: process didn't exit successfully/, // cargo
  /^npm (?:error|ERR!|notice)(?: |$)(?:A complete log of this run|\s*\S*-debug-\d*\.log|New (?:major|minor|patch) version|$)/,
  /^note: run with `RUST_BACKTRACE/,
  /^(?:stack backtrace|Stack backtrace|goroutine \d+ \[.*\]):?$/,
  /^exit status \d+$/,
  /^[\w./*()]+\([\w, .{}]*\)$/, // the frames of Go
  /^[\s\])}^~]/, // frames, and the ends of what was printed
];

/** What npm prints on a failure: the first line that is not a detail explains it best. */
const NPM = /^npm (?:error|ERR!) /;
const NPM_DETAIL = /^npm (?:error|ERR!) (?:code|syscall|path|dest|errno|cwd|Lifecycle script) /;

/** A line of `^` and `~` that marks a place in the line above. */
const MARKER = /^\s*[~^]+\s*$/;

/** Takes the lines of stderr, and keeps those that may explain an exit. */
export class StderrTail {
  readonly #lines: string[] = [];
  #headline = "";
  /** The headline before the last line. */
  #before = "";

  /** Takes a line that is not empty. */
  add(line: string): void {
    const kept = line.slice(0, LONGEST_LINE);
    this.#lines.push(kept);
    if (this.#lines.length > MOST_LINES) this.#lines.shift();
    const before = this.#headline;
    if (MARKER.test(kept)) this.#headline = this.#before; // the line above is source code, not the error
    else if (before === "" || !isTrailer(kept, before)) this.#headline = kept.trim();
    this.#before = before;
  }

  /** The last lines. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The line that best explains the exit; empty when there is none. */
  get headline(): string {
    return this.#headline;
  }
}

/** Whether a line explains less than the current headline. */
function isTrailer(line: string, headline: string): boolean {
  if (NPM.test(line) && (NPM_DETAIL.test(line) || (NPM.test(headline) && !NPM_DETAIL.test(headline)))) return true;
  return TRAILERS.some((trailer) => trailer.test(line));
}
