/**
 * The answers to a host that begins with MCP where credentials were expected.
 *
 * @module
 */
import { errorResponse, TRANSPORT_ERROR_CODE } from "../core/failure.ts";
import type { Channel } from "../core/channel.ts";

/**
 * Answers every request on `host` with an error that says how to give credentials, until the host ends its side.
 *
 * @param required the keys without which the server cannot start
 * @param withoutHandshake how to start without SMCP, as the end of a sentence
 */
export async function answerWithoutCredentials(
  host: Channel,
  required: readonly string[],
  withoutHandshake: string,
): Promise<void> {
  const keys = required.join(", ");
  const text = `This server has no credentials: it expects them by SMCP, as one line of JSON, before MCP begins. ` +
    `Configure ${keys} for it in a host that speaks SMCP; or start it through ` +
    `"mcp-mqtt-proxy launch --credentials-file FILE -- COMMAND"; or ${withoutHandshake}`;
  host.receive((message) => {
    if (message.kind !== "request" || message.id === undefined) return;
    return host.send(errorResponse(message.id, TRANSPORT_ERROR_CODE, text, { reason: "no-credentials", required }));
  });
  await host.closed;
}
