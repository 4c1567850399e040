/**
 * `call`: calling a server on a broker from the shell.
 *
 * @module
 */
import type { Channel } from "../../core/channel.ts";
import { orAborted } from "../../core/waiting.ts";
import type { Observer } from "../../core/events.ts";
import { McpClient } from "./mcp_client.ts";
import { remoteServer, type RemoteServerConfig } from "../connect/remote_server.ts";

/** The default time limit for an answer, in ms. Without one the shell might wait forever. */
const TIMEOUT = 60_000;

/**
 * Opens a session with a server for as long as `work` takes.
 *
 * @throws {Failure} when there is no way to the server
 * @throws {RemoteError} when the server answers with an error
 * @throws the reason of `signal`, as soon as it is aborted
 */
export async function withRemoteServer<T>(
  config: RemoteServerConfig,
  observe: Observer,
  signal: AbortSignal,
  work: (client: McpClient) => Promise<T>,
): Promise<T> {
  const options = { ...config.options, timeout: config.options.timeout ?? TIMEOUT };
  return await withChannel(remoteServer({ ...config, options }, observe), signal, work);
}

/** Opens a session on `channel` for as long as `work` takes, and closes it afterwards. */
export async function withChannel<T>(
  { channel, close }: { readonly channel: Channel; readonly close: () => Promise<void> },
  signal: AbortSignal,
  work: (client: McpClient) => Promise<T>,
): Promise<T> {
  try {
    const client = new McpClient(channel);
    return await orAborted(client.initialize().then(() => work(client)), signal);
  } finally {
    await channel.close();
    await close();
  }
}
