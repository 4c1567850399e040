/**
 * `connect`: a remote MCP server as if it were a local one.
 *
 * @module
 */
import type { Channel } from "../core/channel.ts";
import { withTimeLimit } from "../core/clock.ts";
import type { Observer } from "../core/events.ts";
import { join } from "../relay/mod.ts";
import { remoteServer, type RemoteServerConfig } from "./remote_server.ts";

/** How long a host that has closed its end is waited for answers to what it asked before, in ms. */
const DRAIN_TIMEOUT = 1_500;

/** Serves `host` until it ends its side, or `signal` is aborted. */
export async function connect(
  config: RemoteServerConfig,
  host: Channel,
  observe: Observer,
  signal: AbortSignal,
): Promise<void> {
  const { channel, close } = remoteServer(config, observe);
  signal.addEventListener("abort", () => void host.close(), { once: true });
  await join(host, channel, { beforeClosing: () => withTimeLimit(channel.settled(), DRAIN_TIMEOUT) });
  await close();
}
