/**
 * The host, whichever version of the protocol it speaks.
 *
 * @module
 */
import type { ClientCapabilities, Server, ServerContext } from "@modelcontextprotocol/server";
import { CLIENT_CAPABILITIES_META_KEY, LOG_LEVEL_META_KEY } from "@modelcontextprotocol/server";
import { systemClock } from "../../../core/clock.ts";
import { ANYTHING, type Json, membersOf } from "../json.ts";

/** Changes that come one after another are told of once, after this time without a further one, in ms. */
const QUIET = 200;

/** Whatever goes on changing, its host is told after this time, in ms. */
const PATIENCE = 2_000;

/** Users take their time; in ms. */
const NO_TIMEOUT = 2 ** 31 - 1;

/** The severities of log messages, the least severe first (RFC 5424, as MCP names them). */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/** The lists of which a host is told that they have changed. */
export type ListKind = "tools" | "resources" | "prompts";

/** A host that is connected. */
export class Host {
  readonly #server: Server;
  /** Whether it speaks a version of the protocol without a handshake. */
  readonly modern: boolean;
  readonly #pending = new Map<ListKind, { readonly since: number; cancel: () => void }>();
  #capabilities: ClientCapabilities = {};
  /** The least severe log messages that a host with a handshake wants; all when it has not said so. */
  level: string | undefined;

  constructor(server: Server, modern: boolean) {
    this.#server = server;
    this.modern = modern;
  }

  /** What it can be asked. A host without a handshake says so with every request. */
  get capabilities(): ClientCapabilities {
    return this.modern ? this.#capabilities : this.#server.getClientCapabilities() ?? {};
  }

  /** Takes note of a request of the host's. */
  heard({ mcpReq }: ServerContext): void {
    const capabilities = membersOf(mcpReq.envelope)[CLIENT_CAPABILITIES_META_KEY];
    if (capabilities !== undefined) this.#capabilities = capabilities as ClientCapabilities;
  }

  /** Whether it can be asked this. */
  canBeAsked(method: string, params: Json): boolean {
    const { elicitation, sampling, roots } = this.capabilities;
    switch (method) {
      case "elicitation/create":
        return elicitation !== undefined && (params.mode !== "url" || membersOf(elicitation).url !== undefined);
      case "sampling/createMessage":
        return sampling !== undefined && (params.tools === undefined || membersOf(sampling).tools !== undefined);
      case "roots/list":
        return roots !== undefined;
      default:
        return false;
    }
  }

  /** Asks a host that can be asked at any time. */
  async ask(method: string, params: Json, signal: AbortSignal): Promise<Json> {
    return await this.#server.request({ method, params }, ANYTHING, { signal, timeout: NO_TIMEOUT });
  }

  /**
   * Tells it that a list has changed, soon.
   *
   * @param isSo asked just before, whether it has
   */
  listChanged(kind: ListKind, isSo: () => boolean = () => true): void {
    const now = systemClock.now();
    const before = this.#pending.get(kind);
    const since = before?.since ?? now;
    before?.cancel();
    const delay = Math.max(0, Math.min(QUIET, since + PATIENCE - now));
    const cancel = systemClock.after(delay, () => {
      this.#pending.delete(kind);
      if (isSo()) this.tell(`notifications/${kind}/list_changed`);
    });
    this.#pending.set(kind, { since, cancel });
  }

  /** Tells it something. */
  tell(method: string, params?: Json): void {
    // It may be about to go, or have a version of the protocol that knows no such thing.
    void this.#server.notification({ method, ...(params === undefined ? {} : { params }) }).catch(() => {});
  }

  /** Hands a log message on, if it is severe enough; while `context` is that of a request, to who has made that. */
  log(level: unknown, data: unknown, logger: string, context: ServerContext | undefined): void {
    const params = { level, data, logger };
    if (!this.modern) {
      if (severity(level) >= severity(this.level ?? "debug")) this.tell("notifications/message", params);
      return;
    }
    const wanted = membersOf(context?.mcpReq.envelope)[LOG_LEVEL_META_KEY];
    if (context === undefined || wanted === undefined || severity(level) < severity(wanted)) return;
    void context.mcpReq.notify({ method: "notifications/message", params }).catch(() => {});
  }

  /** Stops telling. */
  close(): void {
    for (const { cancel } of this.#pending.values()) cancel();
    this.#pending.clear();
  }
}

function severity(level: unknown): number {
  return LEVELS.indexOf(String(level));
}
