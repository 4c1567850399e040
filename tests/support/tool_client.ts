/**
 * The tool server in this process, spoken to by the MCP SDK's client.
 *
 * @module
 */
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ChannelTransport } from "../../src/app/transport.ts";
import { BROKER_PRESETS, BrokerLink } from "../../src/mqtt/mod.ts";
import { createToolServer, type ToolServerOptions } from "../../src/tools/mod.ts";
import { MemoryChannel } from "./memory_channel.ts";

/** How the server is to be. */
export interface ToolClientOptions extends Partial<ToolServerOptions> {
  readonly protocolVersion?: 4 | 5;
  readonly clientId?: string;
  /** What the client says that it can do. */
  readonly capabilities?: NonNullable<ConstructorParameters<typeof Client>[1]>["capabilities"];
}

/** What a tool has answered. */
export interface ToolAnswer {
  readonly isError: boolean;
  readonly text: string;
  // deno-lint-ignore no-explicit-any -- tests look into results of any shape
  readonly result: any;
}

/** A client of the tools, with everything behind it. */
export interface ToolClient extends AsyncDisposable {
  readonly client: Client;
  readonly link: BrokerLink;
  /** Calls a tool. */
  call(name: string, args?: Record<string, unknown>, options?: Parameters<Client["callTool"]>[2]): Promise<ToolAnswer>;
}

const NO_RULES = {
  allowPublish: [],
  denyPublish: [],
  allowSubscribe: [],
  denySubscribe: [],
  confirm: [],
  readOnly: false,
};

/** Starts the server for the broker at `url`, and a client for it. */
export async function toolClient(url: string, options: ToolClientOptions = {}): Promise<ToolClient> {
  const { protocolVersion, clientId = `tools-${crypto.randomUUID().slice(0, 8)}`, capabilities = {}, ...rest } =
    options;
  const link = new BrokerLink({
    broker: { url, keepAlive: 60 },
    plan: { clientId },
    preset: BROKER_PRESETS.standard,
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    observe: () => {},
    random: () => 0,
  }).open();
  const server = createToolServer({
    link,
    authority: new URL(url).host,
    permissions: NO_RULES,
    replyTopic: "mcp/tools/{client}",
    maxBytes: 48_000,
    bufferMessages: 10_000,
    bufferBytes: 16 * 1024 * 1024,
    connectTimeout: 5_000,
    version: "0.0.0",
    ...rest,
  });
  const [near, far] = MemoryChannel.pair();
  await server.connect(new ChannelTransport(far));
  const client = new Client({ name: "test", version: "1.0.0" }, { capabilities });
  await client.connect(new ChannelTransport(near));
  return {
    client,
    link,
    async call(name, args = {}, callOptions) {
      const answer = await client.callTool({ name, arguments: args }, undefined, callOptions);
      const [first] = answer.content as { type: string; text: string }[];
      if (first?.type !== "text") throw new Error("The first item is no text");
      return { isError: answer.isError === true, text: first.text, result: answer.structuredContent };
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
      await link.close();
    },
  };
}

/** Rules, of which all others allow everything. */
export function rules(some: Partial<ToolServerOptions["permissions"]>): ToolServerOptions["permissions"] {
  return { ...NO_RULES, ...some };
}
