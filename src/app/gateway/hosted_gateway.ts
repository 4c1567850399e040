/**
 * The gateway, as one host sees it.
 *
 * @module
 */
import type { ClientCapabilities, RequestStateCodec, ServerContext } from "@modelcontextprotocol/server";
import type { FaceChoice } from "./faces/mode.ts";
import { located, Offers } from "./faces/offers.ts";
import { SearchFace } from "./faces/search_face.ts";
import { ToolsFace } from "./faces/tools_face.ts";
import type { Fleet } from "./host/fleet.ts";
import { FleetLists } from "./lists/fleet_lists.ts";
import { fleetUri } from "./fleet_uri.ts";
import type { FleetWatch } from "./fleet_watch.ts";
import type { Host } from "./host/host.ts";
import type { Handlers, HostedFleet } from "./host/host_server.ts";
import type { Json } from "./json.ts";
import type { SessionPool } from "./servers/pool.ts";
import type { CallState } from "./host/request_state.ts";
import { Router } from "./host/router.ts";
import { serverError } from "./host/server_error.ts";
import type { ServerSession } from "./servers/server_session.ts";
import { Subscriptions } from "./servers/subscriptions.ts";
import { ToolCalls } from "./host/tool_calls.ts";
import { ToolPolicy, type ToolPolicyOptions } from "./host/tool_policy.ts";

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
  readonly #offers: Offers;
  readonly #subscriptions: Subscriptions;
  /** Whether the host's last request for the tools failed. */
  #toolsFailed = false;

  constructor(config: HostedGatewayConfig) {
    const { host, states, watch, pool, policy } = config;
    this.#config = config;
    this.host = host;
    this.router = new Router(
      {
        pool,
        listChanged: (server, kind) => {
          if (kind === "tools") return watch.catalogue.listChanged(server);
          this.#offers.forget(server, kind === "prompts" ? ["prompts"] : ["resources", "templates"]);
          host.listChanged(kind);
        },
        resourceUpdated: (server, { uri, ...rest }) => {
          if (typeof uri === "string") {
            host.tell("notifications/resources/updated", { ...rest, uri: fleetUri(server, uri) });
          }
        },
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
    this.#offers = new Offers(this.#fleet, new FleetLists(this.#fleet, pool));
    this.#subscriptions = new Subscriptions(pool);
    this.#search = new SearchFace(this.#fleet, calls);
    this.handlers = {
      "tools/list": (_, context) => this.#listTools(context),
      "tools/call": (params, context) => this.#callTool(params, context),
      "prompts/list": async (_, context) => ({ prompts: await this.#offered(context, () => this.#offers.prompts()) }),
      "prompts/get": (params, context) => this.#offers.prompt(params, context),
      "resources/list": async (_, context) => ({
        resources: await this.#offered(context, () => this.#offers.resources("resources")),
      }),
      "resources/templates/list": async (_, context) => ({
        resourceTemplates: await this.#offered(context, () => this.#offers.resources("templates")),
      }),
      "resources/read": (params, context) => this.#offers.read(params, context),
      "completion/complete": (params, context) => this.#offers.complete(params, context),
      "resources/subscribe": async ({ uri }) => {
        await this.follow(String(uri), true);
        return {};
      },
      "resources/unsubscribe": async ({ uri }) => {
        await this.follow(String(uri), false);
        return {};
      },
      "logging/setLevel": ({ level }) => {
        host.level = String(level);
        pool.tell((session) => this.#setLevel(session));
        return {};
      },
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

  /** Repeats the host's settings in a new session. Nothing waits for it: a server may never answer. */
  prepare(session: ServerSession): void {
    const prepared = session.modern ? session.listen() : this.#setLevel(session);
    prepared.catch(() => {}); // the session can be used without it
  }

  notified(method: string): void {
    if (method !== "notifications/roots/list_changed") return;
    this.#config.pool.tell(async (session) => {
      if (!session.modern) await session.notify(method, {});
    });
  }

  /** A server has come or gone. */
  serverReplaced(server: string): void {
    this.#offers.forget(server);
    this.#subscriptions.serverReplaced(server);
  }

  /**
   * Starts or stops following a resource.
   *
   * @throws {ProtocolError} when it cannot be followed
   */
  async follow(uri: string, wanted: boolean): Promise<void> {
    const { server } = located(uri);
    if (!wanted) return this.#subscriptions.remove(uri);
    await this.#subscriptions.add(uri).catch((error) => {
      throw serverError(server, error, false);
    });
  }

  /** Cancels what is pending. */
  close(): void {
    this.#subscriptions.clear();
    this.router.close();
    this.host.close();
  }

  /** Tells the host if the tools that it sees have changed, or if another face fits now. */
  toolsChanged(): void {
    this.host.listChanged(
      "tools",
      () =>
        this.#toolsFailed || this.#config.choice.isOver(this.#fleet, () => this.#tools.known()) ||
        (this.#config.choice.last?.face === "tools" && this.#tools.isNew),
    );
  }

  async #listTools({ mcpReq: { signal } }: ServerContext): Promise<Json> {
    const { watch, choice } = this.#config;
    this.#toolsFailed = true;
    await watch.complete(signal);
    this.#toolsFailed = false;
    const [face, tools] = await choice.choose(this.#fleet, () => this.#tools.list(signal));
    return { tools: face === "tools" ? tools : this.#search.tools };
  }

  async #callTool(params: Json, context: ServerContext): Promise<Json> {
    const name = String(params.name);
    await this.#config.watch.complete(context.mcpReq.signal);
    const face = this.#search.has(name) ? this.#search : this.#tools;
    return await face.call(name, params.arguments, context);
  }

  /** What servers have besides tools. A large fleet is not asked for it. */
  async #offered(context: ServerContext, list: () => Promise<Json[]>): Promise<Json[]> {
    const { watch, choice } = this.#config;
    const { signal } = context.mcpReq;
    await watch.complete(signal);
    const face = choice.last?.face ?? (await choice.choose(this.#fleet, () => this.#tools.list(signal)))[0];
    return face === "tools" ? await list() : [];
  }

  async #setLevel(session: ServerSession): Promise<void> {
    const { level } = this.host;
    if (level === undefined || session.modern || session.capabilities.logging === undefined) return;
    await session.request("logging/setLevel", { level });
  }
}
