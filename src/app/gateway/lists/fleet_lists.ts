/**
 * The lists of servers besides those of their tools: prompts, resources and templates.
 *
 * @module
 */
import { type Json, membersOf } from "../json.ts";
import { AnswerTimeout } from "./answer_timeout.ts";
import type { FleetDirectory } from "../servers/directory.ts";
import type { SessionPool } from "../servers/pool.ts";
import { pages, ServerLists } from "./server_lists.ts";
import type { ServerSession } from "../servers/server_session.ts";

/** The request for each list, its member in the result, and the capability of servers that have it. */
const KINDS = {
  prompts: { method: "prompts/list", member: "prompts", capability: "prompts" },
  resources: { method: "resources/list", member: "resources", capability: "resources" },
  templates: { method: "resources/templates/list", member: "resourceTemplates", capability: "resources" },
} as const;

/** One of these lists. */
export type FleetListKind = keyof typeof KINDS;

/** The most entries of a list, and the most bytes of their JSON. The rest is left out. */
const MOST_ENTRIES = 1_000;
const MOST_BYTES = 256 * 1024;

/** How many lists are kept. */
const MOST_LISTS = 500;

/** An entry of a list, and its server. */
export interface Listed {
  readonly server: string;
  readonly entry: Json;
}

/** The servers, and their capabilities if they are known. */
interface Servers {
  readonly directory: Pick<FleetDirectory, "servers">;
  readonly capabilities: (server: string) => Json | undefined;
}

/** Asks servers for their lists, and keeps them until they change. */
export class FleetLists {
  readonly #fleet: Servers;
  readonly #servers: ServerLists;
  readonly #lists = new Map<string, Promise<readonly Json[]>>();
  readonly #answerTimeout = new AnswerTimeout();

  constructor(fleet: Servers, pool: SessionPool) {
    this.#fleet = fleet;
    this.#servers = new ServerLists(pool);
  }

  /** The lists of all suitable servers that answer in time. */
  async all(kind: FleetListKind, suits: (server: string) => boolean = () => true): Promise<Listed[]> {
    const { directory, capabilities } = this.#fleet;
    const listed: Listed[] = [];
    const ask = async (server: string) => {
      const entries = await this.of(server, kind);
      listed.push(...entries.map((entry) => ({ server, entry })));
    };
    const candidates = [...directory.servers].map(({ name }) => name).filter(suits).toSorted()
      .filter((name) => capabilities(name) === undefined || capabilities(name)?.[KINDS[kind].capability] !== undefined);
    // Late answers are kept for the next request of the host.
    await this.#answerTimeout.wait(candidates.map((server) => [server, ask(server)]));
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
    const asking = this.#servers.read(server, (session) => fetchList(session, kind));
    this.#lists.set(key, asking);
    asking.catch(() => {
      if (this.#lists.get(key) === asking) this.#lists.delete(key);
    });
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > MOST_LISTS && oldest !== undefined) this.#lists.delete(oldest);
    return await asking;
  }

  /** Forgets the lists of a server that has changed, of some kinds or of all. */
  forget(server: string, kinds: readonly FleetListKind[] = ["prompts", "resources", "templates"]): void {
    for (const kind of kinds) this.#lists.delete(`${kind} ${server}`);
  }
}

async function fetchList(session: ServerSession, kind: FleetListKind): Promise<readonly Json[]> {
  const { method, member, capability } = KINDS[kind];
  if (session.capabilities[capability] === undefined) return [];
  const entries: Json[] = [];
  let bytes = 0;
  try {
    for await (const page of pages(session, method, member)) {
      for (const entry of page) {
        bytes += JSON.stringify(entry).length;
        if (entries.length >= MOST_ENTRIES || bytes > MOST_BYTES) return entries;
        entries.push(entry);
      }
    }
  } catch (error) {
    if (membersOf(error).code !== METHOD_NOT_FOUND) throw error; // not every server with resources has templates
  }
  return entries;
}

const METHOD_NOT_FOUND = -32601;
