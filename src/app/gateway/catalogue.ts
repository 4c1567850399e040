/**
 * Which tools the servers of a fleet have, without asking each of them.
 *
 * @module
 */
import type { Observer } from "../../core/events.ts";
import { orAborted, orLate, sleep } from "../../core/waiting.ts";
import { errorText } from "../../core/text.ts";
import type { FleetDirectory, FleetServer } from "./directory.ts";
import { membersOf, objectsOf } from "./json.ts";
import { Limiter } from "./limiter.ts";
import type { SessionPool } from "./pool.ts";
import type { ServerSession } from "./server_session.ts";
import { type ToolList, ToolListReader } from "./tool_lists.ts";

/** What a {@linkcode Catalogue} is made of. */
export interface CatalogueConfig {
  readonly directory: FleetDirectory;
  readonly pool: SessionPool;
  readonly observe: Observer;
  /** Told when the tools of a server are others than before, or known for the first time. */
  readonly changed: (server: string) => void;
}

/** Servers that are asked at the same time, but for those that take longer than this, in ms. */
const ASKED_AT_ONCE = 16;
const USUAL_TIME = 2_000;

/** How long a server may take to say which tools it has, in ms; a server may have to be started first. */
const ASK_TIMEOUT = 30_000;

/** A server that says again and again that its tools have changed is asked no more often than this, in ms. */
const PAUSE = 2_000;

/** A list that comes in more pages than this is not read to its end. */
const MOST_PAGES = 100;

/** All lists together may have so many tools; servers beyond that are asked again when they are used. */
const MOST_TOOLS = 50_000;

interface Entry {
  /** The list that the server itself has sent, in the place of what its presence says. */
  own?: ToolList;
  /** The digest that its presence named then. */
  said?: string | undefined;
  asking?: Promise<ToolList>;
  /** Whether its presence names a digest that its list does not have. */
  distrusted?: boolean;
  /** While it is asked for its new tools, and for a while after: whether they have changed again. */
  refresh?: { again: boolean };
}

/** The tools of each server, from the best source that there is. */
export class Catalogue implements Disposable {
  readonly #config: CatalogueConfig;
  readonly #entries = new Map<string, Entry>();
  /** Lists that have the digest by which they are announced. */
  readonly #byDigest = new Map<string, ToolList>();
  /** Who is asked for the list of a digest. */
  readonly #asked = new Map<string, Promise<unknown>>();
  readonly #limiter = new Limiter(ASKED_AT_ONCE, USUAL_TIME);
  readonly #abort = new AbortController();

  constructor(config: CatalogueConfig) {
    this.#config = config;
  }

  /** The list of a server, as far as it is known without asking. */
  known(name: string): ToolList | undefined {
    const server = this.#config.directory.get(name);
    if (server === undefined) return undefined;
    const entry = this.#entries.get(name);
    return entry?.own ?? this.#shared(server, entry) ?? presentList(server);
  }

  /** How many servers would have to be asked for the tools of all. */
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
   * The list of a server, which is asked if need be.
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

  /** The server says something else than before, or is gone. */
  serverChanged(name: string): void {
    const server = this.#config.directory.get(name);
    const entry = this.#entries.get(name);
    if (server === undefined) this.#entries.delete(name);
    else if (entry?.own !== undefined && server.toolsDigest !== entry.said) {
      // Who only says now which tools these are need not be asked again.
      if (server.toolsDigest === entry.own.digest) this.#byDigest.set(entry.own.digest, entry.own);
      this.#entries.delete(name);
    }
    this.#prune();
  }

  /** The server has said that its tools have changed. */
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
      const before = this.known(name);
      try {
        const list = await this.#ask(name, true);
        if (list.digest !== before?.digest) this.#config.changed(name);
      } catch (error) {
        this.#config.observe({ type: "warning", text: `the new tools of ${name} are not known: ${errorText(error)}` });
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
    const fetched = () => this.#config.pool.use(name, (session) => this.#fetch(session));
    const late = () => {
      throw new Error(`${name} has not said within ${ASK_TIMEOUT / 1_000} s which tools it has`);
    };
    const asking = this.#limiter.run(() => orLate(fetched(), ASK_TIMEOUT, late))
      .then((list) => this.#learn(name, entry, list));
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
      this.#config.observe({ type: "warning", text: `the tools of ${name} are not known: ${errorText(error)}` });
    });
    return asking;
  }

  #learn(name: string, entry: Entry, list: ToolList): ToolList {
    const said = this.#config.directory.get(name)?.toolsDigest;
    const isNew = entry.own?.digest !== list.digest;
    if (said === list.digest) {
      this.#byDigest.set(list.digest, list);
      delete entry.own;
    } else {
      entry.own = this.#same(list);
      entry.said = said;
      if (said !== undefined && entry.distrusted !== true) {
        entry.distrusted = true;
        const text = `the tools of ${name} are not those of the digest in its presence; no other server gets them`;
        this.#config.observe({ type: "warning", text });
      }
    }
    this.#prune();
    if (isNew) this.#config.changed(name);
    return list;
  }

  /** The same list as another server has it, if one has: it is kept once. */
  #same(list: ToolList): ToolList {
    const known = this.#byDigest.get(list.digest);
    if (known !== undefined) return known;
    for (const { own } of this.#entries.values()) {
      if (own?.digest === list.digest) return own;
    }
    return list;
  }

  async #fetch(session: ServerSession): Promise<ToolList> {
    const reader = new ToolListReader();
    if (session.capabilities.tools === undefined) return await reader.list();
    const signal = AbortSignal.timeout(ASK_TIMEOUT);
    let cursor: unknown;
    for (let page = 0; page < MOST_PAGES && !reader.full; page++) {
      const result = await session.request("tools/list", cursor === undefined ? {} : { cursor }, { signal });
      reader.add(objectsOf(result.tools));
      if (typeof result.nextCursor !== "string" || result.nextCursor === cursor) break;
      cursor = result.nextCursor;
    }
    return await reader.list();
  }

  /** Forgets lists that nobody has any more, and the oldest ones when there are too many. */
  #prune(): void {
    const used = new Set<string>();
    for (const { toolsDigest } of this.#config.directory.servers) {
      if (toolsDigest !== undefined) used.add(toolsDigest);
    }
    let count = 0;
    for (const [digest, { tools }] of this.#byDigest) {
      if (used.has(digest)) count += tools.length;
      else this.#byDigest.delete(digest);
    }
    const own = [...this.#entries].filter(([, entry]) => entry.own !== undefined).reverse();
    for (const [, entry] of own) {
      count += entry.own?.tools.length ?? 0;
      if (count > MOST_TOOLS) delete entry.own;
    }
  }
}

/** Lists that presences hold, by the server as it is described at the moment. */
const PRESENT = new WeakMap<FleetServer, ToolList>();

/** The list in a presence, which is taken for that server alone; `undefined` when there is none that says enough. */
function presentList(server: FleetServer): ToolList | undefined {
  const { name, presentTools } = server;
  const tools = objectsOf(presentTools);
  const complete = tools.length > 0 && tools.every(({ inputSchema }) => membersOf(inputSchema).type === "object");
  if (!complete) return undefined;
  const known = PRESENT.get(server);
  if (known !== undefined) return known;
  const reader = new ToolListReader();
  reader.add(tools);
  const list = reader.as(`the presence of ${name}, ${crypto.randomUUID()}`);
  PRESENT.set(server, list);
  return list;
}
