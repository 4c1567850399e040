/**
 * Forwards calls from the host to servers, and questions and notifications from servers to the host.
 *
 * Versions of MCP differ in how a server asks. Before 2026-07-28, it sends a request. Since then, it answers the call with
 * its question, and the call is repeated with the answer.
 *
 * | server | host | a question of the server's |
 * |---|---|---|
 * | before | before | is handed on as a request |
 * | before | since | answers the host's call, while the server's goes on; the next call of the host's has the answer |
 * | since | since | answers the host's call, as it is |
 * | since | before | the SDK's server asks the host, and makes the call again |
 *
 * @module
 */
import {
  type InputRequests,
  inputRequired,
  LOG_LEVEL_META_KEY,
  type RequestStateCodec,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { type Clock, systemClock } from "../../../core/clock.ts";
import type { Host, ListKind } from "./host.ts";
import { HostCall, type Question } from "./host_call.ts";
import { type Json, membersOf, objectsOf } from "../json.ts";
import type { SessionPool } from "../servers/pool.ts";
import { callDigest, type CallState, QUESTION_LIFETIME, stateOf } from "./request_state.ts";
import { serverError } from "./server_error.ts";
import type { ServerSession, SessionListener } from "../servers/server_session.ts";
import { visible } from "../lists/tool_lists.ts";

/** How long a question outside of a call waits for the next call to its server, in ms. */
const UNASKED_TIMEOUT = 60_000;

/** The most calls that wait for answers of users. The oldest are cancelled. */
const MOST_HELD = 100;

/** What a {@linkcode Router} is made of. */
export interface RouterConfig {
  readonly pool: SessionPool;
  /** Called when a list of a server has changed. */
  readonly listChanged: (server: string, kind: ListKind) => void;
  /** Called when a resource has changed. */
  readonly resourceUpdated: (server: string, params: Json) => void;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** A call to a server. */
export interface Call {
  readonly server: string;
  readonly method: string;
  readonly params: Json;
  /** Whether the user has agreed to it. */
  readonly agreed?: boolean | undefined;
}

/** The router of one host. */
export class Router implements SessionListener {
  readonly #config: RouterConfig;
  readonly #clock: Clock;
  readonly #host: Host;
  readonly #states: RequestStateCodec<CallState>;
  readonly #calls = new Set<HostCall>();
  /** Calls that wait until the host comes back with answers, by the id in its state. */
  readonly #held = new Map<string, { readonly call: HostCall; readonly work: Promise<Json>; cancel: () => void }>();
  /** How many requests to each server are pending that belong to no call. */
  readonly #unattended = new Map<string, number>();
  /** Questions outside of calls, by server. */
  readonly #unasked = new Map<string, Question[]>();

  constructor(config: RouterConfig, host: Host, states: RequestStateCodec<CallState>) {
    this.#config = config;
    this.#clock = config.clock ?? systemClock;
    this.#host = host;
    this.#states = states;
  }

  /**
   * Makes a call for the host. The result may be a question to it.
   *
   * @throws {ProtocolError} with the name of the server
   */
  async call(made: Call, context: ServerContext): Promise<Json> {
    const { server, method, params } = made;
    const digest = callDigest(server, method, params);
    const state = stateOf(context.mcpReq.requestState<CallState>(), digest);
    const held = state.held === undefined ? undefined : this.#takeBack(state.held, context);
    const call = held?.call ?? new HostCall(server, context);
    const work = held?.work ?? this.#begin(call, made, state);
    return await this.#settle(call, work, digest, made.agreed);
  }

  /**
   * Sends a request during which the server cannot ask a host without a handshake.
   *
   * @param sent called just before the request is sent
   */
  async ask(server: string, method: string, params: Json, signal?: AbortSignal, sent = () => {}): Promise<Json> {
    let asked = false;
    this.#unattended.set(server, (this.#unattended.get(server) ?? 0) + 1);
    try {
      return await this.#config.pool.use(server, (session) => {
        signal?.throwIfAborted();
        asked = true;
        sent();
        return session.request(method, params, signal === undefined ? {} : { signal });
      });
    } catch (error) {
      throw serverError(server, error, asked);
    } finally {
      const left = (this.#unattended.get(server) ?? 1) - 1;
      if (left > 0) this.#unattended.set(server, left);
      else this.#unattended.delete(server);
    }
  }

  async asked(session: ServerSession, method: string, params: Json, signal: AbortSignal): Promise<Json> {
    if (!this.#host.canBeAsked(method, params)) {
      throw Object.assign(new Error(`The host cannot be asked: ${method}`), { code: -32601 });
    }
    const shown = withServer(session.server, method, params);
    if (!this.#host.modern) return await this.#host.ask(method, shown, signal);
    const question: Question = { method, params: shown, answer: Promise.withResolvers() };
    const call = [...this.#calls].findLast(({ server }) => server === session.server);
    if (call === undefined && this.#unattended.has(session.server)) {
      throw new Error("The host cannot be asked during a call to many servers, or about a list");
    }
    if (call === undefined) this.#keep(session.server, question);
    else if (!call.ask(question)) throw new Error("Too many questions to the host are pending");
    const abort = () => question.answer.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await question.answer.promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  notified({ server }: ServerSession, method: string, params: Json): void {
    const list = /^notifications\/(tools|resources|prompts)\/list_changed$/.exec(method)?.[1];
    if (list !== undefined) this.#config.listChanged(server, list as ListKind);
    else if (method === "notifications/resources/updated") this.#config.resourceUpdated(server, params);
    else if (method === "notifications/elicitation/complete") this.#host.tell(method, params);
    else if (method === "notifications/message") {
      const context = [...this.#calls].findLast((call) => call.server === server)?.context;
      const logger = typeof params.logger === "string" ? `${server}/${visible(params.logger, 100)}` : server;
      this.#host.log(params.level, params.data, logger, context);
    }
  }

  /** Gives up all calls. */
  close(): void {
    for (const { cancel } of this.#held.values()) cancel();
    for (const call of this.#calls) call.cancel(new Error("The host has gone"));
  }

  #begin(call: HostCall, { server, method, params }: Call, state: Partial<CallState>): Promise<Json> {
    this.#calls.add(call);
    for (const question of this.#unasked.get(server)?.splice(0) ?? []) call.ask(question);
    let asked = false;
    const context = call.context;
    const work = this.#config.pool.use(server, async (session) => {
      call.signal.throwIfAborted();
      asked = true;
      const wantsProgress = context?.mcpReq._meta?.progressToken !== undefined;
      return await session.request(method, { ...params, ...this.#more(session, state, context) }, {
        signal: call.signal,
        ...(wantsProgress ? { onprogress: (progress) => call.progressed({ ...progress }) } : {}),
      });
    }).catch((error) => {
      throw serverError(server, error, asked);
    }).finally(() => {
      this.#calls.delete(call);
      // A question may belong to another call, whose answer has not arrived yet.
      for (const question of call.questions.values()) this.#keep(server, question);
    });
    work.catch(() => {}); // it may fail while no request waits for it
    return work;
  }

  /** What is added to the parameters: the host's `_meta`, the answers to questions, and the server's state. */
  #more(session: ServerSession, { server, answers }: Partial<CallState>, context: ServerContext | undefined): Json {
    const { progressToken: _, ...meta } = membersOf(context?.mcpReq._meta);
    const { inputResponses } = context?.mcpReq ?? {};
    const level = this.#host.modern ? membersOf(context?.mcpReq.envelope)[LOG_LEVEL_META_KEY] : this.#host.level;
    const wanted = session.modern && level !== undefined ? { [LOG_LEVEL_META_KEY]: level } : {};
    return {
      ...(Object.keys({ ...meta, ...wanted }).length === 0 ? {} : { _meta: { ...meta, ...wanted } }),
      ...(answers === true ? { inputResponses: inputResponses ?? {} } : {}),
      ...(server === undefined ? {} : { requestState: server }),
    };
  }

  /** Waits for the end of a call, or for a question to the host. */
  async #settle(call: HostCall, work: Promise<Json>, digest: string, agreed: boolean | undefined): Promise<Json> {
    const state = { call: digest, ...(agreed === undefined ? {} : { agreed }) };
    let result: Json | undefined;
    try {
      result = await Promise.race([work, call.asked.then(() => undefined)]);
    } catch (error) {
      const inputRequests = this.#host.modern ? visitsIn(error, call.server) : undefined;
      if (inputRequests === undefined) throw error;
      return inputRequired({ inputRequests, requestState: await this.#states.mint(state, call.context) });
    }
    if (result === undefined) {
      const requestState = await this.#states.mint({ ...state, held: this.#hold(call, work) }, call.context);
      const questions = [...call.questions].map(([key, { method, params }]) => [key, { method, params }]);
      call.detach();
      return inputRequired({ inputRequests: Object.fromEntries(questions) as InputRequests, requestState });
    }
    if (result.resultType !== "input_required") return result;
    const { inputRequests, requestState } = result;
    const wantedBack = typeof requestState === "string" ? { server: requestState } : {};
    const questions = Object.entries(membersOf(inputRequests)).map(([key, request]) => {
      const { method, params } = membersOf(request);
      return [key, { method, params: withServer(call.server, String(method), membersOf(params)) }];
    });
    return inputRequired({
      ...(questions.length === 0 ? {} : { inputRequests: Object.fromEntries(questions) as InputRequests }),
      requestState: await this.#states.mint({ ...state, ...wantedBack, answers: true }, call.context),
    });
  }

  #hold(call: HostCall, work: Promise<Json>): string {
    const id = crypto.randomUUID();
    const giveUp = () => {
      this.#held.delete(id);
      call.cancel(new Error("The user has not answered the server's question in time"));
    };
    const cancelTimer = this.#clock.after(QUESTION_LIFETIME * 1_000, giveUp);
    const cancel = () => {
      cancelTimer();
      this.#held.delete(id);
    };
    this.#held.set(id, { call, work, cancel });
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST_HELD && oldest !== undefined) {
      const { call, cancel } = this.#held.get(oldest) ?? {};
      cancel?.();
      call?.cancel(new Error("Too many questions to the host are pending"));
    }
    return id;
  }

  /** The held call that the host continues. */
  #takeBack(id: string, context: ServerContext) {
    const held = this.#held.get(id);
    if (held === undefined) {
      throw serverError("gateway", new Error("The call has been abandoned; call the tool again"));
    }
    held.cancel();
    held.call.attach(context);
    held.call.answer(membersOf(context.mcpReq.inputResponses));
    return held;
  }

  /** Keeps a question for the next call to its server. */
  #keep(server: string, question: Question): void {
    const kept = this.#unasked.get(server) ?? [];
    this.#unasked.set(server, kept);
    kept.push(question);
    const giveUp = () => {
      if (this.#unasked.get(server)?.includes(question) !== true) return;
      question.answer.reject(new Error("The host cannot be asked now: it has no call in progress"));
    };
    const cancel = this.#clock.after(UNASKED_TIMEOUT, giveUp);
    void question.answer.promise.catch(() => {}).then(() => {
      cancel();
      const left = (this.#unasked.get(server) ?? []).filter((other) => other !== question);
      if (left.length === 0) this.#unasked.delete(server);
      else this.#unasked.set(server, left);
    });
    if (kept.length > 8) kept.shift()?.answer.reject(new Error("Too many questions to the host are pending"));
  }
}

/** A question that tells the user which server asks. */
function withServer(server: string, method: string, params: Json): Json {
  if (method !== "elicitation/create" || typeof params.message !== "string") return params;
  return { ...params, message: `${server}: ${params.message}` };
}

/** The error of servers with a handshake when the user has to visit URLs first (MCP 2025-11-25, "Elicitation"). */
const URL_ELICITATION_REQUIRED = -32042;

/** These URLs as questions to a host without a handshake, which calls again when the user has visited them. */
function visitsIn(error: unknown, server: string): InputRequests | undefined {
  const { code, data } = membersOf(error);
  if (code !== URL_ELICITATION_REQUIRED) return undefined;
  const visits = objectsOf(membersOf(data).elicitations).filter(({ url }) => typeof url === "string");
  if (visits.length === 0) return undefined;
  return Object.fromEntries(visits.map(({ url, message }, index) => [
    `visit-${index + 1}`,
    inputRequired.elicitUrl({ url: String(url), message: `${server}: ${message ?? url}` }),
  ]));
}
