import assert from "node:assert/strict";
import { testOnMosquitto } from "../support/brokers.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { callTool, credentialsFor, initialize, startSmcp } from "../support/smcp.ts";

const RATE = 10_000;
const PAYLOAD = "x".repeat(200);

/** Publishes `count` numbered messages of QoS 0 at {@linkcode RATE} a second. */
async function flood(peer: TestClient, count: number): Promise<void> {
  const since = performance.now();
  for (let sent = 0; sent < count;) {
    const due = Math.min(count, Math.ceil((performance.now() - since) / 1000 * RATE));
    for (; sent < due; sent++) peer.client.publish(`flood/${sent % 100}`, `${sent} ${PAYLOAD}`, { qos: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await peer.publish("flood/end", "end");
}

/** Resident memory of a process, in MB. */
async function memory(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

if (Deno.build.os === "linux") {
  testOnMosquitto(
    "10,000 messages a second on a kept subscription cost bounded memory, and none is unaccounted for",
    async () => {
      await using broker = await mosquitto();
      await using peer = await TestClient.connect(broker.url);
      await using server = await startSmcp(["tools"], credentialsFor(broker.url));
      await initialize(server);
      const subscribe = async (args: Record<string, unknown>) =>
        (await callTool(server, "subscribe", { topic: "flood/#", max_bytes: 16_000_000, ...args })).structuredContent;
      await subscribe({ timeout: 0 });
      const readings: number[] = [];
      for (let round = 0; round < 4; round++) {
        const during = round % 2 === 1; // every other flood comes while a call is under way
        const call = during ? subscribe({ timeout: 3 }) : undefined;
        await flood(peer, 2 * RATE);
        const { message_count, dropped, messages } = await (call ?? subscribe({ timeout: 0.3 }));
        const rest = during ? await subscribe({ timeout: 0.3 }) : { message_count: 0, dropped: 0, messages: [] };
        assert.equal(message_count + (dropped ?? 0) + rest.message_count + (rest.dropped ?? 0), 2 * RATE + 1);
        assert.equal([...messages, ...rest.messages].at(-1).payload, "end");
        assert.ok(message_count <= 10_000);
        readings.push(await memory(server.pid));
      }
      const [first = 0, last = 0] = [readings[0], readings.at(-1)];
      assert.ok(last - first < 100, `memory grows: ${readings.map(Math.round).join(", ")} MB`);
      assert.ok(last < 500, `memory: ${readings.map(Math.round).join(", ")} MB`);
    },
  );
}
