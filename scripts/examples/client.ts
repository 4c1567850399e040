/**
 * A client: reaches an MCP server on a broker, lists its tools and calls one of them.
 *
 * Start the server of `server.ts` first. Then:
 *
 *     deno run -A scripts/examples/client.ts [mqtt://127.0.0.1:1883]
 *
 * In a program of your own, write "jsr:@x/mcp-mqtt-proxy" instead of "../../mod.ts".
 *
 * @module
 */
// deno-lint-ignore-file no-console -- an example prints what it shows
import { Client } from "@modelcontextprotocol/sdk/client";
import { mqttClientTransport } from "../../mod.ts";

const broker = Deno.args[0] ?? "mqtt://127.0.0.1:1883";

// The transport outlives broker and server: while they are away, a request waits for `connectTimeout` and is then
// rejected with a JSON-RPC error. Its `data.reason` is a word for programs, such as "no-server-online".
const client = new Client({ name: "example", version: "1.0.0" });
await client.connect(mqttClientTransport({ broker, name: "calculator", connectTimeout: 5_000 }));

try {
  const { tools } = await client.listTools();
  for (const { name, description } of tools) console.log(`tool ${name}: ${description}`);

  const { content } = await client.callTool({ name: "add", arguments: { a: 1, b: 2 } });
  console.log("1 + 2 is", content);
} finally {
  // Tells the server that the session is over, and closes the connection.
  await client.close();
}
