/**
 * The lists of servers besides those of their tools: prompts, resources and templates.
 *
 * @module
 */
import { orLate } from "../../core/waiting.ts";
import type { Fleet } from "./fleet.ts";
import { type Json, membersOf, objectsOf } from "./json.ts";
import { Limiter } from "./limiter.ts";
import { Patience } from "./patience.ts";
import type { SessionPool } from "./pool.ts";
import type { ServerSession } from "./server_session.ts";

/** What the lists hold, how they are asked for, and which servers have one. */
const KINDS = {
  prompts: { method: "prompts/list", member: "prompts", capability: "prompts" },
  resources: { method: "resources/list", member: "resources", capability: "resources" },
  templates: { method: "resources/templates/list", member: "resourceTemplates", capability: "resources" },
} as const;

/** One of these lists. */
export type FleetListKind = keyof typeof KINDS;

/** How long a server may take, in ms; it may have to be started first. */
const ASK_TIMEOUT = 30_000;

/** Servers that are asked at the same time, but for those that take longer than this, in ms. */
const ASKED_AT_ONCE = 16;
const USUAL_TIME = 2_000;

/** A list may have so many entries, pages, and bytes of JSON; what is behind that is left out. */
const MOST_ENTRIES = 1_000;
const MOST_PAGES = 100;
const MOST_BYTES = 256 * 1024;

/** So many lists are kept. */
const MOST_LISTS = 500;

/** An entry of a list, and whose it is. */
export interface Listed {
  readonly server: string;
  readonly entry: Json;
}

/** Asks servers for their lists, and keeps them until they change. */
export class FleetLists {
  readonly #fleet: Fleet;
  readonly #pool: SessionPool;
  readonly #lists = new Map<string, Promise<readonly Json[]>>();
  readonly #limiter = new Limiter(ASKED_AT_ONCE, USUAL_TIME);
  readonly #patience = new Patience();

  constructor(fleet: Fleet, pool: SessionPool) {
    this.#fleet = fleet;
    this.#pool = pool;
  }

  /** The lists of all servers that suit, have one, and answer in time. */
  async all(kind: FleetListKind, suits: (server: string) => boolean = () => true): Promise<Listed[]> {
    const { directory, capabilities } = this.#fleet;
    const listed: Listed[] = [];
    const ask = async (server: string) => {
      const entries = await this.of(server, kind);
      listed.push(...entries.map((entry) => ({ server, entry })));
    };
    const candidates = [...directory.servers].map(({ name }) => name).filter(suits).toSorted()
      .filter((name) => capabilities(name) === undefined || capabilities(name)?.[KINDS[kind].capability] !== undefined);
    // What comes later is there when the host asks again.
    await this.#patience.wait(candidates.map((server) => [server, ask(server)]));
    return listed.toSorted((a, b) => a.server < b.server ? -1 : a.server > b.server ? 1 : 0);
  }

  /**
   * The list of one server.
   *
   * @throws {Error} when it cannot be asked
   */
  async of(server: string, kind: FleetListKind): Promise<readonly Json[]> {
    const key = `${kind} ${server}`;
    const known = this.#lists.get(key);
    if (known !== undefined) return await known;
    const asking = this.#limiter.run(() =>
      orLate(this.#pool.use(server, (session) => fetchList(session, kind)), ASK_TIMEOUT, () => {
        throw new Error(`${server} has not answered`);
      })
    );
    this.#lists.set(key, asking);
    asking.catch(() => this.#lists.delete(key));
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > MOST_LISTS && oldest !== undefined) this.#lists.delete(oldest);
    return await asking;
  }

  /** Forgets the lists of a server that has changed; those of one kind, or all. */
  forget(server: string, kinds: readonly FleetListKind[] = ["prompts", "resources", "templates"]): void {
    for (const kind of kinds) this.#lists.delete(`${kind} ${server}`);
  }
}

async function fetchList(session: ServerSession, kind: FleetListKind): Promise<readonly Json[]> {
  const { method, member, capability } = KINDS[kind];
  if (session.capabilities[capability] === undefined) return [];
  const signal = AbortSignal.timeout(ASK_TIMEOUT);
  const entries: Json[] = [];
  let bytes = 0;
  let cursor: unknown;
  for (let page = 0; page < MOST_PAGES; page++) {
    let result: Json;
    try {
      result = await session.request(method, cursor === undefined ? {} : { cursor }, { signal });
    } catch (error) {
      if (membersOf(error).code === METHOD_NOT_FOUND) return entries; // not every server with resources has templates
      throw error;
    }
    for (const entry of objectsOf(result[member])) {
      bytes += JSON.stringify(entry).length;
      if (entries.length >= MOST_ENTRIES || bytes > MOST_BYTES) return entries;
      entries.push(entry);
    }
    if (typeof result.nextCursor !== "string" || result.nextCursor === cursor) break;
    cursor = result.nextCursor;
  }
  return entries;
}

const METHOD_NOT_FOUND = -32601;
