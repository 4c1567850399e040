import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import assert from "node:assert/strict";
import { mqttClientTransport, serveMqtt } from "../../mod.ts";
import { testOnBrokers } from "../support/brokers.ts";

testOnBrokers("a program serves and reaches servers in both profiles with the MCP SDK", async (broker) => {
  await using server = await serveMqtt(
    { broker: broker.url, name: "clock", serverName: "home/clock" },
    async (transport) => {
      const clock = new McpServer({ name: "clock", version: "1.0.0" });
      clock.registerTool("now", {}, () => ({ content: [{ type: "text", text: "noon" }] }));
      await clock.connect(transport);
    },
  );
  assert.deepEqual(server.topics.map((topic) => topic.replace(/mcp-serve-\w+/, "ID")), [
    "mcp/clock/request",
    "$mcp-server/ID-open/home/clock",
  ]);
  for (const address of [{ name: "clock" }, { profile: "mcp-over-mqtt", serverName: "home/clock" }] as const) {
    const client = new Client({ name: "test", version: "1.0.0" });
    await client.connect(mqttClientTransport({ broker: broker.url, ...address }));
    const { content } = await client.callTool({ name: "now" });
    assert.deepEqual(content, [{ type: "text", text: "noon" }]);
    await client.close();
  }
});
