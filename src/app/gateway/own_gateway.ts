/**
 * A gateway in this process, for users that are not a host process.
 *
 * @module
 */
import type { Channel } from "../../core/channel.ts";
import { channelPair } from "../../core/channel_pair.ts";
import type { Observer } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { errorText } from "../../core/text.ts";
import type { GatewayConfig } from "./gateway.ts";

/** The host's end of a gateway. */
export interface OwnGateway {
  readonly channel: Channel;
  /** Releases what the gateway uses, after the channel was closed. Never rejects. */
  readonly close: () => Promise<void>;
}

type GatewayModule = typeof import("./gateway.ts");

/** A name that is not a literal in the import, so that Deno does not fetch the file before it is used. */
const GATEWAY = "gateway";

/** Loads the code of the gateway. Most users of this file never need it. */
export function loadGateway(): Promise<GatewayModule> {
  return import(`./${GATEWAY}.ts`) as Promise<GatewayModule>;
}

/** Starts a gateway as soon as its code is loaded. When it fails, its channel ends with a {@linkcode Failure}. */
export function ownGateway(loaded: Promise<GatewayModule>, config: GatewayConfig, observe: Observer): OwnGateway {
  const [channel, host] = channelPair();
  const abort = new AbortController();
  const running = loaded
    .then(({ gateway }) => gateway(config, host, { observe, meter: undefined }, abort.signal))
    .catch((error) => channel.close(new Failure("session-ended", `The gateway has failed: ${errorText(error)}`)));
  return {
    channel,
    close: async () => {
      abort.abort();
      await running;
    },
  };
}
