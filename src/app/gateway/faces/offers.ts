/**
 * Prompts and resources of all servers, and completions for both.
 *
 * @module
 */
import { ProtocolError, type ServerContext } from "@modelcontextprotocol/server";
import { type Fleet, serverLabel } from "../host/fleet.ts";
import type { FleetListKind, FleetLists, Listed } from "../lists/fleet_lists.ts";
import { fleetUri, ofFleetUri, withFleetUris } from "../fleet_uri.ts";
import { type Json, membersOf } from "../json.ts";
import { visible } from "../lists/tool_lists.ts";
import { mayBelongTo, type ServerTool, ToolNames } from "./tool_names.ts";

const INVALID_PARAMS = -32602;

/** What servers have besides tools. */
export class Offers {
  readonly #fleet: Fleet;
  readonly #lists: FleetLists;
  /** Prompts are named as tools are. */
  readonly #names = new ToolNames();

  constructor(fleet: Fleet, lists: FleetLists) {
    this.#fleet = fleet;
    this.#lists = lists;
  }

  /** The prompts of all servers. */
  async prompts(): Promise<Json[]> {
    const named = this.#named(await this.#lists.all("prompts"));
    return named.map(({ server, entry }) => ({
      ...entry,
      name: this.#names.of(server, String(entry.name)),
      description: this.#described(server, entry.description),
    }));
  }

  /** Forgets the lists of a server that has changed, of some kinds or of all. */
  forget(server: string, kinds?: readonly FleetListKind[]): void {
    this.#lists.forget(server, kinds);
    if (kinds?.includes("prompts") !== false) this.#names.remove(server);
  }

  /** The resources of all servers, or their templates. */
  async resources(kind: Exclude<FleetListKind, "prompts">): Promise<Json[]> {
    const member = kind === "resources" ? "uri" : "uriTemplate";
    const listed = await this.#lists.all(kind);
    return listed.filter(({ entry }) => typeof entry[member] === "string").map(({ server, entry }) => ({
      ...entry,
      [member]: fleetUri(server, String(entry[member])),
      description: this.#described(server, entry.description),
    }));
  }

  /**
   * Gets a prompt. The result may be a question to the host.
   *
   * @throws {ProtocolError} when there is no such prompt, or its server fails
   */
  async prompt({ name, arguments: args }: Json, context: ServerContext): Promise<Json> {
    const { server, tool } = await this.#owner(String(name));
    const params = { name: tool, ...(args === undefined ? {} : { arguments: args }) };
    const result = await this.#fleet.router.call({ server, method: "prompts/get", params }, context);
    return withFleetUris(server, result);
  }

  /**
   * Reads a resource. The result may be a question to the host.
   *
   * @throws {ProtocolError} when it is not a resource of the fleet, or cannot be read
   */
  async read(params: Json, context: ServerContext): Promise<Json> {
    const { server, uri } = located(params.uri);
    const result = await this.#fleet.router.call({ server, method: "resources/read", params: { uri } }, context);
    return withFleetUris(server, result);
  }

  /**
   * Completes an argument of a prompt or of a template.
   *
   * @throws {ProtocolError} when it does not belong to the fleet, or the server does not complete it
   */
  async complete(params: Json, context: ServerContext): Promise<Json> {
    const { ref, ...rest } = params;
    const { type, name, uri } = membersOf(ref);
    const { signal } = context.mcpReq;
    const { router } = this.#fleet;
    if (type === "ref/prompt") {
      const { server, tool } = await this.#owner(String(name));
      return await router.ask(
        server,
        "completion/complete",
        { ...withoutMeta(rest), ref: { type, name: tool } },
        signal,
      );
    }
    const found = located(uri);
    const asked = { ...withoutMeta(rest), ref: { type, uri: found.uri } };
    return await router.ask(found.server, "completion/complete", asked, signal);
  }

  /** The server of a prompt. The host may remember an old name. Only servers are asked that may have it. */
  async #owner(name: string): Promise<ServerTool> {
    const known = this.#names.find(name);
    if (known !== undefined) return known;
    this.#named(await this.#lists.all("prompts", (server) => mayBelongTo(name, server)));
    const found = this.#names.find(name);
    if (found !== undefined) return found;
    throw new ProtocolError(INVALID_PARAMS, `No server that is online has a prompt called ${JSON.stringify(name)}`);
  }

  /** Names the prompts. Returns those that have a name at their server. */
  #named(listed: readonly Listed[]): Listed[] {
    const named = listed.filter(({ entry }) => typeof entry.name === "string" && entry.name !== "");
    for (const { server, entry } of named) this.#names.add(server, String(entry.name));
    return named;
  }

  #described(name: string, description: unknown): string {
    const server = this.#fleet.directory.get(name);
    const label = server === undefined ? `[${name}]` : serverLabel(server);
    return typeof description === "string" && description !== "" ? `${label} ${visible(description)}` : label;
  }
}

/**
 * The server of a resource, and its URI there.
 *
 * @throws {ProtocolError} when it is not a resource of the fleet
 */
export function located(uri: unknown): { readonly server: string; readonly uri: string } {
  const found = typeof uri === "string" ? ofFleetUri(uri) : undefined;
  if (found !== undefined) return found;
  throw new ProtocolError(INVALID_PARAMS, `${JSON.stringify(uri)} is no resource of a server: mcp-mqtt://SERVER/URI`);
}

function withoutMeta({ _meta: _, ...rest }: Json): Json {
  return rest;
}
