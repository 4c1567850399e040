/**
 * `tools`: an MCP server that gives an agent MQTT.
 *
 * @module
 */
import { type BrokerConfig, readTopicFile } from "../config/mod.ts";
import type { Channel } from "../core/channel.ts";
import { waitAtMost } from "../core/waiting.ts";
import type { Observer } from "../core/events.ts";
import type { ToolServerOptions, TopicCatalog } from "../tools/mod.ts";
import { clientIdFor } from "./client_identity.ts";
import { LingeringChannel } from "./lingering_channel.ts";
import { Links } from "./links.ts";
import { ChannelTransport } from "./transport.ts";

/** The configuration of the tool server. */
export interface ToolsConfig extends Omit<ToolServerOptions, "link" | "authority" | "clock" | "time"> {
  readonly broker: BrokerConfig;
}

/**
 * How long open calls may go on after the host has ended its input, in ms. This covers a call that waits for the broker
 * and then for an answer, with the default limits of both. A host that does not want the answers sends SIGTERM.
 */
const DRAIN_TIMEOUT = 15_000;

/** How long disconnecting may take, in ms. shepherd (e55a893, `stop`) kills a server 100 ms after SIGTERM. */
const GOODBYE_TIMEOUT = 60;

/**
 * Loads the server, which takes most of the start-up time. If it is called before the credentials have arrived, loading
 * and waiting overlap.
 */
export function preloadTools(): Promise<unknown> {
  return import("../tools/mod.ts");
}

/**
 * Reads the operator's descriptions of topics.
 *
 * @throws {UsageError} when the file cannot be read, or is invalid
 */
export async function readTopicCatalog(file: string): Promise<TopicCatalog> {
  const descriptions = await readTopicFile(file);
  const { TopicCatalog } = await import("../tools/mod.ts");
  return new TopicCatalog(descriptions);
}

/** Serves `host` until it ends its side, or `signal` is aborted. */
export async function tools(config: ToolsConfig, host: Channel, observe: Observer, signal: AbortSignal): Promise<void> {
  const { createToolServer } = await import("../tools/mod.ts");
  const { broker } = config;
  const link = new Links(broker, observe).make({ clientId: clientIdFor("tools", broker.clientId) }, undefined, true);
  link.open();
  const server = createToolServer({ ...config, link, authority: new URL(broker.broker.url).host });
  const ended = Promise.withResolvers<void>();
  server.server.onclose = ended.resolve;
  await server.connect(new ChannelTransport(new LingeringChannel(host, DRAIN_TIMEOUT)));
  if (signal.aborted) ended.resolve();
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  await ended.promise;
  await waitAtMost(Promise.all([link.close(), server.close()]), GOODBYE_TIMEOUT);
}
