/**
 * A server on a broker, as a channel.
 *
 * @module
 */
import type { BrokerConfig, ConnectOptions, MessageOptions, TraceContextOptions } from "../../config/mod.ts";
import type { Observer } from "../../core/events.ts";
import type { ClientSealing } from "../../seal/mod.ts";
import { backstopOf, RecoveringChannel } from "../../relay/mod.ts";
import {
  addressIn,
  type ClientOptions,
  profilesFor,
  RacingDialer,
  type ResolvedAddress,
  type WireProfile,
} from "../../wire/mod.ts";
import { CLIENT_INFO, clientIds } from "../client_identity.ts";
import { Links } from "../links.ts";

/** The server, and how to reach it. */
export interface RemoteServerConfig {
  readonly broker: BrokerConfig;
  readonly address: ResolvedAddress;
  readonly options: ConnectOptions & MessageOptions & Partial<TraceContextOptions>;
  /** How sessions are sealed; not at all when `undefined`. */
  readonly sealing?: ClientSealing | Promise<ClientSealing> | undefined;
}

/** A remote server, with the channel to it. */
export interface RemoteServer {
  readonly channel: RecoveringChannel;
  /** The profile of the present session; `undefined` before there is one. */
  readonly profile: () => string | undefined;
  /** Closes the connections, after the channel was closed. */
  readonly close: () => Promise<void>;
}

/**
 * Connects to the broker. A session with the server is opened with the first message.
 *
 * @throws {UsageError} when the server cannot be reached in the profile that was asked for
 */
export function remoteServer(
  { broker, address, options, sealing }: RemoteServerConfig,
  observe: Observer,
  meter?: Observer,
  traced = false,
): RemoteServer {
  const noDiscovery = options.noDiscovery || !broker.preset.discovery;
  const circumstances = { ...address.options, ...options, noDiscovery, broker, sealed: sealing !== undefined };
  const profiles = profilesFor(address.options, circumstances);
  const clientId = clientIds("connect", broker.clientId);
  const links = new Links(broker, observe);
  const optionsFor = (profile: WireProfile): ClientOptions => ({
    ...options,
    ...addressIn(profile, address),
    noDiscovery,
    clientSealing: sealing,
    clientId,
    clientInfo: CLIENT_INFO,
    qos: broker.qos,
    observe,
  });
  const dialer = new RacingDialer(
    profiles,
    (profile) => profile.dialer((plan) => links.make(plan), optionsFor(profile)),
  );
  const channel = new RecoveringChannel(dialer, {
    connectTimeout: options.connectTimeout,
    timeout: options.timeout,
    backstop: backstopOf,
    observe: meter,
    traced,
    failed: ({ method }, { reason, message }) =>
      observe({ type: "request.failed", server: address.label, method, reason, cause: message }),
    lost: ({ message }) => observe({ type: "warning", text: `the session is lost: ${message}` }),
    dropped: (message, { message: cause }) =>
      observe({
        type: "message.dropped",
        source: "the host",
        cause: `"${message.method}" could not be delivered: ${cause}`,
      }),
  });
  return {
    channel,
    profile: () => dialer.profile,
    close: async () => {
      await dialer[Symbol.asyncDispose]();
      await links[Symbol.asyncDispose]();
    },
  };
}
