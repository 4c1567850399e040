/**
 * What the open convention adds to MCP messages.
 *
 * Source: MCP over MQTT, specification 2025-03-26, "User Property".
 *
 * @module
 */
import { idAt } from "../../core/json_rpc.ts";
import { Message } from "../../core/message.ts";
import {
  type PublishProperties,
  type ReceivedPacket,
  topicFilterProblem,
  type UserProperties,
  type Will,
} from "../../mqtt/mod.ts";
import { PING } from "../../relay/mod.ts";
import { disconnected } from "../notifications.ts";
import { firstValue } from "../packets.ts";
import type { Topics } from "./topics.ts";

/** The convention's word for the two kinds of MQTT clients. */
export type Component = "mcp-client" | "mcp-server";

const COMPONENT_TYPE = "MCP-COMPONENT-TYPE";
const CLIENT_ID = "MCP-MQTT-CLIENT-ID";
const META = "MCP-META";
/**
 * A user property of ours, not of the convention: the server's session that a message comes from, as an opaque name.
 */
const SESSION = "mcp-session";

/** User property of CONNACK: the name that the broker gives to the server. */
export const SERVER_NAME = "MCP-SERVER-NAME";
/** User property of CONNACK: filters for the names of the servers that the client may look for. */
export const SERVER_NAME_FILTERS = "MCP-SERVER-NAME-FILTERS";

/** The user properties of the CONNECT packet. */
export function connectProperties(component: Component, meta: Readonly<Record<string, unknown>>): UserProperties {
  return { [COMPONENT_TYPE]: component, [META]: JSON.stringify(meta) };
}

/**
 * The properties of every PUBLISH packet.
 *
 * @param session the server's session that the message comes from
 */
export function publishProperties(component: Component, clientId: string, session?: string): PublishProperties {
  const userProperties = { [COMPONENT_TYPE]: component, [CLIENT_ID]: clientId };
  return { userProperties: session === undefined ? userProperties : { ...userProperties, [SESSION]: session } };
}

/** The server's session that a message comes from; `undefined` when it does not say. */
export function sessionOf({ properties }: ReceivedPacket): string | undefined {
  return firstValue(properties.userProperties, SESSION);
}

/** A user property of ours on a ping: the server itself answers the ping, without a session and without its process. */
const PROBE = "mcp-probe";

/** A ping of our own. */
export function ping(): Message {
  return Message.from({ jsonrpc: "2.0", id: `ping-${crypto.randomUUID()}`, method: PING });
}

/** The answer to a ping. */
export function answerToPing({ id = "null" }: Message): Message {
  return Message.from(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
}

/** The properties of a ping that the server itself answers. */
export function asProbe({ userProperties }: PublishProperties): PublishProperties {
  return { userProperties: { ...userProperties, [PROBE]: "1" } };
}

/** Whether a message is a ping that the server itself answers. */
export function isProbe({ properties }: ReceivedPacket, { kind, method }: Message): boolean {
  return kind === "request" && method === PING && firstValue(properties.userProperties, PROBE) !== undefined;
}

/** A client's goodbye: published by the client before it disconnects, or by the broker as the will. */
export function goodbye(topics: Topics, clientId: string): Will {
  return {
    topic: topics.clientPresence(clientId),
    payload: disconnected(),
    qos: 1,
    retain: false,
    properties: publishProperties("mcp-client", clientId),
  };
}

/** The client id of the sender, as the message gives it; nobody checks that. */
export function senderOf({ properties }: ReceivedPacket): string | undefined {
  return firstValue(properties.userProperties, CLIENT_ID);
}

/** Reads the broker's filters; `undefined` when they are not a JSON array of strings. */
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

/** Whether a message is one of the notifications that the server sends to all clients, on its capability topic. */
export function isServerCapability(message: Message): boolean {
  const { kind, method = "" } = message;
  const tellsOfChange = method.endsWith("/list_changed") || method === "notifications/resources/updated";
  return kind === "notification" && tellsOfChange && subscriptionOf(message) === undefined;
}

/** The id of the subscription that a notification belongs to, as JSON text (MCP 2026-07-28, "Subscriptions"). */
export function subscriptionOf({ bytes }: Message): string | undefined {
  return idAt(bytes, "params", "_meta", "io.modelcontextprotocol/subscriptionId");
}

/** Whether a message is one of the notifications that a client sends on its capability topic. */
export function isClientCapability({ kind, method = "" }: Message): boolean {
  return kind === "notification" && method.endsWith("/list_changed");
}
