import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import type { IPublishPacket } from "mqtt";
import { testOnBrokers } from "../support/brokers.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { rules, toolClient } from "../support/tool_client.ts";
import { eventually } from "../support/wait.ts";

/** What arrives at a plain MQTT client on `filter`. */
async function watch(
  peer: TestClient,
  filter: string,
): Promise<() => Promise<{ payload: Buffer; packet: IPublishPacket }>> {
  const waiting: { payload: Buffer; packet: IPublishPacket }[] = [];
  let arrived = Promise.withResolvers<void>();
  peer.client.on("message", (_topic, payload, packet) => {
    waiting.push({ payload, packet });
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  await peer.client.subscribeAsync(filter, { qos: 2 });
  return async () => {
    while (true) {
      const next = waiting.shift();
      if (next !== undefined) return next;
      await arrived.promise;
    }
  };
}

testOnBrokers("publish sends a message to whoever has subscribed", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const next = await watch(peer, "a/b");
  await using tools = await toolClient(broker.url);
  const answer = await tools.call("publish", { topic: "a/b", message: "grüß dich" });
  assert.deepEqual(answer, {
    isError: false,
    text: '{"success":true,"topic":"a/b","retain":false}',
    result: { success: true, topic: "a/b", retain: false },
  });
  const { payload, packet } = await next();
  assert.equal(payload.toString(), "grüß dich");
  assert.equal(packet.retain, false);
});

testOnBrokers("publish has the whole message sent: QoS, binary payload and MQTT 5 properties", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const next = await watch(peer, "a/b");
  await using tools = await toolClient(broker.url);
  await tools.call("publish", {
    topic: "a/b",
    message: "AP+A",
    encoding: "base64",
    qos: 1,
    content_type: "application/octet-stream",
    response_topic: "a/answers",
    correlation_data: "7",
    message_expiry: 60,
    user_properties: { unit: "°C", tag: ["x", "y"] },
  });
  const { payload, packet } = await next();
  assert.deepEqual([...payload], [0x00, 0xff, 0x80]);
  assert.equal(packet.qos, 1);
  const { contentType, responseTopic, correlationData, userProperties } = packet.properties ?? {};
  assert.equal(contentType, "application/octet-stream");
  assert.equal(responseTopic, "a/answers");
  assert.equal(String(correlationData), "7");
  assert.deepEqual({ ...userProperties }, { unit: "°C", tag: ["x", "y"] });
});

testOnBrokers("numbers, booleans, objects and lists may come as JSON text, and a message as JSON", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const next = await watch(peer, "a/b");
  await using tools = await toolClient(broker.url);
  const args = { topic: "a/b", message: { on: true }, retain: "true", qos: "1", user_properties: '{"a":"b"}' };
  assert.deepEqual((await tools.call("publish", args)).result, { success: true, topic: "a/b", retain: true });
  const { payload, packet } = await next();
  assert.equal(payload.toString(), '{"on":true}');
  assert.deepEqual({ ...packet.properties?.userProperties }, { a: "b" });
});

testOnBrokers("publish succeeds when nobody has subscribed, whatever the QoS", async (broker) => {
  await using tools = await toolClient(broker.url);
  for (const qos of [0, 1, 2]) {
    const answer = await tools.call("publish", { topic: "nobody/listens", message: "x", qos });
    assert.equal(answer.isError, false, answer.text);
  }
});

testOnBrokers("the first subscribe returns retained messages and what is published meanwhile", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("a/kept", "old", { retain: true });
  await using tools = await toolClient(broker.url);
  const call = tools.call("subscribe", { topic: "a/+", timeout: 30, max_messages: 2, qos: 1 });
  await eventually("the tools are online", async () => {
    await peer.publish("probe", "");
    return tools.link.state.status === "online";
  });
  await peer.publish("b/other", "not wanted");
  await publishUntil(peer, "a/new", "new", call);
  const { result, text } = await call;
  const [{ qos, received_at }, { received_at: later }] = result.messages;
  assert.deepEqual(result.messages[0], { topic: "a/kept", payload: "old", retain: true, qos, received_at });
  assert.deepEqual(result.messages[1], { topic: "a/new", payload: "new", retain: false, qos: 1, received_at: later });
  assert.deepEqual(Object.keys(result), ["success", "message_count", "messages", "qos"]);
  assert.deepEqual(JSON.parse(text), result);
});

testOnBrokers("a subscription that nothing arrives on gives an empty list after the timeout", async (broker) => {
  await using tools = await toolClient(broker.url);
  const { result } = await tools.call("subscribe", { topic: "a/+", timeout: 0.1 });
  assert.deepEqual(result, { success: true, message_count: 0, messages: [], qos: 0 });
});

testOnBrokers("what arrives between two calls waits for the second, until unsubscribe", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "a/+", timeout: 0 });
  await peer.publish("a/1", "one");
  await peer.publish("a/2", "two");
  const second = await tools.call("subscribe", { topic: "a/+", timeout: 30, max_messages: 2 });
  assert.deepEqual(second.result.messages.map(({ payload }: { payload: string }) => payload), ["one", "two"]);
  assert.deepEqual((await tools.call("subscribe", { topic: "a/+", timeout: 0 })).result.messages, []);

  await peer.publish("a/1", "three");
  const ended = await tools.call("unsubscribe", { topic: "a/+" });
  assert.deepEqual(ended.result, { success: true, topic: "a/+" });
  await peer.publish("a/1", "four");
  assert.deepEqual((await tools.call("subscribe", { topic: "a/+", timeout: 0 })).result.messages, []);
});

testOnBrokers("max_messages ends a call early, and the rest waits for the next", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "a", timeout: 0 });
  for (const text of ["1", "2", "3", "4", "5"]) await peer.publish("a", text);
  const got: string[] = [];
  for (const max_messages of [2, 2, 1]) {
    const { result } = await tools.call("subscribe", { topic: "a", timeout: 30, max_messages });
    assert.equal(result.message_count, max_messages);
    got.push(...result.messages.map(({ payload }: { payload: string }) => payload));
  }
  assert.deepEqual(got, ["1", "2", "3", "4", "5"]);
});

for (const [protocolVersion, qos] of [[5, 0], [5, 1], [4, 0]] as const) {
  testOnBrokers(
    `overlapping calls each get what matches theirs, once (MQTT ${protocolVersion}, QoS ${qos})`,
    async (broker) => {
      await using peer = await TestClient.connect(broker.url);
      await peer.publish("p/l1/temp", "retained", { retain: true });
      await using tools = await toolClient(broker.url, { protocolVersion });
      const filters = ["p/#", "p/+/temp", "p/l1/+", "p/l1/temp", "#", "p/+/+", "p/l1/temp"];
      await Promise.all(filters.map((topic) => tools.call("subscribe", { topic, timeout: 0.05, qos })));
      const calls = filters.map((topic) => tools.call("subscribe", { topic, timeout: 4, qos }));
      for (let number = 0; number < 50; number++) {
        await peer.publish("p/l1/temp", `${number}`);
        await peer.publish("p/l2/temp", `other ${number}`);
      }
      const numbers = Array.from({ length: 50 }, (_, number) => `${number}`);
      for (const [index, call] of calls.entries()) {
        const filter = filters[index] ?? "";
        const { result } = await call;
        const payloads = (result.messages as { topic: string; payload: string; retain: boolean }[])
          .filter(({ topic, retain }) => topic === "p/l1/temp" && !retain).map(({ payload }) => payload);
        assert.deepEqual(payloads, numbers, filter);
        const others = result.messages.filter(({ topic }: { topic: string }) => topic === "p/l2/temp").length;
        assert.equal(others, ["p/#", "p/+/temp", "#", "p/+/+"].includes(filter) ? 50 : 0, filter);
      }
    },
  );
}

testOnBrokers("every one of many first calls for a filter gets its retained messages, once", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  for (const topic of ["a/1", "a/2", "a/3"]) await peer.publish(topic, "kept", { retain: true });
  await using tools = await toolClient(broker.url);
  const filters = ["a/+", "a/+", "a/#", "a/1", "a/+", "a/2"];
  const answers = await Promise.all(filters.map((topic) => tools.call("subscribe", { topic, timeout: 2 })));
  assert.deepEqual(answers.map(({ result }) => result.message_count), [3, 3, 3, 1, 3, 1]);
});

testOnBrokers("get_retained returns the values that the broker keeps, and nothing else", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("a/1", "one", { retain: true });
  await peer.publish("a/2", "two", { retain: true, properties: { contentType: "text/x", userProperties: { k: "v" } } });
  await peer.publish("a/3", "not kept");
  await using tools = await toolClient(broker.url);
  const { result } = await tools.call("get_retained", { topic: "a/+" });
  const [one, two] = result.messages.toSorted((a: { topic: string }, b: { topic: string }) =>
    a.topic < b.topic ? -1 : 1
  );
  assert.equal(result.message_count, 2);
  assert.deepEqual(one, { topic: "a/1", payload: "one", retain: true, qos: one.qos, received_at: one.received_at });
  assert.equal(two.content_type, "text/x");
  assert.deepEqual(two.user_properties, { k: "v" });
  assert.deepEqual((await tools.call("get_retained", { topic: "a/3" })).result.messages, []);
});

testOnBrokers("get_retained does not wait for its timeout when the broker has sent everything", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("a/1", "one", { retain: true });
  await using tools = await toolClient(broker.url);
  const since = performance.now();
  assert.equal((await tools.call("get_retained", { topic: "a/1", timeout: 600 })).result.message_count, 1);
  assert.equal((await tools.call("get_retained", { topic: "a/#", timeout: 600 })).result.message_count, 1);
  assert.equal((await tools.call("get_retained", { topic: "none", timeout: 600 })).result.message_count, 0);
  assert.ok(performance.now() - since < 60_000);
});

testOnBrokers("get_retained finds all of many values", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const publications: Promise<void>[] = [];
  for (let number = 0; number < 2_000; number++) {
    publications.push(peer.publish(`many/${number}`, "x", { retain: true }));
  }
  await Promise.all(publications);
  await using tools = await toolClient(broker.url);
  const { result } = await tools.call("get_retained", { topic: "many/#", timeout: 60, max_bytes: 1_000_000 });
  assert.equal(result.message_count, 2_000);
});

testOnBrokers(
  "get_retained works on a filter that is subscribed to, and takes nothing away from it",
  async (broker) => {
    await using peer = await TestClient.connect(broker.url);
    await peer.publish("a/1", "kept", { retain: true });
    await using tools = await toolClient(broker.url);
    assert.equal((await tools.call("subscribe", { topic: "a/+", timeout: 1 })).result.message_count, 1);
    await peer.publish("a/2", "later");
    assert.equal((await tools.call("get_retained", { topic: "a/+" })).result.message_count, 1);
    const { result } = await tools.call("subscribe", { topic: "a/+", timeout: 1 });
    assert.deepEqual(result.messages.map(({ payload }: { payload: string }) => payload), ["later"]);
  },
);

testOnBrokers("list_topics tells which topics there are, with counts and sizes", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("a/kept", "12345", { retain: true });
  await using tools = await toolClient(broker.url);
  const call = tools.call("list_topics", { topic: "a/#", timeout: 2 });
  await eventually("the tools are online", () => tools.link.state.status === "online");
  await tools.link.roundTrip();
  await tools.link.roundTrip();
  await peer.publish("a/live", "1");
  await peer.publish("a/live", "123");
  const { result } = await call;
  assert.deepEqual(result, {
    success: true,
    topic_count: 2,
    topics: [
      { topic: "a/kept", count: 1, last_size: 5, retained: true },
      { topic: "a/live", count: 2, last_size: 3, retained: false },
    ],
  });
  const few = await tools.call("list_topics", { topic: "a/+", timeout: 2, max_topics: 1 });
  assert.equal(few.result.topic_count, 1);
});

testOnBrokers(
  "request returns the answer of a program that follows MQTT 5, and of one that forgets the correlation",
  async (broker) => {
    await using peer = await TestClient.connect(broker.url);
    peer.client.on("message", (topic, payload, { properties }) => {
      const correlationData = topic === "svc/polite" ? properties?.correlationData : undefined;
      void peer.publish(properties?.responseTopic ?? "lost", `echo ${payload}`, {
        properties: { contentType: "text/x", ...(correlationData === undefined ? {} : { correlationData }) },
      });
    });
    await peer.client.subscribeAsync("svc/+", { qos: 1 });
    await using tools = await toolClient(broker.url, { clientId: "agent" });
    for (const topic of ["svc/polite", "svc/forgetful"]) {
      const { result } = await tools.call("request", { topic, message: "hello" });
      assert.equal(result.response.payload, "echo hello");
      assert.equal(result.response.content_type, "text/x");
      assert.match(result.response.topic, /^mcp\/tools\/agent\/\d+$/);
      assert.equal(result.topic, topic);
    }
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, number) => tools.call("request", { topic: "svc/polite", message: `${number}` })),
    );
    assert.deepEqual(
      many.map(({ result }) => result.response.payload),
      Array.from({ length: 50 }, (_, number) => `echo ${number}`),
    );
  },
);

testOnBrokers("request says that no answer came", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.client.subscribeAsync("svc/deaf");
  await using tools = await toolClient(broker.url);
  const { isError, text } = await tools.call("request", { topic: "svc/deaf", message: "x", timeout: 0.2 });
  assert.ok(isError);
  assert.equal(text, 'No answer to the request on "svc/deaf" came within 0.2 s');
});

testOnBrokers("on MQTT 3.1.1, what it lacks is a tool error, and everything else works", async (broker) => {
  await using tools = await toolClient(broker.url, { protocolVersion: 4 });
  const request = await tools.call("request", { topic: "a", message: "x" });
  assert.match(request.text, /speaks MQTT 3\.1\.1 only, .* give response_topic/);
  const publish = await tools.call("publish", { topic: "a", message: "x", content_type: "text/plain" });
  assert.match(publish.text, /speaks MQTT 3\.1\.1 only, in which a message has no content type/);
  assert.ok(request.isError && publish.isError);
  await tools.call("publish", { topic: "a", message: "kept", retain: true, qos: 1 });
  const { result } = await tools.call("get_retained", { topic: "a" });
  assert.deepEqual(result.messages, [{ ...result.messages[0], topic: "a", payload: "kept", retain: true }]);
});

testOnBrokers("a payload of every byte value, and every byte value alone, arrives as it was", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "bytes/#", timeout: 0 });
  const all = Uint8Array.from({ length: 256 }, (_, value) => value);
  await peer.publish("bytes/all", all);
  for (const value of all) await peer.publish(`bytes/${value}`, Uint8Array.of(value));
  const { result } = await tools.call("subscribe", { topic: "bytes/#", timeout: 30, max_messages: 257 });
  const decoded = (result.messages as { payload: string; encoding?: string }[]).map(({ payload, encoding }) =>
    encoding === "base64" ? Uint8Array.fromBase64(payload) : new TextEncoder().encode(payload)
  );
  assert.deepEqual([...decoded[0] ?? []], [...all]);
  for (const value of all) assert.deepEqual([...decoded[value + 1] ?? []], [value]);

  const next = await watch(peer, "back");
  await tools.call("publish", { topic: "back", message: all.toBase64(), encoding: "base64" });
  assert.deepEqual([...(await next()).payload], [...all]);
  const wrong = await tools.call("publish", { topic: "back", message: "not base64!", encoding: "base64" });
  assert.ok(wrong.isError);
  assert.equal(wrong.text, "message is not base64, though its encoding says so");
});

testOnBrokers("a payload of 1 MB goes out and comes in whole", async (broker) => {
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "large", timeout: 0 });
  const message = "0123456789abcdef".repeat(65_536);
  const published = await tools.call("publish", { topic: "large", message, qos: 1 });
  assert.equal(published.isError, false, published.text);
  const { result } = await tools.call("subscribe", {
    topic: "large",
    timeout: 30,
    max_messages: 1,
    max_bytes: 2_000_000,
  });
  assert.ok(result.messages[0].payload === message);
});

testOnBrokers("200 calls at a time are all answered, each with its own", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  for (let number = 0; number < 50; number++) await peer.publish(`kept/${number}`, `${number}`, { retain: true });
  await using tools = await toolClient(broker.url);
  const calls = Array.from({ length: 200 }, async (_, index) => {
    const number = index % 50;
    switch (index % 4) {
      case 0:
        return (await tools.call("get_retained", { topic: `kept/${number}` })).result.messages[0].payload ===
          `${number}`;
      case 1:
        return (await tools.call("publish", { topic: `out/${index}`, message: "x", qos: 1 })).result.success;
      case 2:
        return (await tools.call("subscribe", { topic: `kept/${number}`, timeout: 30, max_messages: 1 }))
          .result.messages[0].payload === `${number}`;
      default:
        return (await tools.call("get_retained", { topic: "kept/+", timeout: 30 })).result.message_count === 50;
    }
  });
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([true]));
});

testOnBrokers("what is dropped is counted: what is returned and what is dropped is what was sent", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url, { bufferMessages: 100 });
  await tools.call("subscribe", { topic: "flood", timeout: 0 });
  for (let number = 0; number < 250; number++) await peer.publish("flood", `${number}`);
  const { result } = await tools.call("subscribe", { topic: "flood", timeout: 2 });
  assert.equal(result.message_count, 100);
  assert.equal(result.dropped, 150);
  assert.equal(result.messages[99].payload, "249");
  assert.equal((await tools.call("subscribe", { topic: "flood", timeout: 0 })).result.dropped, undefined);
});

testOnBrokers("a host that wants to know is told how far a subscribe is", async (broker) => {
  await using tools = await toolClient(broker.url);
  const reports: { progress: number; total?: number | undefined; message?: string | undefined }[] = [];
  await tools.call("subscribe", { topic: "a", timeout: 1.7 }, {
    onprogress: (progress) => void reports.push(progress),
  });
  assert.ok(reports.length >= 2, `${reports.length} reports`);
  for (const [index, { progress, total, message }] of reports.entries()) {
    assert.equal(total, 1.7);
    assert.equal(message, "0 messages so far");
    assert.ok(progress > (reports[index - 1]?.progress ?? 0));
  }
});

testOnBrokers("a cancelled subscribe ends, and what it had got waits for the next", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "a", timeout: 0 });
  const cancel = new AbortController();
  const call = tools.call("subscribe", { topic: "a", timeout: 600 }, { signal: cancel.signal });
  await peer.publish("a", "one");
  await peer.publish("a", "two");
  await tools.link.roundTrip();
  cancel.abort("enough");
  await assert.rejects(call);
  const { result } = await tools.call("subscribe", { topic: "a", timeout: 30, max_messages: 2 });
  assert.deepEqual(result.messages.map(({ payload }: { payload: string }) => payload), ["one", "two"]);
});

testOnBrokers("the rules hold for every tool", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("plant/1", "open", { retain: true });
  await peer.publish("plant/secret/1", "hidden", { retain: true });
  await using tools = await toolClient(broker.url, {
    permissions: rules({
      allowPublish: ["plant/+/set"],
      allowSubscribe: ["plant/#"],
      denySubscribe: ["plant/secret/#"],
    }),
  });
  const refused: [string, Record<string, unknown>][] = [
    ["publish", { topic: "plant/1", message: "x" }],
    ["publish", { topic: "plant/1/set", message: "x", response_topic: "elsewhere" }],
    ["request", { topic: "other", message: "x" }],
    ["subscribe", { topic: "#" }],
    ["subscribe", { topic: "plant/secret/1" }],
    ["subscribe", { topic: "$share/g/plant/#" }],
    ["get_retained", { topic: "+/1" }],
    ["list_topics", {}],
    ["unsubscribe", { topic: "#" }],
  ];
  for (const [name, args] of refused) {
    const { isError, text } = await tools.call(name, args);
    assert.ok(isError, name);
    assert.match(text, /not allowed|take messages away/, name);
  }
  assert.equal((await tools.call("publish", { topic: "plant/1/set", message: "x" })).isError, false);
  const { result } = await tools.call("get_retained", { topic: "plant/#" });
  assert.deepEqual(result.messages.map(({ topic }: { topic: string }) => topic), ["plant/1"]);
  assert.equal((await tools.call("list_topics", { topic: "plant/#", timeout: 2 })).result.topic_count, 1);
});

testOnBrokers("when nothing may be published, no tool that publishes is offered", async (broker) => {
  await using tools = await toolClient(broker.url, { permissions: rules({ readOnly: true }) });
  const { tools: offered } = await tools.client.listTools();
  assert.deepEqual(offered.map(({ name }) => name), [
    "subscribe",
    "get_retained",
    "unsubscribe",
    "list_topics",
    "list_subscriptions",
    "broker_info",
  ]);
  assert.ok((await tools.call("publish", { topic: "a", message: "x" })).isError);
});

testOnBrokers("every tool says what it takes, what it returns and what it may do", async (broker) => {
  await using tools = await toolClient(broker.url);
  const { tools: offered, nextCursor } = await tools.client.listTools();
  assert.equal(nextCursor, undefined);
  assert.deepEqual(offered.map(({ name }) => name), [
    "publish",
    "subscribe",
    "get_retained",
    "unsubscribe",
    "request",
    "list_topics",
    "list_subscriptions",
    "broker_info",
  ]);
  for (const { name, title, description = "", annotations, outputSchema, inputSchema } of offered) {
    assert.ok(title !== undefined && description.length > 80, name);
    assert.equal(outputSchema?.type, "object", name);
    assert.equal(inputSchema.type, "object", name);
    for (const hint of ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const) {
      assert.equal(typeof annotations?.[hint], "boolean", `${name} ${hint}`);
    }
    assert.doesNotMatch(description, /DEPRECATED/);
  }
});

/** Publishes until `call` is over: it cannot be known from outside when it has begun to listen. */
async function publishUntil(peer: TestClient, topic: string, payload: string, call: Promise<unknown>): Promise<void> {
  let over = false;
  void call.finally(() => over = true);
  await eventually("the call is over", async () => {
    await peer.publish(topic, payload);
    return over;
  });
}
