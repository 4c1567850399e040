/**
 * A gateway in this process, with a host of the MCP SDK, and servers of a fleet.
 *
 * @module
 */
import { Client, type ClientCapabilities, type Transport } from "@modelcontextprotocol/client";
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { type MqttServer, type MqttServerOptions, serveMqtt } from "../../mod.ts";
import { gateway } from "../../src/app/gateway/gateway.ts";
import { FACE_SETTINGS, FLEET_SETTINGS, POOL_SETTINGS, TOOL_POLICY_SETTINGS } from "../../src/app/gateway/settings.ts";
import { ChannelTransport } from "../../src/app/transport.ts";
import {
  BROKER_SETTINGS,
  brokerConfig,
  CONNECT_SETTINGS,
  END_SETTINGS,
  fromOptions,
  MESSAGE_SETTINGS,
} from "../../src/config/mod.ts";
import type { ProxyEvent } from "../../src/core/events.ts";
import type { TestBroker } from "./embedded_broker.ts";
import { MemoryChannel } from "./memory_channel.ts";

/** Versions of the protocol with a handshake, or without one. */
export type Era = "legacy" | "modern";

/** A host of a gateway. Disposing of it ends the gateway. */
export interface GatewayHost extends AsyncDisposable {
  readonly client: Client;
  /** What the gateway has told. */
  readonly events: ProxyEvent[];
  /** The notifications that the host got, as `method` and parameters. */
  readonly notes: { readonly method: string; readonly params: Record<string, unknown> }[];
}

/** How a {@linkcode GatewayHost} is made. */
export interface GatewayHostOptions {
  readonly era?: Era;
  readonly capabilities?: ClientCapabilities;
  /** Prepares the client before it connects. */
  readonly prepare?: (client: Client) => void;
  /** Options of the gateway, by their names in the library. */
  // deno-lint-ignore no-explicit-any -- the settings check them
  readonly options?: Readonly<Record<string, any>>;
}

/** Starts a gateway on a broker, and connects a host to it. */
export async function gatewayHost(broker: TestBroker, options: GatewayHostOptions = {}): Promise<GatewayHost> {
  const { era = "legacy", capabilities = {}, prepare, options: given = {} } = options;
  const events: ProxyEvent[] = [];
  const notes: GatewayHost["notes"] = [];
  const [near, far] = MemoryChannel.pair();
  const abort = new AbortController();
  const values = fromOptions({
    ...FLEET_SETTINGS,
    ...FACE_SETTINGS,
    ...POOL_SETTINGS,
    ...TOOL_POLICY_SETTINGS,
    ...CONNECT_SETTINGS,
    ...MESSAGE_SETTINGS,
    ...END_SETTINGS,
  }, given);
  const running = gateway(
    {
      broker: brokerConfig(fromOptions(BROKER_SETTINGS, { broker: broker.url })),
      options: values,
      profile: "auto",
      topicPrefix: undefined,
      sealing: () => undefined,
      sealed: false,
      fleet: values,
      face: values,
      pool: values,
      policy: values,
      end: values,
      decided: (text) => void events.push({ type: "warning", text }),
    },
    far,
    { observe: (event) => void events.push(event), meter: undefined },
    abort.signal,
  );
  const client = new Client({ name: "host", version: "1" }, {
    capabilities,
    versionNegotiation: { mode: era === "modern" ? { pin: "2026-07-28" } : "legacy" },
  });
  client.fallbackNotificationHandler = ({ method, params }) => {
    notes.push({ method, params: params ?? {} });
    return Promise.resolve();
  };
  prepare?.(client);
  await client.connect(new ChannelTransport(near) as unknown as Transport);
  return {
    client,
    events,
    notes,
    async [Symbol.asyncDispose]() {
      await client.close();
      abort.abort();
      await running;
    },
  };
}

/** A server of a fleet, in this process. */
export interface FleetServerOptions extends Partial<Omit<MqttServerOptions, "broker">> {
  readonly name: string;
  readonly era?: Era;
  /** Gives a server what it has; there is one for each session. */
  readonly build: (server: McpServer) => void;
}

/** Puts a server on a broker that speaks one era of the protocol only. */
export function fleetServer(broker: TestBroker, options: FleetServerOptions): Promise<MqttServer> {
  const { name, era = "legacy", build, ...rest } = options;
  const make = () => {
    const server = new McpServer({ name, version: "1" }, { capabilities: { logging: {} } });
    build(server);
    return server;
  };
  return serveMqtt({ broker: broker.url, name, ...rest }, async (transport) => {
    if (era === "modern") serveStdio(make, { transport: transport as unknown as Transport, legacy: "reject" });
    else await make().connect(transport as unknown as Transport);
  });
}

/** The text of the first content of a result. */
export function textOf(result: unknown): string {
  return (result as { content?: { text?: string }[] }).content?.[0]?.text ?? "";
}
