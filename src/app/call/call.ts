/**
 * `call`: calling a server on a broker from the shell.
 *
 * @module
 */
import type { Channel } from "../../core/channel.ts";
import { orAborted } from "../../core/waiting.ts";
import type { Observer } from "../../core/events.ts";
import { AnsweringChannel } from "../../relay/mod.ts";
import type { OwnGateway } from "../gateway/own_gateway.ts";
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

/**
 * Opens a session with a gateway for as long as `work` takes.
 *
 * @param timeout how long each answer may take, in ms @default {60_000}
 * @throws {Failure} when the gateway fails, or does not answer in time
 * @throws {RemoteError} when it answers with an error
 * @throws the reason of `signal`, as soon as it is aborted
 */
export async function withGateway<T>(
  { channel, close }: OwnGateway,
  timeout: number | undefined,
  signal: AbortSignal,
  work: (client: McpClient) => Promise<T>,
): Promise<T> {
  const answering = new AnsweringChannel(channel, { timeout: timeout ?? TIMEOUT });
  return await withChannel({ channel: answering, close }, signal, work);
}

/** Opens a session on `channel` for as long as `work` takes, and closes it afterwards. */
async function withChannel<T>(
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
