/**
 * The gateway, as one host sees it.
 *
 * @module
 */
import type { ClientCapabilities, RequestStateCodec, ServerContext } from "@modelcontextprotocol/server";
import type { FaceChoice } from "./faces/mode.ts";
import { SearchFace } from "./faces/search_face.ts";
import { ToolsFace } from "./faces/tools_face.ts";
import type { Fleet } from "./fleet.ts";
import type { FleetWatch } from "./fleet_watch.ts";
import type { Host } from "./host.ts";
import type { Handlers, HostedFleet } from "./host_server.ts";
import type { Json } from "./json.ts";
import type { SessionPool } from "./pool.ts";
import type { CallState } from "./request_state.ts";
import { Router } from "./router.ts";
import type { ServerSession } from "./server_session.ts";
import { ToolCalls } from "./tool_calls.ts";
import { ToolPolicy, type ToolPolicyOptions } from "./tool_policy.ts";

/** What a {@linkcode HostedGateway} is made of. */
export interface HostedGatewayConfig {
  readonly host: Host;
  readonly states: RequestStateCodec<CallState>;
  readonly watch: FleetWatch;
  readonly pool: SessionPool;
  readonly choice: FaceChoice;
  readonly policy: ToolPolicyOptions;
}

/** Answers a host. */
export class HostedGateway implements HostedFleet {
  readonly host: Host;
  readonly router: Router;
  readonly handlers: Handlers;
  readonly #config: HostedGatewayConfig;
  readonly #fleet: Fleet;
  readonly #tools: ToolsFace;
  readonly #search: SearchFace;

  constructor(config: HostedGatewayConfig) {
    const { host, states, watch, pool, policy } = config;
    this.#config = config;
    this.host = host;
    this.router = new Router(
      {
        pool: () => pool,
        listChanged: (server, kind) => kind === "tools" ? watch.catalogue.listChanged(server) : host.listChanged(kind),
        resourceUpdated: () => {},
      },
      host,
      states,
    );
    this.#fleet = {
      directory: watch.directory,
      catalogue: watch.catalogue,
      index: watch.index,
      policy: new ToolPolicy(policy),
      router: this.router,
      host,
      capabilities: (server) => watch.capabilities.get(server),
    };
    const calls = new ToolCalls(this.#fleet, states);
    this.#tools = new ToolsFace(this.#fleet, calls);
    this.#search = new SearchFace(this.#fleet, calls);
    this.handlers = {
      "tools/list": (_, context) => this.#listTools(context),
      "tools/call": (params, context) => this.#callTool(params, context),
    };
  }

  /** What servers may ask the host for. */
  get capabilities(): ClientCapabilities {
    const { elicitation, sampling, roots } = this.host.capabilities;
    return {
      ...(elicitation === undefined ? {} : { elicitation }),
      ...(sampling === undefined ? {} : { sampling }),
      ...(roots === undefined ? {} : { roots: this.host.modern ? {} : roots }),
    };
  }

  /** Sets in a session that has been opened what the host has set. */
  async prepare(session: ServerSession): Promise<void> {
    if (session.modern) return await session.listen();
    const { level } = this.host;
    if (level !== undefined && session.capabilities.logging !== undefined) {
      await session.request("logging/setLevel", { level });
    }
  }

  notified(method: string): void {
    if (method === "notifications/roots/list_changed") void this.#tellServers(method);
  }

  /** Gives up what is under way. */
  close(): void {
    this.router.close();
    this.host.close();
  }

  /** The tools may be others than before, or one of the faces may be over. */
  toolsChanged(): void {
    this.host.listChanged("tools", () =>
      this.#config.choice.isOver(this.#fleet, () => this.#tools.known()) ||
      (this.#config.choice.last?.face === "tools" && this.#tools.isNew));
  }

  async #listTools({ mcpReq: { signal } }: ServerContext): Promise<Json> {
    const { watch, choice } = this.#config;
    await watch.complete(signal);
    const [face, tools] = await choice.choose(this.#fleet, () => this.#tools.list(signal));
    return { tools: face === "tools" ? tools : this.#search.tools };
  }

  async #callTool(params: Json, context: ServerContext): Promise<Json> {
    const name = String(params.name);
    if (this.#search.has(name)) return await this.#search.call(name, params.arguments, context);
    if (!this.#tools.has(name)) {
      // A host may know it from another time.
      await this.#config.watch.complete(context.mcpReq.signal);
      await this.#tools.list(context.mcpReq.signal);
    }
    return await this.#tools.call(name, params.arguments, context);
  }

  async #tellServers(method: string): Promise<void> {
    for (const session of await this.#config.pool.sessions()) {
      if (!session.modern) void session.notify(method, {}).catch(() => {});
    }
  }
}
