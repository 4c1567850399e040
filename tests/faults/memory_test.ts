import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { bridge, initialize } from "../support/bridge.ts";
import { testOnMosquitto } from "../support/brokers.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { callTool, credentialsFor, initialize as initializeTools, startSmcp } from "../support/smcp.ts";

/** Resident memory of a process, in MB. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** What is garbage already counts as well; everything that is sent is 360 and 300 MB, and as much again in what was read with it. */
const USUAL_GROWTH = 250;

const PADDING = "x".repeat(60_000);
const CONFIGURATION = ["allow_anonymous true", "max_queued_messages 100000"];

async function inFlights(count: number, send: (index: number) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < count; start += 100) {
    await Promise.all(Array.from({ length: Math.min(100, count - start) }, (_, index) => send(start + index)));
  }
}

if (Deno.build.os === "linux") {
  testOnMosquitto(
    "small parts, and requests with Correlation Data, out of large packets keep little memory",
    async () => {
      await using broker = await mosquitto({ configuration: CONFIGURATION });
      await using ends = await bridge(broker);
      await initialize(ends.host);
      await using attacker = await TestClient.connect(broker.url);
      const before = await residentMegabytes(ends.serve.pid);
      const send = (client: string, payload: string, properties: Record<string, string | string[]>, correlation = "") =>
        attacker.publish(`mcp/echo/request/${client}`, payload, {
          qos: 1,
          properties: {
            userProperties: { "mcp-session": client, padding: PADDING, ...properties },
            ...(correlation === "" ? {} : { correlationData: Buffer.from(correlation) }),
          },
        });
      for (const part of ["", "x"]) {
        await inFlights(
          2_000,
          (index) => send(`parts${part}`, part, { "mcp-seq": String(index + 1), "mcp-more": "1" }),
        );
      }
      const request = (id: number) => JSON.stringify({ jsonrpc: "2.0", id, method: "hang" });
      await inFlights(1_000, (index) => send("correlated", request(index), { "mcp-seq": String(index + 1) }, "c"));
      await inFlights(1_000, (index) =>
        attacker.publish("mcp/echo/request/plain", request(index), {
          qos: 1,
          properties: {
            responseTopic: "mcp/echo/response/plain",
            correlationData: Buffer.from("c"),
            userProperties: { padding: PADDING },
          },
        }));
      await ends.host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
      assert.equal((await ends.host.output.nextJson()).id, 1);
      const growth = await residentMegabytes(ends.serve.pid) - before;
      assert.ok(growth < USUAL_GROWTH, `${growth} MB more`);
    },
  );

  testOnMosquitto("small messages in large packets keep little memory in tools", async () => {
    await using broker = await mosquitto({ configuration: CONFIGURATION });
    await using server = await startSmcp(["tools"], credentialsFor(broker.url));
    await initializeTools(server);
    await callTool(server, "subscribe", { topic: "flood/#", timeout: 0 });
    const before = await residentMegabytes(server.pid);
    await using attacker = await TestClient.connect(broker.url);
    await inFlights(
      5_000,
      (index) =>
        attacker.publish(`flood/${index}`, "x", { qos: 1, properties: { userProperties: { padding: PADDING } } }),
    );
    const { structuredContent } = await callTool(server, "subscribe", { topic: "other", timeout: 0 });
    assert.equal(structuredContent.message_count, 0);
    const growth = await residentMegabytes(server.pid) - before;
    assert.ok(growth < USUAL_GROWTH, `${growth} MB more`);
  });
}
