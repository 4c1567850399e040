/**
 * What `call` shows on a terminal while it waits.
 *
 * @module
 */
import type { Progress } from "../../app/call/mcp_client.ts";
import type { Observer } from "../../core/events.ts";
import type { StatusLine } from "../status_line.ts";

/** How often the line is updated, in ms. It is first shown after this time. */
const UPDATE_INTERVAL = 1_000;

/** Width of the progress bar, in characters. */
const CELLS = 24;

/** Shows what `call` waits for, until it is disposed of. */
export class Waiting implements Disposable {
  readonly #line: StatusLine;
  readonly #server: string;
  /** What is awaited while the broker is connected. */
  #wanted: string;
  #reason: string;
  #progress: string | undefined;
  readonly #since = performance.now();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param server what the user calls the server
   * @param broker its URL
   */
  constructor(line: StatusLine, server: string, broker: string) {
    this.#line = line;
    this.#server = server;
    this.#wanted = `a server called ${server}`;
    this.#reason = `the broker ${broker}`;
    if (line.visible) this.#timer = setInterval(() => this.#show(), UPDATE_INTERVAL);
  }

  /** Learns from events how far the connection has come. */
  readonly observe: Observer = (event) => {
    if (event.type === "broker.connected") this.#reason = this.#wanted;
    else if (event.type === "broker.lost") this.#reason = `the broker ${event.broker}: ${event.cause}`;
  };

  /** Notes that the server is online, and was sent a request. */
  asked(what: string): void {
    this.#wanted = `the answer of ${this.#server} to ${what}`;
    this.#reason = this.#wanted;
  }

  /** Shows the progress that the server reports. */
  progressed({ progress, total, message }: Progress): void {
    this.#progress = total !== undefined && total > 0
      ? `${bar(progress / total)} ${message ?? ""}`
      : `${this.#server}: ${message ?? progress}`;
    this.#show();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }

  #show(): void {
    const seconds = Math.round((performance.now() - this.#since) / 1_000);
    this.#line.show(this.#progress ?? `waiting ${seconds} s for ${this.#reason}`);
  }
}

/** @param part the fraction that is done, from 0 to 1 */
function bar(part: number): string {
  const within = Math.min(1, Math.max(0, part));
  return `[${"#".repeat(Math.round(within * CELLS)).padEnd(CELLS, "-")}] ${Math.round(within * 100)} %`;
}
