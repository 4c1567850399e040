/**
 * `connect`: a remote MCP server that looks like a local one.
 *
 * @module
 */
import type { EndOptions } from "../../config/mod.ts";
import type { Channel } from "../../core/channel.ts";
import { type Observers, placed } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { join, MeteredChannel, SlowPeerChannel } from "../../relay/mod.ts";
import { remoteServer, type RemoteServerConfig } from "./remote_server.ts";

/** How long the session may go on after the host has ended its input and every request is answered, in ms. */
const SERVER_EXIT_TIMEOUT = 5_000;

/** The configuration of `connect`. */
export interface ConnectConfig extends RemoteServerConfig {
  readonly options: RemoteServerConfig["options"] & EndOptions;
}

/**
 * Serves `host` until it ends its side, or `signal` is aborted. After the end of the host's input, the server may still
 * answer. Then it ends the session itself.
 */
export async function connect(
  config: ConnectConfig,
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
  const asked = new Failure("session-ended", "connect was asked to end");
  signal.addEventListener("abort", () => void host.close(asked), { once: true });
  const reader = new SlowPeerChannel(host);
  const client = metered === undefined ? reader : new MeteredChannel(reader, metered);
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const answered = (end: Promise<unknown>) =>
    reader.waitAtMost(Promise.race([channel.allAnswered(), aborted, end]), config.options.endTimeout);
  await join(client, channel, {
    linger: async () => {
      await answered(host.closed);
      await reader.waitAtMost(Promise.race([channel.closed, host.closed]), SERVER_EXIT_TIMEOUT);
    },
    // With a failure, the host cannot read any answers. After `signal`, it does not want any.
    beforeClosing: async ({ failure }) => {
      if (failure === undefined) await answered(channel.closed);
    },
  });
  await close();
}
