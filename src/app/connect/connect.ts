/**
 * `connect`: a remote MCP server as if it were a local one.
 *
 * @module
 */
import type { Channel } from "../../core/channel.ts";
import { withTimeLimit } from "../../core/clock.ts";
import { type Observers, placed } from "../../core/events.ts";
import { join, MeteredChannel } from "../../relay/mod.ts";
import { remoteServer, type RemoteServerConfig } from "./remote_server.ts";

/** How long a host that has closed its end is waited for answers to what it asked before, in ms. */
const DRAIN_TIMEOUT = 1_500;

/** Serves `host` until it ends its side, or `signal` is aborted. */
export async function connect(
  config: RemoteServerConfig,
  host: Channel,
  { observe, meter, traced }: Observers,
  signal: AbortSignal,
): Promise<void> {
  const metered = meter && placed(meter, {
    server: config.address.label,
    get profile() {
      return remote.profile() ?? "";
    },
  });
  const remote = remoteServer(config, observe, metered, traced);
  const { channel, close } = remote;
  signal.addEventListener("abort", () => void host.close(), { once: true });
  const client = metered === undefined ? host : new MeteredChannel(host, metered);
  await join(client, channel, {
    // A host that cannot be written to hears no answers.
    beforeClosing: async ({ failure }) => {
      if (failure === undefined) await withTimeLimit(channel.allAnswered(), DRAIN_TIMEOUT);
    },
  });
  await close();
}
