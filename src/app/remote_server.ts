/**
 * A server on a broker, as a channel.
 *
 * @module
 */
import type { BrokerConfig, TopicConfig } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import { BrokerLink } from "../mqtt/mod.ts";
import { recommendedTimeout, RecoveringChannel } from "../relay/mod.ts";
import { type ClientOptions, PROFILES } from "../wire/mod.ts";
import { clientIdFor } from "./client_id.ts";

/** Which server, and how patiently. */
export interface RemoteServerConfig {
  readonly broker: BrokerConfig;
  readonly topics: TopicConfig;
  readonly discovery: boolean;
  /** Largest message, in bytes. */
  readonly maximumMessage: number;
  /** How long a request waits for broker and server, in ms. */
  readonly connectTimeout: number;
  /** How long a request may take, in ms; what is recommended for its method when `undefined`. */
  readonly timeout: number | undefined;
}

/** The channel to a remote server. */
export interface RemoteServer {
  readonly channel: RecoveringChannel;
  /** Gives the connection back, after the channel was closed. */
  readonly close: () => Promise<void>;
}

/** Connects to the broker, and opens a session with the server when there is something to say to it. */
export function remoteServer(config: RemoteServerConfig, observe: Observer, meter?: Observer): RemoteServer {
  const profile = PROFILES["request-response"];
  const { broker, topics, connectTimeout } = config;
  const options: ClientOptions = {
    ...topics,
    qos: broker.qos,
    maximumMessage: config.maximumMessage,
    observe,
    discovery: config.discovery && broker.profile.discovery,
    connectTimeout,
    timeout: (method) => config.timeout ?? recommendedTimeout(method),
  };
  const link = new BrokerLink({
    broker: broker.broker,
    profile: broker.profile,
    plan: profile.clientPlan(clientIdFor("connect", broker.clientId), options),
    ...(broker.protocolVersion === undefined ? {} : { protocolVersion: broker.protocolVersion }),
    observe,
  });
  const dialer = profile.dialer(link, options);
  const channel = new RecoveringChannel(dialer, {
    connectTimeout,
    timeout: options.timeout,
    observe: meter,
    failed: ({ method }, { reason, message }) => observe({ type: "request.failed", method, reason, cause: message }),
    lost: ({ message }) => observe({ type: "warning", text: `the session is lost: ${message}` }),
    dropped: (message, { message: cause }) =>
      observe({ type: "message.dropped", source: "the host", cause: `"${message.method}" waited in vain: ${cause}` }),
  });
  link.open();
  return {
    channel,
    close: async () => {
      await dialer[Symbol.asyncDispose]();
      await link.close();
    },
  };
}
