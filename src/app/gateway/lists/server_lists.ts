/**
 * Asking servers for their lists.
 *
 * @module
 */
import { orLate } from "../../../core/waiting.ts";
import { type Json, objectsOf } from "../json.ts";
import { Limiter } from "./limiter.ts";
import type { SessionPool } from "../servers/pool.ts";
import type { ServerSession } from "../servers/server_session.ts";

/** How many servers are asked at the same time. Those that take longer than this, in ms, are not counted. */
const ASKED_AT_ONCE = 16;
const USUAL_TIME = 2_000;

/** How long a server may take, in ms. It may have to start first. */
const ASK_TIMEOUT = 30_000;

/** The most pages of a list that are read. */
const MOST_PAGES = 100;

/** Asks a limited number of servers at the same time. */
export class ServerLists {
  readonly #pool: Pick<SessionPool, "use">;
  readonly #limiter = new Limiter(ASKED_AT_ONCE, USUAL_TIME);

  constructor(pool: Pick<SessionPool, "use">) {
    this.#pool = pool;
  }

  /**
   * Reads lists in a session with a server.
   *
   * @throws {Error} when there is no session, or not all is read in time
   */
  async read<T>(server: string, work: (session: ServerSession) => Promise<T>): Promise<T> {
    const late = () => {
      throw new Error(`${server} has not sent its list within ${ASK_TIMEOUT / 1_000} s`);
    };
    return await this.#limiter.run(() => orLate(this.#pool.use(server, work), ASK_TIMEOUT, late));
  }
}

/** The pages of a list, such as `tools` of `tools/list`. Fetches a page only when it is wanted. */
export async function* pages(session: ServerSession, method: string, member: string): AsyncGenerator<Json[]> {
  const signal = AbortSignal.timeout(ASK_TIMEOUT);
  let cursor: unknown;
  for (let page = 0; page < MOST_PAGES; page++) {
    const result = await session.request(method, cursor === undefined ? {} : { cursor }, { signal });
    yield objectsOf(result[member]);
    if (typeof result.nextCursor !== "string" || result.nextCursor === cursor) return;
    cursor = result.nextCursor;
  }
}
