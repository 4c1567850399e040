/**
 * The host, whatever version of MCP it speaks.
 *
 * @module
 */
import type { ClientCapabilities, Server, ServerContext } from "@modelcontextprotocol/server";
import { CLIENT_CAPABILITIES_META_KEY, LOG_LEVEL_META_KEY } from "@modelcontextprotocol/server";
import { systemClock } from "../../../core/clock.ts";
import { ANYTHING, type Json, membersOf } from "../json.ts";

/** The host is told of changes after this time without a further one, in ms. */
const QUIET = 200;

/** The host is told after this time, in ms, even if there are further changes. */
const LONGEST_DELAY = 2_000;

/** In ms. Users take their time. */
const NO_TIMEOUT = 2 ** 31 - 1;

/** The severities of log messages, the least severe first (RFC 5424, as MCP names them). */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/** The lists whose changes a host is told of. */
export type ListKind = "tools" | "resources" | "prompts";

/** A host that is connected. */
export class Host {
  readonly #server: Server;
  /** Whether it speaks a version of MCP without a handshake. */
  readonly modern: boolean;
  readonly #pending = new Map<ListKind, { readonly since: number; cancel: () => void }>();
  #capabilities: ClientCapabilities = {};
  /** The lowest log level that a host with a handshake wants. `undefined` for all. */
  level: string | undefined;

  constructor(server: Server, modern: boolean) {
    this.#server = server;
    this.modern = modern;
  }

  /** What the host can be asked. Without a handshake, every request says so. */
  get capabilities(): ClientCapabilities {
    return this.modern ? this.#capabilities : this.#server.getClientCapabilities() ?? {};
  }

  /** Notes what a request of the host says. */
  heard({ mcpReq }: ServerContext): void {
    const capabilities = membersOf(mcpReq.envelope)[CLIENT_CAPABILITIES_META_KEY];
    if (capabilities !== undefined) this.#capabilities = capabilities as ClientCapabilities;
  }

  /** Whether the host can be asked this. */
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

  /** Asks a host with a handshake, which can be asked at any time. */
  async ask(method: string, params: Json, signal: AbortSignal): Promise<Json> {
    return await this.#server.request({ method, params }, ANYTHING, { signal, timeout: NO_TIMEOUT });
  }

  /**
   * Tells the host soon that a list has changed.
   *
   * @param isSo asked just before: whether the host still needs to know
   */
  listChanged(kind: ListKind, isSo: () => boolean = () => true): void {
    const now = systemClock.now();
    const before = this.#pending.get(kind);
    const since = before?.since ?? now;
    before?.cancel();
    const delay = Math.max(0, Math.min(QUIET, since + LONGEST_DELAY - now));
    const cancel = systemClock.after(delay, () => {
      this.#pending.delete(kind);
      if (isSo()) this.tell(`notifications/${kind}/list_changed`);
    });
    this.#pending.set(kind, { since, cancel });
  }

  /** Sends a notification. */
  tell(method: string, params?: Json): void {
    // The host may be leaving, or its version of MCP may not have this notification.
    void this.#server.notification({ method, ...(params === undefined ? {} : { params }) }).catch(() => {});
  }

  /** Forwards a log message that is severe enough. `context` is that of the call during which it came. */
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

  /** Sends nothing that is still pending. */
  close(): void {
    for (const { cancel } of this.#pending.values()) cancel();
    this.#pending.clear();
  }
}

function severity(level: unknown): number {
  return LEVELS.indexOf(String(level));
}
