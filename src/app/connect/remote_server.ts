/**
 * A server on a broker, as a channel.
 *
 * @module
 */
import type { BrokerConfig, TopicConfig } from "../../config/mod.ts";
import type { Observer } from "../../core/events.ts";
import { recommendedTimeout, RecoveringChannel } from "../../relay/mod.ts";
import { type ClientOptions, RacingDialer, type WireProfile } from "../../wire/mod.ts";
import { CLIENT_INFO, clientIds } from "../client_identity.ts";
import { Links } from "../links.ts";
import { addressIn, profilesFor } from "../profiles.ts";

/** Which server, and how patiently. */
export interface RemoteServerConfig {
  readonly broker: BrokerConfig;
  readonly topics: Omit<TopicConfig, "warnings">;
  readonly discovery: boolean;
  /** The one instance to speak to. */
  readonly serverId: string | undefined;
  /** Which of several instances to speak to. */
  readonly pick: "random" | "first";
  /** Largest message, in bytes. */
  readonly maxMessage: number;
  /** How long a request waits for broker and server, in ms. */
  readonly connectTimeout: number;
  /** How long a request may take, in ms; what is recommended for its method when `undefined`. */
  readonly timeout: number | undefined;
  /** How long a server that has lost its connection is waited for, in ms. */
  readonly sessionExpiry: number;
}

/** The channel to a remote server. */
export interface RemoteServer {
  readonly channel: RecoveringChannel;
  /** Gives the connections back, after the channel was closed. */
  readonly close: () => Promise<void>;
}

/**
 * Connects to the broker, and opens a session with the server when there is something to say to it.
 *
 * @throws {UsageError} when the server cannot be reached in the profile that was asked for
 */
export function remoteServer(config: RemoteServerConfig, observe: Observer, meter?: Observer): RemoteServer {
  const { broker, topics, connectTimeout, serverId } = config;
  const timeout = (method: string) => config.timeout ?? recommendedTimeout(method);
  const discovery = config.discovery && broker.preset.discovery;
  const profiles = profilesFor({ broker, topics, discovery, serverId });
  const clientId = clientIds("connect", broker.clientId);
  const links = new Links(broker, observe);
  const optionsFor = (profile: WireProfile): ClientOptions => ({
    ...addressIn(profile.name, topics),
    ...(serverId === undefined ? {} : { serverId }),
    clientId,
    clientInfo: CLIENT_INFO,
    pick: config.pick,
    qos: broker.qos,
    maxMessage: config.maxMessage,
    sessionExpiry: config.sessionExpiry,
    observe,
    discovery,
    connectTimeout,
    timeout,
  });
  const dialer = new RacingDialer(
    profiles,
    (profile) => profile.dialer((plan) => links.make(plan), optionsFor(profile)),
  );
  const channel = new RecoveringChannel(dialer, {
    connectTimeout,
    timeout,
    observe: meter,
    failed: ({ method }, { reason, message }) => observe({ type: "request.failed", method, reason, cause: message }),
    lost: ({ message }) => observe({ type: "warning", text: `the session is lost: ${message}` }),
    dropped: (message, { message: cause }) =>
      observe({ type: "message.dropped", source: "the host", cause: `"${message.method}" waited in vain: ${cause}` }),
  });
  return {
    channel,
    close: async () => {
      await dialer[Symbol.asyncDispose]();
      await links[Symbol.asyncDispose]();
    },
  };
}
