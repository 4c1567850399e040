/**
 * `list --watch` in a terminal: a table that is kept up to date.
 *
 * @module
 */
import type { ListedServer } from "../../app/list/server_registry.ts";
import type { Observer } from "../../core/events.ts";
import type { Announcement } from "../../wire/mod.ts";
import { changeLine, keyProblems, rowsOf } from "./rows.ts";
import type { TerminalSize } from "../terminal.ts";
import { table } from "../text.ts";

/** How many of the last changes are shown below the table. */
const CHANGES = 5;

/** How many errors are shown below the table at most. Each also has a row in the table. */
const PROBLEMS = 3;

/** Changes within this time, in ms, are shown together. */
const INTERVAL = 100;

/**
 * Shows the servers that are online, in place of the previous table. Disposing of it leaves the last table on the
 * screen.
 */
export class LiveTable implements Disposable {
  readonly #print: (text: string) => void;
  readonly #size: () => TerminalSize;
  readonly #broker: string;
  readonly #known: ReadonlyMap<string, string>;
  #servers: () => readonly ListedServer[] = () => [];
  #changes: string[] = [];
  #connectionError: string | undefined;
  #shown: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param broker its URL, without credentials
   * @param known the keys that the user has given, by server name
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

  /** Shows why there is no connection. A log would break the table. */
  readonly observe: Observer = (event) => {
    if (event.type === "broker.lost" || event.type === "broker.refused") this.#connectionError = event.cause;
    else if (event.type === "broker.connected") this.#connectionError = undefined;
    else return;
    this.#soon();
  };

  /**
   * Notes that a server has come or gone.
   *
   * @param servers returns the servers that are online, when the table is drawn
   */
  changed(change: Announcement, servers: () => readonly ListedServer[]): void {
    this.#servers = servers;
    this.#changes = [...this.#changes, changeLine(change, this.#known).trimEnd()].slice(-CHANGES);
    this.#soon();
  }

  /** Redraws the table, because the size of the terminal has changed. */
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
      this.#connectionError === undefined
        ? `${count} online on ${this.#broker}; Ctrl+C ends this`
        : `no connection to ${this.#broker}: ${this.#connectionError}`,
      ...(servers.length === 0 ? [] : lines.slice(0, lines.length - hidden)),
      ...(hidden === 0 ? [] : [`and ${hidden} more`]),
      ...problems,
      ...(this.#changes.length === 0 ? [] : ["", ...this.#changes]),
    ].map((line) => visibleRow(line, columns));
    // Moves up to the beginning of the last table, and clears it (ECMA-48: CUU, ED). If the terminal has become
    // narrower, it has wrapped the lines of that table.
    const shownRows = this.#shown.reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    const back = shownRows === 0 ? "" : `\u001b[${shownRows}A\r\u001b[J`;
    this.#print(`${back}${all.join("\n")}\n`);
    this.#shown = all;
  }
}

/** A line cut to fit one row. Characters beyond ASCII may take two columns each. */
function visibleRow(line: string, columns: number): string {
  const wide = /[^\x20-\x7e…]/.test(line);
  const most = Math.max(1, wide ? Math.floor(columns / 2) : columns - 1);
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
