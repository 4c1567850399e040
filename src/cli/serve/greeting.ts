/**
 * What `serve` prints for a user at a terminal: the broker, the names of the servers, and a command line to try one.
 *
 * @module
 */
import type { Observer } from "../../core/events.ts";
import { callLine, type KnownServer } from "../call_line.ts";
import type { CommandLineIo } from "../command.ts";
import { visibleLine } from "../text.ts";

/** When no further server has come online for this long, in ms, all are taken to be online. */
const QUIET = 500;

/** Prints the greeting once, when the servers are online. */
export class Greeting implements Disposable {
  readonly #io: CommandLineIo;
  readonly #broker: string;
  readonly #line: string;
  readonly #topics = new Map<string, string[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #said = false;

  /** @param server the first server */
  constructor(io: CommandLineIo, server: KnownServer, flags: Readonly<Record<string, unknown>>) {
    this.#io = io;
    this.#broker = server.broker;
    this.#line = callLine(server, flags);
  }

  readonly observe: Observer = (event) => {
    if (this.#said || event.type !== "server.online") return;
    this.#topics.set(event.server, [...this.#topics.get(event.server) ?? [], event.topic]);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#say(), QUIET);
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #say(): void {
    this.#said = true;
    const names = [...this.#topics.keys()].map((name) => visibleLine(name)).join(", ");
    const topics = [...this.#topics.values()].flat().map((topic) => visibleLine(topic)).join(", ");
    this.#io.printError(
      `serving ${names} on ${this.#broker}, until Ctrl+C\nonline on ${topics}\ntry it: ${this.#line}\n`,
    );
  }
}
