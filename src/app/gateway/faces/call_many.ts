/**
 * The same call to many servers.
 *
 * @module
 */
import type { ServerContext } from "@modelcontextprotocol/server";
import { waitAtMost } from "../../../core/waiting.ts";
import { errorText, shortened } from "../../../core/text.ts";
import type { Fleet } from "../host/fleet.ts";
import type { Json } from "../json.ts";
import { Limiter } from "../lists/limiter.ts";
import type { ToolCalls } from "../host/tool_calls.ts";

/** What is to be called. */
export interface ManyCalls {
  readonly servers: readonly string[];
  readonly tool: string;
  readonly arguments: Json;
  /** In ms. */
  readonly timeout: number;
  readonly concurrency: number;
}

/** The outcome of the call to one server. */
export interface OneResult {
  readonly server: string;
  /** What the tool has returned. */
  readonly result?: Json;
  /** Why there is no result. */
  readonly error?: string;
}

/** The longest result of one server, and of all together, in characters of JSON. */
const LONGEST_RESULT = 20_000;
const LONGEST_TOGETHER = 400_000;

const LONGEST_ERROR = 300;

/** The shortest time between two progress notifications, in ms. */
const PROGRESS_INTERVAL = 100;

/** Calls every server. Resolves with one result for each, in their order, when all have answered or the time is over. */
export async function callMany(
  { servers, tool, arguments: args, timeout, concurrency }: ManyCalls,
  { router }: Fleet,
  calls: ToolCalls,
  context: ServerContext,
): Promise<OneResult[]> {
  const late = new AbortController();
  const signal = AbortSignal.any([context.mcpReq.signal, late.signal]);
  const results = new Map<string, OneResult>();
  const sent = new Set<string>();
  const limiter = new Limiter(concurrency);
  const room = Math.min(LONGEST_RESULT, Math.max(200, Math.floor(LONGEST_TOGETHER / Math.max(1, servers.length))));
  const progress = new ManyProgress(servers.length, context);
  const one = async (server: string): Promise<void> => {
    if (signal.aborted) return;
    let result: OneResult;
    try {
      await calls.judged(server, tool, signal);
      const params = { name: tool, arguments: args };
      const answer = await router.ask(server, "tools/call", params, signal, () => void sent.add(server));
      result = answer.resultType === "input_required"
        ? { server, error: `${server} asks the user; call this tool by call_tool` }
        : { server, result: fitting(answer, room) };
    } catch (error) {
      result = { server, error: shortened(errorText(error), LONGEST_ERROR) };
    }
    if (signal.aborted) return;
    results.set(server, result);
    progress.add(server, result);
  };
  await waitAtMost(Promise.all(servers.map((server) => limiter.run(() => one(server)))), timeout);
  late.abort(new Error("The time limit for all calls has passed"));
  const seconds = timeout / 1_000;
  const overdue = (server: string) =>
    sent.has(server)
      ? `no answer within ${seconds} s; the call may have run`
      : `not called within ${seconds} s; the call has not run`;
  return servers.map((server) => results.get(server) ?? { server, error: overdue(server) });
}

/** Tells the host of the results as they come. */
class ManyProgress {
  readonly #total: number;
  readonly #context: ServerContext;
  #count = 0;
  #toldAt = -Infinity;

  constructor(total: number, context: ServerContext) {
    this.#total = total;
    this.#context = context;
  }

  add(server: string, { error }: OneResult): void {
    this.#count++;
    const { _meta, notify } = this.#context.mcpReq;
    const progressToken = _meta?.progressToken;
    const now = performance.now();
    const isDue = now - this.#toldAt >= PROGRESS_INTERVAL || this.#count === this.#total;
    if (progressToken === undefined || !isDue) return;
    this.#toldAt = now;
    const message = error === undefined ? `${server} has answered` : error;
    const params = { progressToken, progress: this.#count, total: this.#total, message };
    void notify({ method: "notifications/progress", params }).catch(() => {});
  }
}

/** A result, shortened to leave room for the others. */
function fitting(result: Json, room: number): Json {
  const { _meta: _, ...rest } = result;
  const text = JSON.stringify(rest);
  if (text.length <= room) return rest;
  const note =
    `The result has ${text.length} characters, too many together with the other results; use call_tool for this server`;
  return {
    ...(rest.isError === true ? { isError: true } : {}),
    content: [{ type: "text", text: shortened(text, room) }, { type: "text", text: note }],
  };
}
