/**
 * Several servers in one program, and a client that uses each of them.
 *
 *     deno run -A scripts/examples/many_servers.ts [mqtt://127.0.0.1:1883]
 *
 * In a program of your own, write "jsr:@x/mcp-mqtt-proxy" instead of "../../mod.ts".
 *
 * @module
 */
// deno-lint-ignore-file no-console -- an example prints what it shows
import { Client } from "@modelcontextprotocol/sdk/client";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import * as z from "zod";
import { mqttClientTransport, serveMqtt } from "../../mod.ts";

const broker = Deno.args[0] ?? "mqtt://127.0.0.1:1883";

/** A server for each of these, with one tool. */
const SERVERS: Readonly<Record<string, (text: string) => string>> = {
  "text/upper": (text) => text.toUpperCase(),
  "text/reverse": (text) => [...text].reverse().join(""),
  "text/count": (text) => String([...text].length),
};

// Each server has its own connections: a connection has one will, and the will is what tells clients that a server is
// gone. The stack closes all of them at the end, also when one of them cannot be started.
await using servers = new AsyncDisposableStack();
for (const [name, change] of Object.entries(SERVERS)) {
  const { topic } = servers.use(
    await serveMqtt({ broker, name }, async (transport) => {
      const server = new McpServer({ name, version: "1.0.0" });
      server.registerTool("run", { inputSchema: { text: z.string() } }, ({ text }) => ({
        content: [{ type: "text", text: change(text) }],
      }));
      await server.connect(transport);
    }),
  );
  console.log("online on", topic);
}

for (const name of Object.keys(SERVERS)) {
  const client = new Client({ name: "example", version: "1.0.0" });
  await client.connect(mqttClientTransport({ broker, name }));
  const { content } = await client.callTool({ name: "run", arguments: { text: "stressed" } });
  console.log(name, content);
  await client.close();
}
