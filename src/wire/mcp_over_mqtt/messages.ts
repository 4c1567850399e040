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

/** Which side a client of the broker is. */
export type Component = "mcp-client" | "mcp-server";

const COMPONENT_TYPE = "MCP-COMPONENT-TYPE";
const CLIENT_ID = "MCP-MQTT-CLIENT-ID";
const META = "MCP-META";
/** Ours, not the convention's: which session of the server it comes from, in a word that tells nothing else. */
const SESSION = "mcp-session";

/** User property of CONNACK: the name that the server has to use. */
export const SERVER_NAME = "MCP-SERVER-NAME";
/** User property of CONNACK: the topic filters of server names that the client has to look for servers with. */
export const SERVER_NAME_FILTERS = "MCP-SERVER-NAME-FILTERS";

/** The user properties of the CONNECT packet. */
export function connectProperties(component: Component, meta: Readonly<Record<string, unknown>>): UserProperties {
  return { [COMPONENT_TYPE]: component, [META]: JSON.stringify(meta) };
}

/**
 * The properties of every PUBLISH packet.
 *
 * @param session the server's session that it comes from
 */
export function publishProperties(component: Component, clientId: string, session?: string): PublishProperties {
  const userProperties = { [COMPONENT_TYPE]: component, [CLIENT_ID]: clientId };
  return { userProperties: session === undefined ? userProperties : { ...userProperties, [SESSION]: session } };
}

/** Which session of the server this comes from, if it says so. */
export function sessionOf({ properties }: ReceivedPacket): string | undefined {
  return firstValue(properties.userProperties, SESSION);
}

/** Ours: a ping that the server is to answer itself, without a session, and without waiting for its process. */
const PROBE = "mcp-probe";

/** Asks whether somebody is there. */
export function ping(): Message {
  return Message.from({ jsonrpc: "2.0", id: `ping-${crypto.randomUUID()}`, method: PING });
}

/** Says that somebody is. */
export function answerToPing({ id = "null" }: Message): Message {
  return Message.from(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
}

/** What makes a ping one that the server answers itself. */
export function asProbe({ userProperties }: PublishProperties): PublishProperties {
  return { userProperties: { ...userProperties, [PROBE]: "1" } };
}

/** Whether a ping is such a one. */
export function isProbe({ properties }: ReceivedPacket, { kind, method }: Message): boolean {
  return kind === "request" && method === PING && firstValue(properties.userProperties, PROBE) !== undefined;
}

/** What a client says before it disconnects, and the broker in its place if it does not. */
export function goodbye(topics: Topics, clientId: string): Will {
  return {
    topic: topics.clientPresence(clientId),
    payload: disconnected(),
    qos: 1,
    retain: false,
    properties: publishProperties("mcp-client", clientId),
  };
}

/** Who says to have published this. */
export function senderOf({ properties }: ReceivedPacket): string | undefined {
  return firstValue(properties.userProperties, CLIENT_ID);
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

/** The notifications that the server sends to all its clients at once, and on a topic of their own. */
export function isServerCapability(message: Message): boolean {
  const { kind, method = "" } = message;
  const tellsOfChange = method.endsWith("/list_changed") || method === "notifications/resources/updated";
  return kind === "notification" && tellsOfChange && subscriptionOf(message) === undefined;
}

/** The subscription that a notification belongs to, as JSON text (MCP 2026-07-28, "Subscriptions"). */
export function subscriptionOf({ bytes }: Message): string | undefined {
  return idAt(bytes, "params", "_meta", "io.modelcontextprotocol/subscriptionId");
}

/** The notifications that a client sends on a topic of their own. */
export function isClientCapability({ kind, method = "" }: Message): boolean {
  return kind === "notification" && method.endsWith("/list_changed");
}
