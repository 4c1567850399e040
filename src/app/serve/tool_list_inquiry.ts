/**
 * Asking a server for its list of tools before a client does.
 *
 * @module
 */
import { orAborted } from "../../core/waiting.ts";
import type { Channel } from "../../core/channel.ts";
import { AnsweringChannel } from "../../relay/mod.ts";
import { McpClient } from "../call/mcp_client.ts";
import { toolsDigest } from "../tools_digest.ts";

/** How long the server may take for each answer, in ms. */
const TIMEOUT = 30_000;

/**
 * The digest of a server's list of tools; `undefined` when the server does not return the whole list. The process is
 * used for nothing else, and ended.
 *
 * @param start starts the process. There is no digest when it throws or resolves with nothing
 */
export async function queryTools(
  start: () => Promise<Channel | undefined>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const child = await start();
    if (child === undefined) return undefined;
    await using server = new AnsweringChannel(child, { timeout: TIMEOUT });
    return await orAborted(digestOf(new McpClient(server)), signal);
  } catch {
    return undefined; // a client that opens a session will get the error
  }
}

async function digestOf(client: McpClient): Promise<string | undefined> {
  let complete = true;
  await client.initialize();
  const tools = await client.listAll("tools/list", "tools", () => complete = false);
  return complete ? await toolsDigest(tools.map(({ value }) => value)) : undefined;
}
