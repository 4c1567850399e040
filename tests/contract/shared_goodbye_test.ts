/**
 * A client with sessions at many servers on one connection, whose one will reaches all of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, bridge, childrenOf, ECHO, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../support/embedded_broker.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { isRunning } from "../support/processes.ts";
import { startServe } from "../support/proxy.ts";
import { SessionPeer } from "../support/session_peer.ts";
import { eventually } from "../support/wait.ts";

const DISCONNECTED = '{"jsonrpc":"2.0","method":"notifications/disconnected"}';
const SERVERS = ["one", "two"];

function serve(broker: TestBroker, name: string, ...more: string[]) {
  return startServe(["--broker", broker.url, "--name", name, "--session-expiry", "1", ...more, "--", ...ECHO]);
}

/** A client of all servers, with its will where all of them watch. */
async function gateway(broker: TestBroker, topic = "mcp/closed/gateway"): Promise<{ client: TestClient }> {
  const will = { topic, payload: DISCONNECTED, qos: 1 as const, retain: false };
  const client = await TestClient.connect(
    broker.url,
    { clientId: "gateway", will } as unknown as Parameters<typeof TestClient.connect>[1],
    ...SERVERS.map((name) => `mcp/${name}/response/gateway`),
  );
  for (const name of SERVERS) {
    const properties = {
      responseTopic: `mcp/${name}/response/gateway`,
      userProperties: { "mcp-session": `0123456789abcdef-${name}`, "mcp-seq": "1", "mcp-format": "2" },
    };
    const text = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}';
    await client.publish(`mcp/${name}/request/gateway`, text, { qos: 1, properties });
    await client.arrival(`${name} has answered`, ({ topic, text }) => topic.includes(name) && text.includes("pid"));
  }
  return { client };
}

testOnBrokers("when it is killed, no server process is left at any server", async (broker) => {
  await using one = await serve(broker, "one");
  await using two = await serve(broker, "two");
  const { client } = await gateway(broker);
  await using _client = client;
  const pids = [...childrenOf(one), ...childrenOf(two)];
  assert.equal(pids.length, 2);
  client.drop();
  for (const pid of pids) await eventually(`process ${pid} is gone`, () => !isRunning(pid));
});

testOnBrokers("the topic of its will can be chosen, at both ends", async (broker) => {
  const topic = ["--closed-topic", "plant/{client}/gone"];
  await using one = await serve(broker, "one", ...topic);
  await using two = await serve(broker, "two", ...topic);
  const { client } = await gateway(broker, "plant/gateway/gone");
  await using _client = client;
  client.drop();
  for (const pid of [...childrenOf(one), ...childrenOf(two)]) {
    await eventually(`process ${pid} is gone`, () => !isRunning(pid));
  }
});

testOnBrokers("who is there keeps its session, whoever says that it is gone", async (broker) => {
  await using both = await bridge(broker, { serve: ["--session-expiry", "1"], connect: ["--client-id", "alice"] });
  await using watcher = await SessionPeer.connect(broker.url, {}, "mcp/echo/instance/+/alice");
  await initialize(both.host);
  await using stranger = await TestClient.connect(broker.url);
  const before = watcher.all.length;
  for (let time = 0; time < 20; time++) await stranger.publish("mcp/closed/alice", DISCONNECTED);
  // Asked once more after the pause, and not for each of them.
  await eventually("it was asked again", () => watcher.all.length - before >= 2, 10_000);
  assert.ok(watcher.all.length - before < 10, String(watcher.all.length - before));
  assert.match((await ask(both.host, 1, "x")).result.echo, /x/);
  assert.equal(childrenOf(both.serve).length, 1);
});

Deno.test("a server that may not subscribe there goes on without, and says so once", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
    done(null, subscription.topic.startsWith("mcp/closed/") ? null : subscription);
  await using both = await bridge(broker);
  await both.serve.errors.find((line) => line.includes("will not be missed") && line.includes("--closed-topic"));
  assert.match((await ask(both.host, 1, "x")).result.echo, /x/);
  assert.equal(both.serve.errors.seen.filter((line) => line.includes("mcp/closed/+")).length, 1);
});
