/**
 * URIs of resources of a whole fleet: `mcp-mqtt://SERVER/URI`.
 *
 * The server's name is percent-encoded, so it ends at the first `/`. The rest is the server's own URI or URI template.
 *
 * @module
 */
import { type Json, membersOf } from "./json.ts";

const SCHEME = "mcp-mqtt://";

/** The URI by which the host knows what `server` calls `uri`. */
export function fleetUri(server: string, uri: string): string {
  return `${SCHEME}${encodeURIComponent(server)}/${uri}`;
}

/** The server of a resource, and its URI there. `undefined` for any other URI. */
export function ofFleetUri(text: string): { readonly server: string; readonly uri: string } | undefined {
  const [, encoded, uri] = /^mcp-mqtt:\/\/([^/]+)\/(.+)$/is.exec(text) ?? [];
  if (encoded === undefined || uri === undefined) return undefined;
  try {
    return { server: decodeURIComponent(encoded), uri };
  } catch {
    return undefined;
  }
}

/** A result of a tool, a prompt or a resource, with its URIs replaced by those that the host can read. */
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
