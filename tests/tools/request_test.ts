/** Asking devices that answer on a topic of their own. */
import assert from "node:assert/strict";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { fixture, startServe } from "../support/proxy.ts";
import { rules, toolClient } from "../support/tool_client.ts";

/** A device as Tasmota is: it takes commands on `cmnd/plug/NAME` and says on `stat/plug/RESULT` what it has done. */
async function plug(peer: TestClient, answers: readonly string[]): Promise<void> {
  await peer.client.subscribeAsync("cmnd/plug/+", { qos: 1 });
  peer.client.on("message", (topic) => {
    if (!topic.startsWith("cmnd/")) return;
    for (const answer of answers) void peer.publish("stat/plug/RESULT", answer);
  });
}

for (const protocolVersion of [5, 4] as const) {
  testOnBrokers(`a device that answers by itself is asked, with MQTT ${protocolVersion}`, async (broker) => {
    await using peer = await TestClient.connect(broker.url, { protocolVersion });
    await peer.publish("stat/plug/RESULT", '{"POWER":"stale"}', { retain: true });
    await plug(peer, ['{"POWER":"ON"}']);
    await using tools = await toolClient(broker.url, { protocolVersion });
    const ask = { topic: "cmnd/plug/POWER", message: "ON" };
    for (const response_topic of ["stat/plug/RESULT", "stat/#", "#"]) {
      const { result, isError, text } = await tools.call("request", {
        ...ask,
        response_topic,
        timeout: 30,
        parse: true,
      });
      assert.ok(!isError, text);
      assert.equal(result.response.topic, "stat/plug/RESULT");
      assert.deepEqual(result.response.json, { POWER: "ON" });
      assert.equal(result.response.retain, false);
    }
  });
}

testOnBrokers("match takes the first answer with the member, by name or by value", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await plug(peer, ["no JSON", '{"id":6}', '{"id":7,"ok":true}']);
  await using tools = await toolClient(broker.url);
  const ask = { topic: "cmnd/plug/X", message: "", response_topic: "stat/plug/RESULT", timeout: 30 };
  for (const match of ["ok", { id: 7 }, '{"id":7}']) {
    const { result } = await tools.call("request", { ...ask, match });
    assert.equal(result.response.payload, '{"id":7,"ok":true}');
  }
  const { text, isError } = await tools.call("request", { ...ask, match: "absent", timeout: 1 });
  assert.ok(isError);
  assert.match(
    text,
    /^No answer to the request on "cmnd\/plug\/X" came on "stat\/plug\/RESULT" within 1 s; 3 messages came/,
  );
});

testOnBrokers("a response topic has to be allowed to be read, and need not be to be published to", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await plug(peer, ['{"POWER":"ON"}']);
  await using tools = await toolClient(broker.url, {
    permissions: rules({ allowPublish: ["cmnd/#"], allowSubscribe: ["stat/#"] }),
  });
  const ask = { topic: "cmnd/plug/POWER", message: "ON", timeout: 30 };
  assert.match(
    (await tools.call("request", { ...ask, response_topic: "other" })).text,
    /Reading "other" is not allowed/,
  );
  const { result } = await tools.call("request", { ...ask, response_topic: "stat/plug/RESULT" });
  assert.equal(result.response.payload, '{"POWER":"ON"}');
});

testOnBrokers("an answer that has no room is read on in, without asking again", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  let asked = 0;
  peer.client.on("message", (_topic, _payload, { properties }) => {
    asked++;
    void peer.publish(properties?.responseTopic ?? "lost", "0123456789".repeat(10_000));
  });
  await peer.client.subscribeAsync("svc");
  await using tools = await toolClient(broker.url);
  let answer = await tools.call("request", { topic: "svc", message: "x", timeout: 30 });
  let read = answer.result.response.payload;
  while (answer.result.response.truncated) {
    assert.ok(answer.text.length <= 48_000);
    const [, json = ""] = /read on with request (\{.*?\}),/.exec(answer.result.hint) ?? [];
    answer = await tools.call("request", JSON.parse(json));
    read += answer.result.response.payload;
  }
  assert.ok(read === "0123456789".repeat(10_000));
  assert.equal(asked, 1);
});

testOnMosquitto("with MQTT 5, a server behind serve is asked", async () => {
  await using broker = await mosquitto();
  await using _serve = await startServe([
    ...["--broker", broker.url, "--name", "echo", "--"],
    ...fixture("echo_server.ts"),
  ]);
  await using tools = await toolClient(broker.url);
  const ask = async (id: number, method: string, params: unknown) => {
    const message = { jsonrpc: "2.0", id, method, params };
    const where = { topic: "mcp/echo/request/agent", response_topic: "mcp/echo/response/agent", match: { id } };
    return (await tools.call("request", { ...where, message, timeout: 30, parse: true })).result.response.json;
  };
  const client = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "a", version: "1" } };
  assert.ok((await ask(1, "initialize", client)).result !== undefined);
  assert.equal((await ask(2, "echo", { text: "hello" })).id, 2);
});
