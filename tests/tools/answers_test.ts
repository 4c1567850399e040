/** Answers that fit into a model's window: nothing is lost by being left out. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { type ToolAnswer, type ToolClient, toolClient } from "../support/tool_client.ts";

const BUDGET = 48_000;

async function publishMany(peer: TestClient, count: number, payload: string): Promise<string[]> {
  const topics = Array.from({ length: count }, (_, number) => `plant/${number}`);
  await Promise.all(topics.map((topic) => peer.publish(topic, payload, { retain: true })));
  return topics.sort();
}

/** Follows the hints of a tool to the end, as a model does. Resolves with all answers. */
async function follow(tools: ToolClient, name: string, args: Record<string, unknown>): Promise<ToolAnswer[]> {
  const answers = [await tools.call(name, args)];
  while (answers.at(-1)?.result.more !== undefined) {
    const { hint } = answers.at(-1)?.result ?? {};
    const [, tool = "", json = ""] = /call (\w+) (\{.*?\})[.,]/.exec(hint) ?? [];
    assert.equal(tool, name, hint);
    answers.push(await tools.call(name, JSON.parse(json)));
    assert.ok(answers.length < 1_000, "the hints lead nowhere");
  }
  return answers;
}

function sizesOf(answers: readonly ToolAnswer[]): number[] {
  return answers.map(({ text }) => Buffer.byteLength(text));
}

testOnBrokers("5,000 kept values come in pages that follow each other, each once", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const topics = await publishMany(peer, 5_000, "x".repeat(1_000));
  await using tools = await toolClient(broker.url);
  const first = await tools.call("get_retained", { topic: "#", timeout: 30 });
  assert.ok(Buffer.byteLength(first.text) <= BUDGET);
  assert.equal(first.result.more + first.result.message_count, 5_000);
  assert.match(
    first.result.hint,
    /^For the next values call get_retained \{"topic":"#","timeout":30,"cursor":"plant\/\d+"\}, or use/,
  );
  const answers = await follow(tools, "get_retained", { topic: "plant/#", timeout: 30, max_bytes: 1_000_000 });
  assert.ok(
    answers.length >= 5,
    JSON.stringify(answers.map(({ result, text }) => [result.message_count, result.more, result.hint, text.length])),
  );
  for (const size of sizesOf(answers)) assert.ok(size <= 1_000_000);
  assert.deepEqual(
    answers.flatMap(({ result }) => result.messages.map(({ topic }: { topic: string }) => topic)),
    topics,
  );
});

testOnBrokers("what fits comes whole, up to the last byte of the budget", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  for (const topic of ["b", "a", "c"]) await peer.publish(`kept/${topic}`, "value", { retain: true });
  await using tools = await toolClient(broker.url);
  await peer.publish("kept/filler", "x".repeat(1_000), { retain: true });
  const { text, result } = await tools.call("get_retained", { topic: "kept/#" });
  assert.equal(result.more, undefined);
  const size = Buffer.byteLength(text);
  const whole = await tools.call("get_retained", { topic: "kept/#", max_bytes: size });
  assert.equal(whole.result.more, undefined);
  const cut = await tools.call("get_retained", { topic: "kept/#", max_bytes: size - 1 });
  assert.ok(Buffer.byteLength(cut.text) < size);
  assert.ok(cut.result.more > 0 || cut.result.messages.some(({ truncated }: { truncated?: true }) => truncated));
});

testOnBrokers("messages that had no room wait for the next subscribe, in order", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "a/#", timeout: 0 });
  for (let number = 0; number < 500; number++) await peer.publish("a/b", `${number} ${"x".repeat(500)}`);
  const numbers = (answers: ToolAnswer[]) =>
    answers.flatMap(({ result }) =>
      result.messages.map(({ payload }: { payload: string }) => Number.parseInt(payload))
    );
  const first = await tools.call("subscribe", { topic: "a/#", timeout: 1 });
  assert.ok(Buffer.byteLength(first.text) <= BUDGET);
  assert.equal(first.result.more, 500 - first.result.message_count);
  // Whether the call goes on as the hint says, or without a cursor: nothing is lost, and nothing comes twice.
  const second = await tools.call("subscribe", { topic: "a/#", timeout: 0 });
  const rest = await follow(tools, "subscribe", { topic: "a/#", timeout: 0, cursor: second.result.cursor });
  assert.deepEqual(numbers([first, second, ...rest]), Array.from({ length: 500 }, (_, number) => number));
  assert.equal((await tools.call("subscribe", { topic: "a/#", timeout: 0 })).result.message_count, 0);
});

for (
  const [kind, payload] of [["text", "grüße €"], ["binary", "\u0000"], ["text that JSON escapes", '"\\\n']] as const
) {
  testOnBrokers(`a payload of 1 MB is read in parts, which together are the whole: ${kind}`, async (broker) => {
    await using peer = await TestClient.connect(broker.url);
    const bytes = kind === "binary"
      ? Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 7) & 0xff)
      : new TextEncoder().encode(payload.repeat(Math.ceil(1_000_000 / Buffer.byteLength(payload))));
    await peer.publish("large", bytes, { retain: true });
    await using tools = await toolClient(broker.url);
    const parts: Uint8Array[] = [];
    let offset = 0;
    do {
      const { text, result } = await tools.call("get_retained", {
        topic: "large",
        timeout: 10,
        max_bytes: 200_000,
        offset,
      });
      assert.ok(Buffer.byteLength(text) <= 200_000);
      const [{ payload, encoding, ...message }] = result.messages;
      assert.equal(message.payload_size, bytes.length);
      parts.push(Buffer.from(payload, encoding ?? "utf8"));
      if (message.truncated) assert.match(result.hint, /"large" has \d+ bytes, and is cut: read on with get_retained/);
      offset = message.offset;
    } while (offset !== undefined);
    assert.ok(parts.length > 4);
    assert.equal(Buffer.compare(Buffer.concat(parts), bytes), 0);
  });
}

testOnBrokers("a large message among small ones is shown in part, and the small ones are there", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("m/large", "0123456789".repeat(20_000), { retain: true });
  for (const name of ["a", "z"]) await peer.publish(`m/${name}`, name, { retain: true });
  await using tools = await toolClient(broker.url);
  const { result, text } = await tools.call("get_retained", { topic: "m/#" });
  assert.ok(Buffer.byteLength(text) <= BUDGET);
  assert.deepEqual(result.messages.map(({ topic }: { topic: string }) => topic).sort(), ["m/a", "m/large", "m/z"]);
  assert.match(result.hint, /read on with get_retained \{"topic":"m\/large","offset":\d+\}, or raise max_bytes to \d+/);
});

testOnBrokers(
  "what subscribe has cut is read on with its cursor, and nothing behind it is consumed",
  async (broker) => {
    await using peer = await TestClient.connect(broker.url);
    await using tools = await toolClient(broker.url);
    await tools.call("subscribe", { topic: "a", timeout: 0 });
    const large = "0123456789".repeat(10_000);
    await peer.publish("a", large);
    await peer.publish("a", "small");
    const { result } = await tools.call("subscribe", { topic: "a", timeout: 1 });
    assert.deepEqual(result.messages[1].payload, "small");
    let read = result.messages[0].payload;
    let { hint } = result;
    while (true) {
      const [, json = ""] = /read on with subscribe (\{.*?\}),/.exec(hint) ?? [];
      const part = await tools.call("subscribe", JSON.parse(json));
      read += part.result.messages[0].payload;
      if (part.result.messages[0].truncated === undefined) break;
      hint = part.result.hint;
    }
    assert.ok(read === large);
  },
);

testOnBrokers("topics come in pages without listening again, and resources in pages of the host", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const topics = await publishMany(peer, 900, "x");
  await using tools = await toolClient(broker.url, { maxBytes: 10_000 });
  const pages = await follow(tools, "list_topics", { topic: "plant/#", timeout: 2 });
  for (const size of sizesOf(pages)) assert.ok(size <= 10_000);
  assert.deepEqual(pages.flatMap(({ result }) => result.topics.map(({ topic }: { topic: string }) => topic)), topics);

  const resources: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await tools.client.listResources(cursor === undefined ? {} : { cursor });
    assert.ok(Buffer.byteLength(JSON.stringify(page)) <= 10_500);
    resources.push(...page.resources.map(({ name }) => name));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  assert.deepEqual(resources, topics);
});

testOnBrokers("max_messages holds for kept values too", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const topics = await publishMany(peer, 25, "x");
  await using tools = await toolClient(broker.url);
  const pages = await follow(tools, "get_retained", { topic: "plant/#", max_messages: 10 });
  assert.deepEqual(pages.map(({ result }) => result.message_count), [10, 10, 5]);
  assert.deepEqual(pages.flatMap(({ result }) => result.messages.map(({ topic }: { topic: string }) => topic)), topics);
});

Deno.test("a message that no buffer holds is named with its size and the option to raise", async () => {
  await using broker = await embeddedBroker();
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("huge", "x".repeat(20_000), { retain: true });
  await using tools = await toolClient(broker.url, { bufferBytes: 10_000 });
  const said = /"huge" has 20000 bytes, more than is kept here: the operator can raise --buffer-bytes/;
  for (const topic of ["huge", "#"]) {
    const { result } = await tools.call("get_retained", { topic });
    assert.match(result.hint, said);
    assert.doesNotMatch(result.hint, /keeps no value/);
  }
  await tools.call("subscribe", { topic: "huge", timeout: 0 });
  await peer.publish("huge", "y".repeat(20_000));
  const { result } = await tools.call("subscribe", { topic: "huge", timeout: 0.5 });
  assert.ok(result.dropped >= 1);
  assert.match(result.hint, said);
  const uri = "mqtt://127.0.0.1/huge";
  assert.ok((await tools.client.readResource({ uri })).contents.length === 1);
});

testOnBrokers("twenty thousand kept values are all reached, though a buffer holds a tenth of them", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const topics = await publishMany(peer, 2_000, "x");
  await using tools = await toolClient(broker.url, { bufferMessages: 200 });
  const pages = await follow(tools, "get_retained", { topic: "plant/#", timeout: 30 });
  assert.deepEqual(pages.flatMap(({ result }) => result.messages.map(({ topic }: { topic: string }) => topic)), topics);
});

/** The first bytes of an image of each type, and something behind them. */
const IMAGES: [type: string, begin: readonly number[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff, 0xe0]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38, 0x39, 0x61]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46, 0x24, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50]],
];

testOnBrokers(
  "an image is an item that hosts show, other bytes an embedded resource, beside the text",
  async (broker) => {
    await using peer = await TestClient.connect(broker.url);
    await using tools = await toolClient(broker.url);
    for (const [type, begin] of IMAGES) {
      const bytes = Uint8Array.from([...begin, ...Array.from({ length: 300 }, (_, index) => index & 0xff)]);
      await peer.publish("cam", bytes, { retain: true });
      const { content } = await tools.client.callTool({ name: "get_retained", arguments: { topic: "cam" } }) as {
        content: { type: string; text: string; data: string; mimeType: string }[];
      };
      assert.deepEqual(content[1], { type: "image", data: Buffer.from(bytes).toString("base64"), mimeType: type });
      const [message] = JSON.parse(content[0]?.text ?? "").messages;
      assert.equal(message.payload, content[1]?.data);
      assert.deepEqual([message.encoding, message.content_item], ["base64", 1]);
      const { contents } = await tools.client.readResource({ uri: "mqtt://127.0.0.1/cam" });
      assert.equal(contents[0]?.mimeType, type);
    }
    await peer.publish("bytes", Uint8Array.of(0xff, 0x00), { retain: true });
    const { content } = await tools.client.callTool({ name: "get_retained", arguments: { topic: "bytes" } });
    assert.deepEqual((content as unknown[])[1], {
      type: "resource",
      resource: { uri: "mqtt://127.0.0.1/bytes", mimeType: "application/octet-stream", blob: "/wA=" },
    });
  },
);

testOnBrokers("an image that has no room is named with its size and the call that shows it", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index & 0xff);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  await peer.publish("cam", bytes, { retain: true });
  await using tools = await toolClient(broker.url);
  const { result } = await tools.call("get_retained", { topic: "cam" });
  const [message] = result.messages;
  assert.deepEqual([message.payload, message.truncated, message.payload_size], ["", true, 100_000]);
  const [, json = ""] = /"cam" has 100000 bytes, an image: to see it, raise max_bytes: get_retained (\{.*?\})\./
    .exec(result.hint) ?? [];
  const shown = await tools.client.callTool({ name: "get_retained", arguments: JSON.parse(json) });
  assert.equal((shown.content as { type: string }[])[1]?.type, "image");
});

testOnBrokers("parse adds what a JSON payload says, and only that of JSON", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("j/object", '{"state":"ON","t":21.5}', { retain: true });
  await peer.publish("j/text", "ON", { retain: true });
  await using tools = await toolClient(broker.url);
  const parsed = async (parse: boolean) => {
    const { result } = await tools.call("get_retained", { topic: "j/#", parse });
    return Object.fromEntries(
      result.messages.map(({ topic, json }: { topic: string; json?: unknown }) => [topic, json]),
    );
  };
  assert.deepEqual(await parsed(true), { "j/object": { state: "ON", t: 21.5 }, "j/text": undefined });
  assert.deepEqual(await parsed(false), { "j/object": undefined, "j/text": undefined });
});

testOnBrokers(
  "what a host sends with every turn is small, and so is what tools answer by themselves",
  async (broker) => {
    await using tools = await toolClient(broker.url);
    const size = async (answer: Promise<unknown>) => Buffer.byteLength(JSON.stringify(await answer));
    const envelope = Buffer.byteLength('{"result":,"jsonrpc":"2.0","id":1000}');
    const list = await size(tools.client.listTools()) + envelope;
    assert.ok(list <= 8_000, `tools/list takes ${list} bytes`);
    assert.ok(Buffer.byteLength(tools.client.getInstructions() ?? "") < 1_000);
    assert.ok(await size(tools.client.callTool({ name: "publish", arguments: { topic: "a", message: "x" } })) < 250);
    assert.ok(await size(tools.client.callTool({ name: "subscribe", arguments: { topic: "a", timeout: 0 } })) < 300);
    for (let number = 0; number < 20; number++) {
      await tools.call("publish", { topic: `plant/line${number}/temperature`, message: "21.5", retain: true, qos: 1 });
    }
    // The same in the text and in the structured content; a model gets one of them.
    assert.ok((await tools.call("get_retained", { topic: "plant/#" })).text.length < 20 * 150);
    assert.ok((await tools.call("list_topics", { topic: "plant/#", timeout: 1 })).text.length < 20 * 100);
  },
);
