/**
 * `list --watch` in a terminal: a table that is always as of now.
 *
 * @module
 */
import type { ListedServer } from "../../app/list/server_registry.ts";
import type { Observer } from "../../core/events.ts";
import type { Announcement } from "../../wire/mod.ts";
import { changeLine, keyProblems, rowsOf } from "./rows.ts";
import type { TerminalSize } from "../terminal.ts";
import { table } from "../text.ts";

/** So many of the last changes stand below the table. */
const CHANGES = 5;

/** So many errors stand below it at most; each has its row in the table besides. */
const PROBLEMS = 3;

/** Changes that come together are shown together, within so many ms. */
const INTERVAL = 100;

/** Shows who is online, in the place of what was shown before. Disposing of it leaves the last table where it is. */
export class LiveTable implements Disposable {
  readonly #print: (text: string) => void;
  readonly #size: () => TerminalSize;
  readonly #broker: string;
  readonly #known: ReadonlyMap<string, string>;
  #servers: () => readonly ListedServer[] = () => [];
  #changes: string[] = [];
  #trouble: string | undefined;
  #shown: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param broker its URL, without credentials
   * @param known the keys of servers that the user has given, by their names
   */
  constructor(
    print: (text: string) => void,
    size: () => TerminalSize,
    broker: string,
    known: ReadonlyMap<string, string>,
  ) {
    this.#known = known;
    this.#print = print;
    this.#size = size;
    this.#broker = broker;
    this.#draw();
  }

  /** Shows why there is no connection, instead of a log that would tear the table. */
  readonly observe: Observer = (event) => {
    if (event.type === "broker.lost" || event.type === "broker.refused") this.#trouble = event.cause;
    else if (event.type === "broker.connected") this.#trouble = undefined;
    else return;
    this.#soon();
  };

  /**
   * Somebody has come or gone.
   *
   * @param servers who is there, when it is shown
   */
  changed(change: Announcement, servers: () => readonly ListedServer[]): void {
    this.#servers = servers;
    this.#changes = [...this.#changes, changeLine(change, this.#known).trimEnd()].slice(-CHANGES);
    this.#soon();
  }

  /** The terminal has another size. */
  resized(): void {
    this.#soon();
  }

  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#draw();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#draw(), INTERVAL);
  }

  #draw(): void {
    this.#timer = undefined;
    const { columns, rows } = this.#size();
    const servers = this.#servers();
    const problems = keyProblems(servers, this.#known).slice(0, PROBLEMS).map((problem) => `error: ${problem}`);
    const room = rows - CHANGES - 4 - problems.length;
    const lines = table(rowsOf(servers, this.#known)).trimEnd().split("\n");
    const hidden = Math.max(0, lines.length - Math.max(2, room));
    const count = servers.length === 1 ? "1 server is" : `${servers.length || "no"} servers are`;
    const all = [
      this.#trouble === undefined
        ? `${count} online on ${this.#broker}; Ctrl+C ends this`
        : `no connection to ${this.#broker}: ${this.#trouble}`,
      ...(servers.length === 0 ? [] : lines.slice(0, lines.length - hidden)),
      ...(hidden === 0 ? [] : [`and ${hidden} more`]),
      ...problems,
      ...(this.#changes.length === 0 ? [] : ["", ...this.#changes]),
    ].map((line) => visibleRow(line, columns));
    // Up to where the last one began, and nothing of it is left (ECMA-48: CUU, ED). Where there are fewer columns now,
    // the terminal has broken its lines.
    const shownRows = this.#shown.reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    const back = shownRows === 0 ? "" : `\u001b[${shownRows}A\r\u001b[J`;
    this.#print(`${back}${all.join("\n")}\n`);
    this.#shown = all;
  }
}

/** A line that surely takes one row: letters beyond ASCII may take two columns each. */
function visibleRow(line: string, columns: number): string {
  const wide = /[^\x20-\x7e…]/.test(line);
  const most = Math.max(1, wide ? Math.floor(columns / 2) : columns - 1);
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
