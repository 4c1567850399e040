/**
 * URIs of resources of a whole fleet: `mcp-mqtt://SERVER/URI`.
 *
 * The server is percent-encoded, so that it ends at the first `/`; behind that is the URI as the server has it, or its
 * template.
 *
 * @module
 */
import { type Json, membersOf } from "./json.ts";

const SCHEME = "mcp-mqtt://";

/** The URI by which the host knows what `server` calls `uri`. */
export function fleetUri(server: string, uri: string): string {
  return `${SCHEME}${encodeURIComponent(server)}/${uri}`;
}

/** Whose resource it is, and what it is called there; `undefined` when it is none of the fleet's. */
export function ofFleetUri(text: string): { readonly server: string; readonly uri: string } | undefined {
  const [, encoded, uri] = /^mcp-mqtt:\/\/([^/]+)\/(.+)$/is.exec(text) ?? [];
  if (encoded === undefined || uri === undefined) return undefined;
  try {
    return { server: decodeURIComponent(encoded), uri };
  } catch {
    return undefined;
  }
}

/** What a tool, a prompt or a resource has returned, with the URIs by which the host can ask for more. */
export function withFleetUris(server: string, result: Json): Json {
  const { content, contents, messages } = result;
  return {
    ...result,
    ...(Array.isArray(content) ? { content: content.map((block) => blockOf(server, block)) } : {}),
    ...(Array.isArray(contents) ? { contents: contents.map((resource) => resourceOf(server, resource)) } : {}),
    ...(Array.isArray(messages) ? { messages: messages.map((message) => messageOf(server, message)) } : {}),
  };
}

function messageOf(server: string, message: unknown): unknown {
  const { content } = membersOf(message);
  return content === undefined ? message : { ...membersOf(message), content: blockOf(server, content) };
}

function blockOf(server: string, block: unknown): unknown {
  const { type, resource } = membersOf(block);
  if (type === "resource_link") return resourceOf(server, block);
  return type === "resource" ? { ...membersOf(block), resource: resourceOf(server, resource) } : block;
}

/** Anything with a `uri`. */
function resourceOf(server: string, resource: unknown): unknown {
  const { uri } = membersOf(resource);
  return typeof uri === "string" ? { ...membersOf(resource), uri: fleetUri(server, uri) } : resource;
}
