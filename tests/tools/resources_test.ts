import assert from "node:assert/strict";
// @ts-types="@modelcontextprotocol/sdk/types"
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { testOnBrokers } from "../support/brokers.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { rules, type ToolClient, toolClient } from "../support/tool_client.ts";

/** Resolves with the URIs of the first `count` updates. */
function updates({ client }: ToolClient, count: number): Promise<string[]> {
  const uris: string[] = [];
  return new Promise((resolve) => {
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      uris.push(params.uri);
      if (uris.length === count) resolve(uris);
    });
  });
}

async function textOf({ client }: ToolClient, uri: string): Promise<string> {
  const { contents: [content] } = await client.readResource({ uri });
  if (content === undefined || !("text" in content)) throw new Error("No text");
  return content.text;
}

testOnBrokers("a topic is a resource, whose value is what the broker keeps", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("plant/line 1/temp", "21", { retain: true, properties: { contentType: "text/csv" } });
  await peer.publish("plant/bytes", Uint8Array.of(0xff, 0x00), { retain: true });
  await using tools = await toolClient(broker.url);
  const { resourceTemplates: [template] } = await tools.client.listResourceTemplates();
  assert.equal(template?.uriTemplate, "mqtt://127.0.0.1/{+topic}");
  const uri = "mqtt://127.0.0.1/plant/line%201/temp";
  assert.deepEqual((await tools.client.readResource({ uri })).contents, [{ uri, mimeType: "text/csv", text: "21" }]);
  const bytes = await tools.client.readResource({ uri: "mqtt://127.0.0.1/plant/bytes" });
  assert.deepEqual(bytes.contents, [
    { uri: "mqtt://127.0.0.1/plant/bytes", mimeType: "application/octet-stream", blob: "/wA=" },
  ]);
});

testOnBrokers("the URI may name the port", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("a", "21", { retain: true });
  await using tools = await toolClient(broker.url);
  assert.equal(await textOf(tools, `mqtt://127.0.0.1:${broker.port}/a`), "21");
});

testOnBrokers("a topic without a value, or that is none of this broker, is an error", async (broker) => {
  await using tools = await toolClient(broker.url, { permissions: rules({ denySubscribe: ["secret/#"] }) });
  const read = (uri: string) => tools.client.readResource({ uri });
  await assert.rejects(read("mqtt://127.0.0.1/nothing"), /No value of "nothing" is known/);
  await assert.rejects(read("mqtt://elsewhere/a"), /not found/);
  await assert.rejects(read("mqtt://127.0.0.1/a/+"), /names no topic of this broker/);
  await assert.rejects(read("mqtt://127.0.0.1/secret/a"), /not allowed/);
  await assert.rejects(tools.client.subscribeResource({ uri: "mqtt://elsewhere/a" }), /names no topic of this broker/);
  await assert.rejects(tools.client.subscribeResource({ uri: "mqtt://127.0.0.1/secret/a" }), /not allowed/);
});

testOnBrokers("whoever subscribes to a resource is told of each new message, and can read it", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("a", "old", { retain: true });
  await using tools = await toolClient(broker.url);
  const uri = "mqtt://127.0.0.1/a";
  const updated = updates(tools, 3);
  await tools.client.subscribeResource({ uri });
  assert.equal(await textOf(tools, uri), "old");
  for (const text of ["1", "2", "3"]) await peer.publish("a", text);
  assert.deepEqual(await updated, [uri, uri, uri]);
  assert.equal(await textOf(tools, uri), "3");

  await tools.client.unsubscribeResource({ uri });
  let more = 0;
  tools.client.setNotificationHandler(ResourceUpdatedNotificationSchema, () => void more++);
  await peer.publish("a", "4");
  await tools.call("get_retained", { topic: "a" });
  assert.equal(more, 0);
});

testOnBrokers("topics that were seen are listed, and complete a name", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  for (const topic of ["plant/1", "plant/2", "office/1"]) await peer.publish(topic, "x", { retain: true });
  await using tools = await toolClient(broker.url);
  assert.deepEqual((await tools.client.listResources()).resources, []);
  await tools.call("get_retained", { topic: "#" });
  const { resources, nextCursor } = await tools.client.listResources();
  assert.equal(nextCursor, undefined);
  assert.deepEqual(resources.map(({ uri }) => uri).sort(), [
    "mqtt://127.0.0.1/office/1",
    "mqtt://127.0.0.1/plant/1",
    "mqtt://127.0.0.1/plant/2",
  ]);
  const { completion } = await tools.client.complete({
    ref: { type: "ref/resource", uri: "mqtt://127.0.0.1/{+topic}" },
    argument: { name: "topic", value: "pl" },
  });
  assert.deepEqual(completion.values.sort(), ["plant/1", "plant/2"]);
});
