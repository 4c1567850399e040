/**
 * The tools of the servers of a fleet, without asking each server.
 *
 * @module
 */
import type { Observer } from "../../../core/events.ts";
import { orAborted, sleep } from "../../../core/waiting.ts";
import { errorText } from "../../../core/text.ts";
import type { FleetDirectory, FleetServer } from "../servers/directory.ts";
import { membersOf, objectsOf } from "../json.ts";
import type { SessionPool } from "../servers/pool.ts";
import { pages, ServerLists } from "./server_lists.ts";
import type { ServerSession } from "../servers/server_session.ts";
import { type ToolList, ToolListReader } from "./tool_lists.ts";

/** What a {@linkcode Catalogue} is made of. */
export interface CatalogueConfig {
  readonly directory: Pick<FleetDirectory, "get" | "servers">;
  readonly pool: Pick<SessionPool, "use">;
  readonly observe: Observer;
  /** Called when the tools of a server have changed, or are known for the first time. */
  readonly changed: (server: string) => void;
  /** The most tools of all lists together. Older lists are forgotten, and fetched again when needed. @default {50000} */
  readonly mostTools?: number;
}

/** The shortest time between two requests to a server that keeps saying that its tools have changed, in ms. */
const PAUSE = 2_000;

const MOST_TOOLS = 50_000;

interface Entry {
  /** The list from the server itself. It replaces what the presence says. */
  own?: ToolList;
  /** The digest in the presence when the list was fetched. */
  said?: string | undefined;
  asking?: Promise<ToolList>;
  /** Whether the list did not match the digest in the presence. */
  distrusted?: boolean;
  /** Set while new tools are fetched and for {@linkcode PAUSE} after. `again` means that they have changed since. */
  refresh?: { again: boolean };
}

/** The tools of each server, from the best source that there is. */
export class Catalogue implements Disposable {
  readonly #config: CatalogueConfig;
  readonly #entries = new Map<string, Entry>();
  /** Lists that match the digest in a presence. */
  readonly #byDigest = new Map<string, ToolList>();
  /** The request in progress for the list of each digest. */
  readonly #asked = new Map<string, Promise<unknown>>();
  readonly #servers: ServerLists;
  readonly #abort = new AbortController();

  constructor(config: CatalogueConfig) {
    this.#config = config;
    this.#servers = new ServerLists(config.pool);
  }

  /** The list of a server if it is known without asking. */
  known(name: string): ToolList | undefined {
    const server = this.#config.directory.get(name);
    if (server === undefined) return undefined;
    const entry = this.#entries.get(name);
    return entry?.own ?? this.#shared(server, entry) ?? presentList(server);
  }

  /** How many servers must be asked before all tools are known. */
  get unknown(): number {
    const digests = new Set<string>();
    let count = 0;
    for (const { name, toolsDigest } of this.#config.directory.servers) {
      if (this.known(name) !== undefined || (toolsDigest !== undefined && digests.has(toolsDigest))) continue;
      if (toolsDigest !== undefined) digests.add(toolsDigest);
      count++;
    }
    return count;
  }

  /**
   * The list of a server. Asks the server if the list is not known.
   *
   * @throws {Error} when it cannot be asked, or does not answer
   */
  async tools(name: string, signal: AbortSignal): Promise<ToolList> {
    const known = this.known(name);
    if (known !== undefined) return known;
    const digest = this.#config.directory.get(name)?.toolsDigest;
    const asked = digest === undefined || this.#entries.get(name)?.distrusted ? undefined : this.#asked.get(digest);
    if (asked === undefined) return await orAborted(this.#ask(name), signal);
    await orAborted(asked.catch(() => {}), signal);
    return this.known(name) ?? await orAborted(this.#ask(name), signal);
  }

  /** Call this when the presence of a server has changed or is gone. */
  serverChanged(name: string): void {
    const server = this.#config.directory.get(name);
    const entry = this.#entries.get(name);
    if (server === undefined) this.#entries.delete(name);
    else if (entry?.own !== undefined && server.toolsDigest !== entry.said) {
      // The presence now has the digest of the known list, so the server need not be asked again.
      if (server.toolsDigest === entry.own.digest) this.#byDigest.set(entry.own.digest, entry.own);
      this.#entries.delete(name);
    }
  }

  /** Call this when a server has sent `tools/list_changed`. */
  listChanged(name: string): void {
    if (this.known(name) === undefined) return;
    const entry = this.#entryOf(name);
    if (entry.refresh === undefined) void this.#refresh(name, entry);
    else entry.refresh.again = true;
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }

  async #refresh(name: string, entry: Entry): Promise<void> {
    const { signal } = this.#abort;
    const state = { again: true };
    entry.refresh = state;
    while (state.again && !signal.aborted && this.#entries.get(name) === entry) {
      state.again = false;
      try {
        await this.#ask(name, true);
      } catch (error) {
        this.#config.observe({
          type: "warning",
          text: `the new tools of ${name} could not be listed: ${errorText(error)}`,
        });
      }
      await sleep(PAUSE, signal).catch(() => {});
    }
    delete entry.refresh;
  }

  #entryOf(name: string): Entry {
    const entry = this.#entries.get(name) ?? {};
    this.#entries.set(name, entry);
    return entry;
  }

  #shared({ toolsDigest }: FleetServer, entry: Entry | undefined): ToolList | undefined {
    return toolsDigest === undefined || entry?.distrusted === true ? undefined : this.#byDigest.get(toolsDigest);
  }

  #ask(name: string, anew = false): Promise<ToolList> {
    const entry = this.#entryOf(name);
    if (!anew && entry.asking !== undefined) return entry.asking;
    const asking = this.#servers.read(name, fetchTools).then((list) => this.#learn(name, entry, list));
    entry.asking = asking;
    const digest = this.#config.directory.get(name)?.toolsDigest;
    if (digest !== undefined && !this.#asked.has(digest)) {
      this.#asked.set(digest, asking);
      const done = () => void this.#asked.delete(digest);
      asking.then(done, done);
    }
    const settled = () => {
      if (entry.asking === asking) delete entry.asking;
    };
    asking.then(settled, (error) => {
      settled();
      if (this.#abort.signal.aborted || anew || this.#config.directory.get(name) === undefined) return;
      this.#config.observe({ type: "warning", text: `the tools of ${name} could not be listed: ${errorText(error)}` });
    });
    return asking;
  }

  #learn(name: string, entry: Entry, list: ToolList): ToolList {
    const said = this.#config.directory.get(name)?.toolsDigest;
    const before = this.known(name)?.digest;
    if (said === list.digest) {
      this.#byDigest.set(list.digest, list);
      delete entry.own;
    } else {
      entry.own = this.#same(list);
      entry.said = said;
      if (said !== undefined && entry.distrusted !== true) {
        entry.distrusted = true;
        const text =
          `the tools of ${name} do not match the digest in its presence; they are not used for other servers`;
        this.#config.observe({ type: "warning", text });
      }
    }
    this.#prune();
    if (this.known(name)?.digest !== before) this.#config.changed(name);
    return list;
  }

  /** The equal list of another server, if there is one, so that it is kept only once. */
  #same(list: ToolList): ToolList {
    const known = this.#byDigest.get(list.digest);
    if (known !== undefined) return known;
    for (const { own } of this.#entries.values()) {
      if (own?.digest === list.digest) return own;
    }
    return list;
  }

  /** Forgets lists that no server has, and the oldest ones if there are too many. */
  #prune(): void {
    const used = new Set<string>();
    for (const { toolsDigest } of this.#config.directory.servers) {
      if (toolsDigest !== undefined) used.add(toolsDigest);
    }
    let count = 0;
    const { mostTools = MOST_TOOLS } = this.#config;
    const hasRoom = ({ tools }: ToolList) => (count += tools.length) <= mostTools;
    for (const [digest, list] of [...this.#byDigest].reverse()) {
      if (!used.has(digest) || !hasRoom(list)) this.#byDigest.delete(digest);
    }
    for (const entry of [...this.#entries.values()].reverse()) {
      if (entry.own !== undefined && !hasRoom(entry.own)) delete entry.own;
    }
  }
}

async function fetchTools(session: ServerSession): Promise<ToolList> {
  const reader = new ToolListReader();
  if (session.capabilities.tools === undefined) return await reader.list();
  for await (const page of pages(session, "tools/list", "tools")) {
    reader.add(page);
    if (reader.full) break;
  }
  return await reader.list();
}

/** Lists from presences. A changed presence makes a new `FleetServer`. */
const PRESENT = new WeakMap<FleetServer, ToolList>();

/** The list in a presence, used for that server alone. `undefined` if it is missing or incomplete. */
function presentList(server: FleetServer): ToolList | undefined {
  const known = PRESENT.get(server);
  if (known !== undefined) return known;
  const { name, presentTools } = server;
  const tools = objectsOf(presentTools);
  const complete = tools.length > 0 && tools.every(({ inputSchema }) => membersOf(inputSchema).type === "object");
  if (!complete) return undefined;
  const reader = new ToolListReader();
  reader.add(tools);
  const list = reader.as(`the presence of ${name}, ${crypto.randomUUID()}`);
  PRESENT.set(server, list);
  return list;
}
