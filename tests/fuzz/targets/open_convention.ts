/** Targets: the two ends of the open convention. @module */
import assert from "node:assert/strict";
import { Failure } from "../../../src/core/failure.ts";
import { Message } from "../../../src/core/message.ts";
import type { ReceivedPacket, UserProperties } from "../../../src/mqtt/mod.ts";
import { McpOverMqttClient } from "../../../src/wire/mcp_over_mqtt/client.ts";
import { McpOverMqttServer } from "../../../src/wire/mcp_over_mqtt/server.ts";
import { LoopLink } from "../../support/loop_link.ts";
import { CLIENT_OPTIONS, SERVER_OPTIONS } from "../../support/wire_options.ts";
import { mutate } from "../mutate.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";

const NAMES = ["MCP-MQTT-CLIENT-ID", "MCP-COMPONENT-TYPE", "mcp-session", "mcp-probe"];
const VALUES = ["c1", "c2", "s1", "mcp-client", "presence", "", "+", "a/b", "1", "__proto__"];

function userProperties(random: Random): UserProperties {
  const properties: Record<string, string | string[]> = {};
  for (let count = random.below(4); count > 0; count--) {
    const value = random.pick(VALUES);
    properties[random.pick(NAMES)] = random.once(10) ? [value, random.pick(VALUES)] : value;
  }
  return properties;
}

function packet(random: Random, topics: readonly string[], seeds: readonly Uint8Array[]): ReceivedPacket {
  return {
    topic: random.pick(topics),
    payload: random.once(8) ? new Uint8Array() : random.once(2) ? random.pick(seeds) : mutate(random, seeds),
    qos: random.once(2) ? 0 : 1,
    retain: random.once(10),
    properties: { userProperties: userProperties(random) },
  };
}

const OPTIONS = { serverName: "x", maxMessage: 2_000, clientInfo: {} };

/** How many sessions of the target may be open. */
const SESSIONS = 20;

/** Whatever is published to a server, it neither crashes nor publishes outside of its own topics. */
export const OPEN_SERVER: Target = {
  name: "open_server",
  begin: (seeds) => {
    const own = /^\$(?:mcp-rpc\/[^/+#]+\/s1\/x|mcp-server\/(?:presence\/|capability\/)?s1\/x)$/;
    const link = new LoopLink("s1", ({ topic }) => assert.match(topic, own));
    let open = 0;
    const server = new McpOverMqttServer(() => link, {
      ...SERVER_OPTIONS,
      ...OPTIONS,
      clientId: "s1",
      share: undefined,
      opened: (session) => {
        open++;
        void session.closed.then(() => open--);
        session.receive((message) => session.send(message));
        if (open > SESSIONS) void session.close(new Failure("too-many-sessions", "Too many"));
      },
    });
    const clients = ["c1", "c2", "1", "__proto__"];
    const topics = [
      "$mcp-server/s1/x",
      ...clients.map((client) => `$mcp-rpc/${client}/s1/x`),
      ...clients.flatMap((client) => [`$mcp-client/presence/${client}`, `$mcp-client/capability/${client}`]),
    ];
    return {
      next: (random) => link.deliver(packet(random, topics, seeds)),
      end: () => server[Symbol.asyncDispose](),
    };
  },
};

/** Whatever is published to a client, it neither crashes nor publishes outside of its own topics. */
export const OPEN_CLIENT: Target = {
  name: "open_client",
  begin: async (seeds) => {
    const own =
      /^\$(?:mcp-server\/(?!presence\/|capability\/)[^/+#]+\/x|mcp-rpc\/me\/.+|mcp-client\/(?:presence|capability)\/me)$/;
    const online = Message.from({ jsonrpc: "2.0", method: "notifications/server/online", params: {} });
    const presence = { topic: "$mcp-server/presence/s1/x", payload: online.bytes, qos: 1, properties: {} } as const;
    let link = new LoopLink("me", () => {});
    const client = new McpOverMqttClient(() => {
      const next = link = new LoopLink("me", ({ topic }) => assert.match(topic, own));
      queueMicrotask(() => next.deliver({ ...presence, retain: true }));
      return link;
    }, {
      ...CLIENT_OPTIONS,
      ...OPTIONS,
      clientId: () => "me",
      pick: "first",
      connectTimeout: Infinity,
      timeout: Infinity,
    });
    const topics = [
      "$mcp-rpc/me/s1/x",
      "$mcp-server/capability/s1/x",
      ...["s1", "s2", "presence", "+"].map((server) => `$mcp-server/presence/${server}/x`),
    ];
    const params = { protocolVersion: "2025-11-25" };
    const dial = async () => {
      const session = await client.dial(new AbortController().signal);
      session.receive(() => {});
      void session.send(Message.from({ jsonrpc: "2.0", id: 1, method: "initialize", params }));
      return session;
    };
    let session = await dial();
    return {
      next: async (random) => {
        if (session.ended === true) session = await dial();
        void session.send(new Message(random.pick(seeds)));
        link.deliver(packet(random, topics, seeds));
      },
      end: async () => {
        await session.close();
        await client[Symbol.asyncDispose]();
      },
    };
  },
};
