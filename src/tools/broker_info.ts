/** The tool `broker_info`. @module */
import * as z from "zod";
import { Failure } from "../core/failure.ts";
import { type BrokerLimits, whenOnline } from "../mqtt/mod.ts";
import type { ToolContext } from "./context.ts";
import { BUDGET } from "./parameters.ts";
import { jsonSize, toText } from "./text.ts";
import { tool } from "./tool.ts";

/** Where mosquitto, EMQX and others publish their state. */
const SYS = "$SYS/#";

/** How long to wait for the messages on {@linkcode SYS}, in ms. */
const SYS_TIMEOUT = 1_000;

/** Tells what is known of the broker. */
export const BROKER_INFO = tool({
  name: "broker_info",
  title: "Look at the broker",
  description:
    "Tell whether the broker is connected, its MQTT version, its limits, and what it says of itself under $SYS.",
  publishes: false,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: BUDGET,
  output: {
    success: z.literal(true),
    connected: z.boolean(),
    more: z.int().optional(),
  },
  async run(_args, context, { signal, budget }) {
    const { link, clock, connectTimeout, uris, version } = context;
    const known = { success: true as const, broker: uris.authority, client_id: link.clientId, tools_version: version };
    let limits: BrokerLimits;
    try {
      limits = await whenOnline(link, connectTimeout, signal, clock);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { result: { ...known, connected: false, reason: error.message } };
    }
    const about = { ...known, client_id: link.clientId, connected: true, ...describe(limits) };
    const sys = await readSys(context, signal);
    return { result: within(about, sys, budget) };
  },
});

function describe(limits: BrokerLimits): Record<string, unknown> {
  return {
    mqtt_version: limits.protocolVersion === 5 ? "5" : "3.1.1",
    limits: {
      maximum_qos: limits.maximumQoS,
      retain: limits.retainAvailable,
      wildcard_subscriptions: limits.wildcardSubscriptionAvailable,
      shared_subscriptions: limits.sharedSubscriptionAvailable,
      maximum_packet_size: limits.maximumPacketSize,
      receive_maximum: limits.receiveMaximum,
      keep_alive: limits.keepAlive,
    },
  };
}

/** What the broker publishes about itself. Empty when it publishes nothing, or when the agent may not read it. */
async function readSys({ permissions, retained }: ToolContext, signal: AbortSignal): Promise<[string, string][]> {
  try {
    permissions.checkSubscribe(SYS);
    const { messages } = await retained.read(SYS, SYS_TIMEOUT, signal);
    const found = messages.map(({ topic, payload }): [string, string] => [topic, toText(payload).text]).sort();
    // There are many load averages. They come last, so that a short answer leaves them out first.
    return [...found.filter(([topic]) => !isLoad(topic)), ...found.filter(([topic]) => isLoad(topic))];
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error) return [];
    throw error;
  }
}

/** Whether a topic is one of mosquitto's many load averages. */
function isLoad(topic: string): boolean {
  return topic.includes("/load/");
}

function within<T extends object>(about: T, sys: readonly [string, string][], budget: number) {
  const shown = [...sys];
  const result = () => {
    const more = sys.length - shown.length;
    return {
      ...about,
      ...(shown.length === 0 ? {} : { sys: Object.fromEntries(shown) }),
      ...(more === 0 ? {} : { more }),
    };
  };
  while (shown.length > 0 && jsonSize(result()) > budget) shown.pop();
  return result();
}
