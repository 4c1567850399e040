/**
 * Which server is meant, and how it is spoken to.
 *
 * @module
 */
import type { RemoteServerConfig } from "../app/mod.ts";
import type { BrokerConfig, CONNECT_SETTINGS, MESSAGE_SETTINGS, TopicConfig, Values } from "../config/mod.ts";

/** The remote server of settings that `connect` and `call` have in common. */
export function remoteServerConfig(
  values: Values<typeof CONNECT_SETTINGS & typeof MESSAGE_SETTINGS>,
  broker: BrokerConfig,
  topics: TopicConfig,
): RemoteServerConfig {
  const { noDiscovery, serverId, pick, connectTimeout, timeout, sessionExpiry, maxMessage } = values;
  return {
    broker,
    topics,
    discovery: !noDiscovery,
    serverId,
    pick,
    connectTimeout,
    timeout,
    sessionExpiry,
    maxMessage: maxMessage,
  };
}
