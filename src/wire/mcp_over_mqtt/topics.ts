/**
 * The topics of the open convention.
 *
 * | topic | use |
 * |---|---|
 * | `$mcp-server/{server-id}/{server-name}` | control: the client's first request |
 * | `$mcp-rpc/{mcp-client-id}/{server-id}/{server-name}` | everything after it, both ways |
 * | `$mcp-server/presence/{server-id}/{server-name}` | whether the server is online, retained |
 * | `$mcp-server/capability/{server-id}/{server-name}` | changes of the server's lists and resources |
 * | `$mcp-client/presence/{mcp-client-id}` | that the client is gone |
 * | `$mcp-client/capability/{mcp-client-id}` | changes of the client's lists |
 *
 * Source: MCP over MQTT, specification 2025-03-26, "Message Topics".
 *
 * @module
 */
import { clientIdProblem } from "../../config/mod.ts";
import { topicNameProblem } from "../../mqtt/mod.ts";

/** One instance of a server. */
export interface ServerInstance {
  /** Its MQTT client id. */
  readonly serverId: string;
  /** The server's name; it may have several topic levels. */
  readonly serverName: string;
}

/** All topics of the convention, below one prefix. */
export class Topics {
  readonly #server: string;
  readonly #client: string;
  readonly #rpc: string;

  /** @param prefix what stands in the place of the leading `$` */
  constructor(prefix = "$") {
    this.#server = `${prefix}mcp-server`;
    this.#client = `${prefix}mcp-client`;
    this.#rpc = `${prefix}mcp-rpc`;
  }

  control({ serverId, serverName }: ServerInstance): string {
    return `${this.#server}/${serverId}/${serverName}`;
  }

  rpc(clientId: string, { serverId, serverName }: ServerInstance): string {
    return `${this.#rpc}/${clientId}/${serverId}/${serverName}`;
  }

  serverPresence({ serverId, serverName }: ServerInstance): string {
    return `${this.#server}/presence/${serverId}/${serverName}`;
  }

  serverCapability({ serverId, serverName }: ServerInstance): string {
    return `${this.#server}/capability/${serverId}/${serverName}`;
  }

  /** A topic of this client or server to which nobody subscribes. */
  withoutSubscriber(id: string): string {
    return `${this.#rpc}/${id}/${id}/-`;
  }

  clientPresence(clientId: string): string {
    return `${this.#client}/presence/${clientId}`;
  }

  clientCapability(clientId: string): string {
    return `${this.#client}/capability/${clientId}`;
  }

  /** The instance whose presence topic this is; `undefined` for any other topic. */
  presentServer(topic: string): ServerInstance | undefined {
    const start = `${this.#server}/presence/`;
    if (!topic.startsWith(start)) return undefined;
    const [serverId = "", ...name] = topic.slice(start.length).split("/");
    const serverName = name.join("/");
    const usable = clientIdProblem(serverId) === undefined && serverName !== "" &&
      topicNameProblem(topic) === undefined;
    return usable ? { serverId, serverName } : undefined;
  }
}
