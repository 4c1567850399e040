/** What is said of the broker, and brokers that are not as others. */
import assert from "node:assert/strict";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { freePort } from "../support/net.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { rules, toolClient } from "../support/tool_client.ts";
import { eventually } from "../support/wait.ts";

testOnMosquitto("broker_info tells the version, the limits and what is under $SYS", async () => {
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", "sys_interval 1", "max_qos 1"] });
  await using tools = await toolClient(broker.url, { clientId: "agent" });
  const { result } = await tools.call("broker_info");
  assert.equal(result.connected, true);
  assert.equal(result.broker, `127.0.0.1:${broker.port}`);
  assert.equal(result.client_id, "agent");
  assert.equal(result.mqtt_version, "5");
  assert.equal(result.limits.maximum_qos, 1);
  assert.match(result.sys["$SYS/broker/version"], /^mosquitto/);
  const small = await tools.call("broker_info", { max_bytes: 1_000 });
  assert.ok(small.text.length <= 1_000);
  assert.ok(small.result.more > 0);
  assert.deepEqual((await tools.client.listResources()).resources, []);
  await using narrow = await toolClient(broker.url, { permissions: rules({ allowSubscribe: ["plant/#"] }) });
  assert.equal((await narrow.call("broker_info")).result.sys, undefined);
});

testOnBrokers("broker_info works where there is no $SYS, and with MQTT 3.1.1", async (broker) => {
  await using tools = await toolClient(broker.url, { protocolVersion: 4 });
  const { result } = await tools.call("broker_info");
  assert.equal(result.mqtt_version, "3.1.1");
  assert.equal(result.connected, true);
});

Deno.test("broker_info tells why the broker is away", async () => {
  await using tools = await toolClient(`mqtt://127.0.0.1:${freePort()}`, { connectTimeout: 500 });
  const { result, isError } = await tools.call("broker_info");
  assert.ok(!isError);
  assert.equal(result.connected, false);
  assert.match(result.reason, /cannot be reached/);
});

testOnMosquitto("qos is what the broker grants, not what was asked for", async () => {
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", "max_qos 1"] });
  await using tools = await toolClient(broker.url);
  assert.equal((await tools.call("publish", { topic: "a", message: "x", qos: 2 })).result.qos, 1);
  assert.equal((await tools.call("subscribe", { topic: "a", timeout: 0, qos: 2 })).result.qos, 1);
  assert.equal((await tools.call("subscribe", { topic: "b", timeout: 0 })).result.qos, 0);
  assert.deepEqual(
    (await tools.call("list_subscriptions")).result.subscriptions.map(({ qos }: { qos: number }) => qos),
    [1, 0],
  );
});

testOnMosquitto("a broker that keeps nothing is told of as such", async () => {
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", "retain_available false"] });
  await using tools = await toolClient(broker.url);
  assert.match((await tools.call("get_retained", { topic: "a" })).result.hint, /^This broker keeps no messages at all/);
  const { isError, text } = await tools.call("publish", { topic: "a", message: "x", retain: true });
  assert.ok(isError);
  assert.match(text, /does not keep retained messages/);
});

testOnBrokers("a value that its owner has cleared is told of as such", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  const read = (topic: string) => tools.client.readResource({ uri: `mqtt://127.0.0.1/${topic}` });
  const publish = (topic: string, message: string) => tools.call("publish", { topic, message, retain: true, qos: 1 });
  await publish("kept", "1");
  assert.equal((await read("kept")).contents.length, 1);
  await peer.publish("kept", "", { retain: true });
  await assert.rejects(read("kept"), /The value of "kept" was cleared: the broker kept one at .*Z, and keeps none now/);

  await tools.client.subscribeResource({ uri: "mqtt://127.0.0.1/watched" });
  await publish("watched", "1");
  assert.equal((await read("watched")).contents.length, 1);
  await publish("watched", "");
  await assert.rejects(read("watched"), /The value of "watched" was cleared at .*Z: an empty message was published/);
  assert.deepEqual((await tools.client.listResources()).resources.map(({ name }) => name), ["kept"]);
});

/** A broker that sends what it keeps in batches, with a pause after each. */
async function pausingBroker(pause: number): Promise<AsyncDisposable & { readonly url: string }> {
  const broker = await embeddedBroker();
  const timers: ReturnType<typeof setTimeout>[] = [];
  const { aedes } = broker;
  aedes.on("subscribe", (subscriptions, client) => {
    if (!subscriptions.some(({ topic }) => topic === "batch/#")) return;
    for (let batch = 0; batch < 3; batch++) {
      timers.push(setTimeout(() => {
        for (const name of ["a", "b"]) {
          const topic = `batch/${batch}${name}`;
          client.publish({ cmd: "publish", topic, payload: "x", qos: 0, retain: true, dup: false }, () => {});
        }
      }, batch * pause));
    }
  });
  return {
    url: broker.url,
    async [Symbol.asyncDispose]() {
      timers.forEach(clearTimeout);
      await broker[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a broker that pauses between batches of kept values is waited for, once it has shown it", async () => {
  await using broker = await pausingBroker(400);
  await using tools = await toolClient(broker.url);
  const first = await tools.call("get_retained", { topic: "batch/#", timeout: 20 });
  assert.equal(first.result.message_count, 2);
  // The rest comes when nobody asks for it any more, and shows how this broker is.
  const whole = async () => (await tools.call("get_retained", { topic: "batch/#", timeout: 20 })).result;
  const seen = async () => (await tools.client.listResources()).resources.map(({ name }) => name);
  await eventually("the last batch has come", async () => (await seen()).includes("batch/2b"));
  const second = await whole();
  assert.deepEqual([second.message_count, second.timed_out], [6, undefined]);
  const since = performance.now();
  await tools.call("get_retained", { topic: "batch/0a", timeout: 20 });
  assert.ok(performance.now() - since < 1_500, "a single topic has nothing to wait for");
  const short = await tools.call("get_retained", { topic: "batch/#", timeout: 0.2 });
  assert.equal(short.result.timed_out, true);
  assert.match(short.result.hint, /There may be more: the broker was not silent yet after 0.2 s/);
});
