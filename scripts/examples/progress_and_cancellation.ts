/**
 * Long calls: a tool that reports its progress, and a call that is cancelled half-way.
 *
 *     deno run -A scripts/examples/progress_and_cancellation.ts [mqtt://127.0.0.1:1883]
 *
 * In a program of your own, write "jsr:@x/mcp-mqtt-proxy" instead of "../../mod.ts".
 *
 * @module
 */
// deno-lint-ignore-file no-console -- an example prints what it shows
import { Client } from "@modelcontextprotocol/sdk/client";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { mqttClientTransport, serveMqtt } from "../../mod.ts";

const broker = Deno.args[0] ?? "mqtt://127.0.0.1:1883";
const stopped = Promise.withResolvers<void>();

await using _server = await serveMqtt({ broker, name: "printer" }, async (transport) => {
  const printer = new McpServer({ name: "printer", version: "1.0.0" });
  const print = { description: "Prints pages", inputSchema: { pages: z.int() } };
  printer.registerTool("print", print, async ({ pages }, { signal, sendNotification, _meta }) => {
    const progressToken = _meta?.progressToken; // absent when the client does not want to know
    // The signal is aborted when the client cancels the call, and when its session ends.
    signal.addEventListener("abort", () => stopped.resolve());
    for (let progress = 1; progress <= pages; progress++) {
      await setTimeout(20, undefined, { signal });
      if (progressToken === undefined) continue;
      const params = { progressToken, progress, total: pages };
      await sendNotification({ method: "notifications/progress", params });
    }
    return { content: [{ type: "text", text: `printed ${pages} pages` }] };
  });
  await printer.connect(transport);
});

const client = new Client({ name: "example", version: "1.0.0" });
await client.connect(mqttClientTransport({ broker, name: "printer" }));

// By default a call may take a minute. Progress resets the timer: always in the transport, in the SDK with this option.
const { content } = await client.callTool({ name: "print", arguments: { pages: 3 } }, undefined, {
  resetTimeoutOnProgress: true,
  onprogress: ({ progress, total }) => console.log(`page ${progress} of ${total}`),
});
console.log(content);

const abort = new AbortController();
const endless = client.callTool({ name: "print", arguments: { pages: 1_000_000 } }, undefined, {
  signal: abort.signal,
  onprogress: () => abort.abort("that is enough"),
});
await endless.catch((error) => console.log("the client gave up:", error.message));
await stopped.promise;
console.log("the server stopped");
await client.close();
