/**
 * A gateway in this process, for somebody who is no process of his own.
 *
 * @module
 */
import type { Channel } from "../../core/channel.ts";
import { channelPair } from "../../core/channel_pair.ts";
import type { Observer } from "../../core/events.ts";
import { gateway, type GatewayConfig } from "./gateway.ts";

/** The host's end of a gateway. */
export interface OwnGateway {
  readonly channel: Channel;
  /** Gives back what the gateway has, after the channel was closed. */
  readonly close: () => Promise<void>;
}

/** Starts a gateway. */
export function ownGateway(config: GatewayConfig, observe: Observer): OwnGateway {
  const [channel, host] = channelPair();
  const abort = new AbortController();
  const running = gateway(config, host, { observe, meter: undefined }, abort.signal);
  return {
    channel,
    close: async () => {
      abort.abort();
      await running;
    },
  };
}
