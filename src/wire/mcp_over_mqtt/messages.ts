/**
 * What the open convention adds to MCP messages, and the messages it adds to MCP.
 *
 * Source: MCP over MQTT, specification 2025-03-26, "User Property", "Service Registration", "Shutdown".
 *
 * @module
 */
import { Message } from "../../core/message.ts";
import {
  type PublishProperties,
  type ReceivedPacket,
  topicFilterProblem,
  type UserProperties,
} from "../../mqtt/mod.ts";

/** Which side a client of the broker is. */
export type Component = "mcp-client" | "mcp-server";

const COMPONENT_TYPE = "MCP-COMPONENT-TYPE";
const CLIENT_ID = "MCP-MQTT-CLIENT-ID";
const META = "MCP-META";

/** User property of CONNACK: the name that the server has to use. */
export const SERVER_NAME = "MCP-SERVER-NAME";
/** User property of CONNACK: the topic filters of server names that the client has to look for servers with. */
export const SERVER_NAME_FILTERS = "MCP-SERVER-NAME-FILTERS";

const DISCONNECTED = "notifications/disconnected";
const ONLINE = "notifications/server/online";

/** The user properties of the CONNECT packet. */
export function connectProperties(component: Component, meta: Readonly<Record<string, unknown>>): UserProperties {
  return { [COMPONENT_TYPE]: component, [META]: JSON.stringify(meta) };
}

/** The properties of every PUBLISH packet. */
export function publishProperties(component: Component, clientId: string): PublishProperties {
  return { userProperties: { [COMPONENT_TYPE]: component, [CLIENT_ID]: clientId } };
}

/** Who says to have published this. */
export function senderOf({ properties }: ReceivedPacket): string | undefined {
  return firstValue(properties.userProperties, CLIENT_ID);
}

/** The first value of a user property. */
export function firstValue(properties: UserProperties | undefined, name: string): string | undefined {
  const value = properties?.[name];
  return typeof value === "string" ? value : value?.[0];
}

/** Reads the filters that a broker gives; `undefined` when they are none. */
export function parseServerNameFilters(json: string): readonly string[] | undefined {
  try {
    const filters: unknown = JSON.parse(json);
    if (!Array.isArray(filters)) return undefined;
    return filters.every((filter) => typeof filter === "string" && topicFilterProblem(filter) === undefined)
      ? filters
      : undefined;
  } catch {
    return undefined;
  }
}

/** The payload that ends a session, or says that a client is gone. */
export function disconnected(): Uint8Array {
  return Message.from({ jsonrpc: "2.0", method: DISCONNECTED }).bytes;
}

/** Whether this ends a session. */
export function isDisconnected({ kind, method }: Message): boolean {
  return kind === "notification" && method === DISCONNECTED;
}

/** What a server says of itself. */
export interface Online {
  readonly serverName: string;
  readonly description: string;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** The retained payload of a server's presence. All of it is always there, since peers exist that insist on it. */
export function encodeOnline({ serverName, description, meta }: Online): Uint8Array {
  return Message.from({
    jsonrpc: "2.0",
    method: ONLINE,
    params: { server_name: serverName, description, meta },
  }).bytes;
}

/** Reads a server's presence, as far as it is one. */
export function decodeOnline(payload: Uint8Array): Partial<Online> | undefined {
  const message = new Message(payload);
  if (message.method !== ONLINE) return undefined;
  try {
    const { params = {} } = message.parse() as { params?: Record<string, unknown> };
    return {
      ...(typeof params.server_name === "string" ? { serverName: params.server_name } : {}),
      ...(typeof params.description === "string" ? { description: params.description } : {}),
      ...(isObject(params.meta) ? { meta: params.meta } : {}),
    };
  } catch {
    return undefined;
  }
}

/** The notifications that the server sends to all its clients at once, and on their own topic. */
export function isServerCapability({ kind, method = "" }: Message): boolean {
  return kind === "notification" && (method.endsWith("/list_changed") || method === "notifications/resources/updated");
}

/** The notifications that a client sends on its own topic. */
export function isClientCapability({ kind, method = "" }: Message): boolean {
  return kind === "notification" && method.endsWith("/list_changed");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
