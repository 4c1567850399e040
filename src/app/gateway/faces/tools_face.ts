/**
 * The tools of all servers, as they are.
 *
 * @module
 */
import { ProtocolError, type ServerContext } from "@modelcontextprotocol/server";
import { type Fleet, serverLabel } from "../host/fleet.ts";
import { withFleetUris } from "../fleet_uri.ts";
import type { Json } from "../json.ts";
import { AnswerTimeout } from "../lists/answer_timeout.ts";
import type { ToolCalls } from "../host/tool_calls.ts";
import { annotationsOf, type Tool } from "../lists/tool_lists.ts";
import { mayBelongTo, type ServerTool, ToolNames } from "./tool_names.ts";

/** One tool for each of the fleet's. */
export class ToolsFace {
  readonly #fleet: Fleet;
  readonly #calls: ToolCalls;
  readonly #names = new ToolNames();
  readonly #answerTimeout = new AnswerTimeout();
  /** The digests of the lists whose tools have names, by server. */
  readonly #named = new Map<string, string>();
  /** The version that the host has seen last. */
  #seen: string | undefined;

  constructor(fleet: Fleet, calls: ToolCalls) {
    this.#fleet = fleet;
    this.#calls = calls;
  }

  /** The tools of all servers that are known or answer in time. */
  async list(signal: AbortSignal): Promise<Json[]> {
    const { directory, catalogue } = this.#fleet;
    const unknown = [...directory.servers].filter(({ name }) => catalogue.known(name) === undefined);
    // The host is told of later ones.
    await this.#answerTimeout.wait(unknown.map(({ name }) => [name, catalogue.tools(name, signal)]));
    this.#seen = this.#version;
    return this.known();
  }

  /** Whether the host has seen another list. */
  get isNew(): boolean {
    return this.#seen !== undefined && this.#seen !== this.#version;
  }

  /** The tools that are known. */
  known(): Json[] {
    const { directory, catalogue, policy } = this.#fleet;
    this.#rename();
    const servers = [...directory.servers].toSorted((a, b) => a.name < b.name ? -1 : 1);
    return servers.flatMap((server) => {
      const label = serverLabel(server);
      return (catalogue.known(server.name)?.tools ?? [])
        .filter((tool) =>
          policy.refusal(server.name, { name: tool.name, annotations: annotationsOf(tool) }) === undefined
        )
        .map((tool) => this.#shown(server.name, label, tool));
    });
  }

  /**
   * Calls a tool by the name that it has here.
   *
   * @throws {ProtocolError} when there is no such tool, or it cannot be called
   */
  async call(name: string, args: unknown, context: ServerContext): Promise<Json> {
    const found = this.#names.find(name) ?? await this.#find(name, context.mcpReq.signal);
    return withFleetUris(found.server, await this.#calls.call(found.server, found.tool, args, context));
  }

  /** Finds a tool that the host remembers from before. Only servers are asked that may have it. */
  async #find(name: string, signal: AbortSignal): Promise<ServerTool> {
    const { directory, catalogue } = this.#fleet;
    const servers = [...directory.servers].map((server) => server.name).filter((server) => mayBelongTo(name, server));
    await this.#answerTimeout.wait(servers.map((server) => [server, catalogue.tools(server, signal)]));
    this.#rename();
    const found = this.#names.find(name);
    if (found !== undefined) return found;
    const silent = servers.find((server) => catalogue.known(server) === undefined);
    const cause = silent === undefined
      ? `No server that is online has a tool called ${JSON.stringify(name)}`
      : `${silent} has not said yet which tools it has; call ${JSON.stringify(name)} again later`;
    throw new ProtocolError(-32602, cause);
  }

  /** Changes when the list may change. Includes servers that have not been asked. */
  get #version(): string {
    const { directory, catalogue } = this.#fleet;
    const parts = [...directory.servers].map((server) => [serverLabel(server), catalogue.known(server.name)?.digest]);
    return JSON.stringify(parts.toSorted());
  }

  #shown(server: string, label: string, tool: Tool): Json {
    const { name, description, inputSchema, ...rest } = tool;
    const text = typeof description === "string" && description !== "" ? `${label} ${description}` : label;
    return {
      name: this.#names.of(server, name) ?? name,
      description: text,
      inputSchema: inputSchema ?? { type: "object" },
      ...rest,
    };
  }

  /** Names new tools, and forgets the names of old ones. */
  #rename(): void {
    const { directory, catalogue } = this.#fleet;
    for (const [server, digest] of this.#named) {
      if (directory.get(server) !== undefined && catalogue.known(server)?.digest === digest) continue;
      this.#names.remove(server);
      this.#named.delete(server);
    }
    for (const { name } of directory.servers) {
      const list = catalogue.known(name);
      if (list === undefined || this.#named.has(name)) continue;
      for (const tool of list.tools) this.#names.add(name, tool.name);
      this.#named.set(name, list.digest);
    }
  }
}
