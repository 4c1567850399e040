/**
 * A server: puts an MCP server on a broker, without any child process.
 *
 *     deno run -A scripts/examples/server.ts [mqtt://127.0.0.1:1883]
 *
 * It runs until Ctrl-C. Reach it by `client.ts`, or from any MCP host through `mcp-mqtt-proxy connect --name calculator`.
 *
 * In a program of your own, write "jsr:@x/mcp-mqtt-proxy" instead of "../../mod.ts".
 *
 * @module
 */
// deno-lint-ignore-file no-console -- an example prints what it shows
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import * as z from "zod";
import { serveMqtt } from "../../mod.ts";

const broker = Deno.args[0] ?? "mqtt://127.0.0.1:1883";

// Each client session gets a transport, and so a server object of its own. Sessions share only what you let them share.
await using server = await serveMqtt({ broker, name: "calculator", description: "adds numbers" }, async (transport) => {
  const calculator = new McpServer({ name: "calculator", version: "1.0.0" });
  calculator.registerTool(
    "add",
    { description: "Adds two numbers", inputSchema: { a: z.number(), b: z.number() } },
    ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }),
  );
  await calculator.connect(transport);
});
console.log("online on", server.topic);

// At the end of this block the sessions are closed and the presence is removed.
await new Promise<void>((stop) => Deno.addSignalListener("SIGINT", stop));
