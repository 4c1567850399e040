/**
 * A handful of tools that find and call those of a large fleet.
 *
 * @module
 */
import { ProtocolError, type ServerContext } from "@modelcontextprotocol/server";
import type { FleetServer } from "../servers/directory.ts";
import type { Fleet } from "../host/fleet.ts";
import { type Json, objectsOf } from "../json.ts";
import { callDigest, type CallState, stateOf } from "../host/request_state.ts";
import { shownArguments, type ToolCalls } from "../host/tool_calls.ts";
import { annotationsOf, type Tool, visible } from "../lists/tool_lists.ts";
import { Arguments } from "./arguments.ts";
import { callMany, type OneResult } from "./call_many.ts";
import { SEARCH_TOOLS } from "./search_tools.ts";

const LIMIT = 20;
const HIGHEST_LIMIT = 200;

/** Servers that are named for one tool; there may be thousands. */
const NAMED_SERVERS = 5;

/** A model chooses by the beginning of a description. */
const SHORT = 200;

/** What a presence says for programs. */
const TECHNICAL: readonly string[] = [
  "since",
  "shared",
  "numbered",
  "format",
  "direct",
  "joining",
  "sealed",
  "toolsDigest",
  "tools",
];

/** Tools that find, describe and call tools. */
export class SearchFace {
  readonly tools: readonly Json[] = SEARCH_TOOLS;
  readonly #fleet: Fleet;
  readonly #calls: ToolCalls;

  constructor(fleet: Fleet, calls: ToolCalls) {
    this.#fleet = fleet;
    this.#calls = calls;
  }

  /** Whether a tool of this name is one of these. */
  has(name: string): boolean {
    return SEARCH_TOOLS.some((tool) => tool.name === name);
  }

  /**
   * Calls one of them.
   *
   * @throws {ProtocolError} when it has the wrong arguments, or what it calls cannot be called
   */
  async call(name: string, args: unknown, context: ServerContext): Promise<Json> {
    const given = new Arguments(args);
    switch (name) {
      case "find_servers":
        return found(this.#findServers(given));
      case "find_tools":
        return found(this.#findTools(given));
      case "describe_tool":
        return found(await this.#describe(given, context));
      case "call_tool":
        return await this.#calls.call(given.text("server"), given.text("tool"), given.object("arguments"), context);
      case "call_many":
        return await this.#callMany(given, context);
      case "read_resource":
        return await this.#readResource(given, context);
      default:
        throw new ProtocolError(-32602, `There is no tool ${name}`);
    }
  }

  #findServers(given: Arguments): Json {
    const { directory, index } = this.#fleet;
    const suits = given.servers;
    const limit = given.number("limit", LIMIT, 1, HIGHEST_LIMIT);
    const capability = given.optionalText("capability");
    const words = given.optionalText("words") ?? "";
    const all = index.current.findServers({
      words,
      limit: Infinity,
      server: (name) => {
        const server = directory.get(name);
        return server !== undefined && suits(server) && this.#has(server, capability);
      },
    });
    const servers = all.slice(0, limit).map((name) => directory.get(name)).filter((server) => server !== undefined);
    return { total: all.length, servers: servers.map((server) => this.#shown(server)) };
  }

  /** Whether a server offers this, as far as is known; one of which nothing is known may. */
  #has({ name }: FleetServer, capability: string | undefined): boolean {
    if (capability === undefined) return true;
    const known = this.#fleet.capabilities(name);
    if (known !== undefined) return known[capability] !== undefined;
    return capability !== "tools" || this.#fleet.catalogue.known(name)?.tools.length !== 0;
  }

  #shown(server: FleetServer): Json {
    const { name, description, instances, meta } = server;
    const list = this.#fleet.catalogue.known(name);
    const said = Object.fromEntries(Object.entries(meta).filter(([key]) => !TECHNICAL.includes(key)));
    const isShort = JSON.stringify(said).length <= 500;
    return {
      name,
      ...(description === "" ? {} : { description: visible(description, SHORT) }),
      ...(Object.keys(said).length > 0 && isShort ? { meta: said } : {}),
      ...(instances > 1 ? { instances } : {}),
      ...(list === undefined ? {} : { tools: list.tools.length }),
    };
  }

  #findTools(given: Arguments): Json {
    const { directory, index, catalogue } = this.#fleet;
    const suits = given.servers;
    const hits = index.current.find({
      words: given.text("words"),
      limit: given.number("limit", LIMIT, 1, HIGHEST_LIMIT),
      server: (name) => {
        const server = directory.get(name);
        return server !== undefined && suits(server);
      },
      tool: (server, name) => this.#allowed(server, this.#tool(server, name)),
    });
    const tools = hits.map(({ tool, servers }) => {
      const { title, description } = this.#tool(servers[0] ?? "", tool) ?? { name: tool };
      return {
        tool,
        ...(typeof title === "string" ? { title: visible(title, SHORT) } : {}),
        ...(typeof description === "string" ? { description: visible(description, SHORT) } : {}),
        servers: servers.slice(0, NAMED_SERVERS),
        ...(servers.length > NAMED_SERVERS ? { further: servers.length - NAMED_SERVERS } : {}),
      };
    });
    const unknown = catalogue.unknown;
    const note =
      `${unknown} servers have not said which tools they have; find_servers finds them, describe_tool asks them`;
    return { tools, ...(unknown === 0 ? {} : { note }) };
  }

  #tool(server: string, name: string): Tool | undefined {
    return this.#fleet.catalogue.known(server)?.tools.find((tool) => tool.name === name);
  }

  #allowed(server: string, tool: Tool | undefined): boolean {
    if (tool === undefined) return false;
    return this.#fleet.policy.refusal(server, { name: tool.name, annotations: annotationsOf(tool) }) === undefined;
  }

  async #describe(given: Arguments, context: ServerContext): Promise<Json> {
    const server = given.text("server");
    const name = given.optionalText("tool");
    if (name !== undefined) return await this.#calls.judged(server, name, context.mcpReq.signal);
    const { tools, cut } = await this.#calls.tools(server, context.mcpReq.signal);
    const shown = tools.filter((tool) => this.#allowed(server, tool)).map(({ name, description }) => ({
      name,
      ...(typeof description === "string" ? { description: visible(description, SHORT) } : {}),
    }));
    return { tools: shown, ...(cut ? { note: "The server has more tools than the gateway reads" } : {}) };
  }

  async #callMany(given: Arguments, context: ServerContext): Promise<Json> {
    const { directory, policy } = this.#fleet;
    const tool = given.text("tool");
    const suits = given.servers;
    const servers = [...directory.servers].filter((server) => suits(server)).map(({ name }) => name).toSorted();
    if (servers.length === 0) {
      throw new ProtocolError(-32602, `No server that is online matches ${given.text("names")}`);
    }
    const args = given.object("arguments");
    if (servers.some((server) => policy.needsConsent(judged(tool, this.#tool(server, tool))))) {
      const digest = callDigest(servers.join(" "), "call_many", [tool, args]);
      const state = stateOf(context.mcpReq.requestState<CallState>(), digest);
      const text = `Call ${tool} of ${servers.length} servers (${servers.slice(0, 5).join(", ")}${
        servers.length > 5 ? ", …" : ""
      })? It may change or destroy something.\n${shownArguments(args)}`;
      const question = await this.#calls.consent(state, digest, text, context);
      if (question !== undefined) return question;
    }
    const results = await callMany(
      {
        servers,
        tool,
        arguments: args,
        timeout: given.number("timeout", 30, 0.1, 3_600) * 1_000,
        concurrency: Math.floor(given.number("concurrency", 64, 1, 256)),
      },
      this.#fleet,
      this.#calls,
      context,
    );
    return found(summary(results));
  }

  async #readResource(given: Arguments, context: ServerContext): Promise<Json> {
    const server = given.text("server");
    const uri = given.optionalText("uri");
    const { router } = this.#fleet;
    if (uri === undefined) {
      const { signal } = context.mcpReq;
      const [list, templates] = await Promise.all([
        router.ask(server, "resources/list", {}, signal),
        router.ask(server, "resources/templates/list", {}, signal).catch(() => ({ resourceTemplates: [] })),
      ]);
      return found({ resources: list.resources ?? [], templates: templates.resourceTemplates ?? [] });
    }
    const result = await router.call({ server, method: "resources/read", params: { uri } }, context);
    if (result.resultType === "input_required") return result;
    return { content: objectsOf(result.contents).map((resource) => ({ type: "resource", resource })) };
  }
}

/** What the policy has to know of a tool, also if nothing is known. */
function judged(name: string, tool: Tool | undefined) {
  return { name, annotations: tool === undefined ? undefined : annotationsOf(tool) };
}

/** The result of a tool that has found something: the same for programs and for models that read text. */
function found(structuredContent: Json): Json {
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}

function summary(results: readonly OneResult[]): Json {
  const failed = results.filter(({ error }) => error !== undefined).length;
  return { servers: results.length, failed, results };
}
