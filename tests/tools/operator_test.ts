/** What an operator tells an agent beforehand: rules, descriptions of topics, topics that the user is asked for. */
import assert from "node:assert/strict";
// @ts-types="@modelcontextprotocol/sdk/types"
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import type { TopicDescription } from "../../src/config/mod.ts";
import { readTopicFile } from "../../src/config/mod.ts";
import { TopicCatalog } from "../../src/tools/mod.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { rules, type ToolClient, toolClient } from "../support/tool_client.ts";
import { eventually } from "../support/wait.ts";

const PLANT: readonly TopicDescription[] = [
  {
    topic: "plant/line1/setpoint",
    title: "Setpoint of line 1",
    description: "What the oven is to hold",
    unit: "°C",
    example: 180,
    schema: { type: "number", minimum: 20, maximum: 250 },
  },
  { topic: "plant/+/mode", title: "Mode", schema: { enum: ["auto", "1"] } },
  { topic: "secret/code", description: "Not for agents" },
];

Deno.test("the instructions say beforehand what the agent may do, and what the operator says of topics", async () => {
  await using broker = await embeddedBroker();
  const instructions = async (permissions: ReturnType<typeof rules>, catalog?: TopicCatalog) => {
    const more = catalog === undefined ? {} : { catalog };
    await using tools = await toolClient(broker.url, { permissions, ...more });
    return tools.client.getInstructions() ?? "";
  };
  assert.doesNotMatch(await instructions(rules({})), /You may/);
  const some = rules({
    allowPublish: ["plant/+/setpoint"],
    denyPublish: ["plant/7/#"],
    allowSubscribe: ["plant/#"],
    denySubscribe: ["plant/secret/#"],
    confirm: ["plant/1/#"],
  });
  const said = await instructions(some);
  for (
    const sentence of [
      "You may read only plant/#.",
      "You may not read plant/secret/#.",
      "You may publish only to plant/+/setpoint.",
      "You may not publish to plant/7/#.",
      "The user is asked before anything is published to plant/1/#.",
    ]
  ) assert.ok(said.includes(sentence), sentence);
  assert.ok((await instructions(rules({ readOnly: true }))).includes("You may not publish anything."));
  const described = await instructions(rules({ denySubscribe: ["secret/#"] }), new TopicCatalog(PLANT));
  assert.match(
    described,
    /describes these topics: plant\/line1\/setpoint: Setpoint of line 1; plant\/\+\/mode: Mode\.$/,
  );
});

testOnBrokers(
  "what the operator says of topics is in list_topics, among the resources and in completions",
  async (broker) => {
    await using peer = await TestClient.connect(broker.url);
    await peer.publish("plant/7/mode", "auto", { retain: true });
    await using tools = await toolClient(broker.url, {
      catalog: new TopicCatalog(PLANT),
      permissions: rules({ denySubscribe: ["secret/#"] }),
    });
    const { result } = await tools.call("list_topics", { timeout: 1 });
    assert.deepEqual(result.topics, [
      { topic: "plant/7/mode", count: 1, last_size: 4, retained: true, title: "Mode" },
      {
        topic: "plant/line1/setpoint",
        count: 0,
        last_size: 0,
        retained: false,
        title: "Setpoint of line 1",
        description: "What the oven is to hold",
        unit: "°C",
        example: 180,
      },
    ]);
    const { resources } = await tools.client.listResources();
    assert.deepEqual(resources, [
      { uri: "mqtt://127.0.0.1/plant/7/mode", name: "plant/7/mode", title: "Mode" },
      {
        uri: "mqtt://127.0.0.1/plant/line1/setpoint",
        name: "plant/line1/setpoint",
        title: "Setpoint of line 1",
        description: "What the oven is to hold (°C)",
      },
    ]);
    for (
      const ref of [
        { type: "ref/resource" as const, uri: "mqtt://127.0.0.1/{+topic}" },
        { type: "ref/prompt" as const, name: "describe_device" },
      ]
    ) {
      const { completion } = await tools.client.complete({ ref, argument: { name: "topic", value: "plant/l" } });
      assert.deepEqual(completion.values, ["plant/line1/setpoint"]);
    }
  },
);

testOnBrokers("what is published has to fit what the operator allows, as JSON or as a bare word", async (broker) => {
  await using tools = await toolClient(broker.url, { catalog: new TopicCatalog(PLANT) });
  const publish = (topic: string, message: unknown, more = {}) => tools.call("publish", { topic, message, ...more });
  for (const message of ["180", 180, ""]) assert.ok(!(await publish("plant/line1/setpoint", message)).isError);
  for (const message of ["auto", '"auto"', "1"]) assert.ok(!(await publish("plant/3/mode", message)).isError, message);
  for (const message of ["300", "hot", "{}"]) {
    for (const tool of ["publish", "request"]) {
      const { isError, text } = await tools.call(tool, { topic: "plant/line1/setpoint", message });
      assert.ok(isError);
      assert.match(
        text,
        /^The message to "plant\/line1\/setpoint" is not what is allowed there: .*; allowed is \{"type"/,
      );
    }
  }
  assert.match((await publish("plant/line1/setpoint", "/w==", { encoding: "base64" })).text, /it is binary/);
  assert.ok(!(await publish("elsewhere", "anything")).isError);
});

Deno.test("a file of topics that cannot be is refused with every problem", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(PLANT));
    assert.deepEqual(await readTopicFile(file), PLANT);
    await Deno.writeTextFile(file, JSON.stringify([{ filter: "a/#" }]));
    assert.deepEqual(await readTopicFile(file), [{ topic: "a/#" }]);
    const wrong = [7, {}, { topic: "a/#/b" }, { topic: "a", titel: "x" }, { topic: "a", unit: 1 }, {
      topic: "a",
      schema: "number",
    }];
    await Deno.writeTextFile(file, JSON.stringify(wrong));
    await assert.rejects(readTopicFile(file), (error: Error) => {
      for (
        const [index, what] of ["is no object", "has no topic", "has a #", '"titel"', "a unit", "a schema"].entries()
      ) {
        assert.match(error.message, new RegExp(`entry ${index + 1} .*${what}`));
      }
      return true;
    });
    for (const text of ["{}", "[", ""]) {
      await Deno.writeTextFile(file, text);
      await assert.rejects(readTopicFile(file), /--topics .* (?:must hold a list|cannot be read)/);
    }
    const odd = [{ topic: "a", schema: { type: "nonsense" } }];
    assert.throws(() => new TopicCatalog(odd), /--topics: the schema of "a" is no JSON Schema/);
  } finally {
    await Deno.remove(file);
  }
});

/** Lets the user answer `action` to every question. Returns the questions. */
function user({ client }: ToolClient, action: "accept" | "decline" | "cancel"): string[] {
  const questions: string[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    questions.push(params.message);
    return { action, ...(action === "accept" ? { content: {} } : {}) };
  });
  return questions;
}

const CONFIRM = { permissions: rules({ confirm: ["plant/#"] }), capabilities: { elicitation: {} } };

testOnBrokers("the user is asked before something is published where the rules want it", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  const got: string[] = [];
  peer.client.on("message", (topic, payload) => got.push(`${topic} ${payload}`));
  await peer.client.subscribeAsync("#", { qos: 1 });
  await using tools = await toolClient(broker.url, CONFIRM);
  const questions = user(tools, "accept");
  assert.ok(!(await tools.call("publish", { topic: "plant/1", message: "on", retain: true, qos: 1 })).isError);
  assert.deepEqual(questions, ['May the agent publish to "plant/1" this message, to be kept by the broker:\non']);
  assert.ok(!(await tools.call("publish", { topic: "office", message: "on", qos: 1 })).isError);
  assert.equal(questions.length, 1);

  user(tools, "decline");
  for (
    const [name, args] of [
      ["publish", { topic: "plant/1" }],
      ["publish", { topic: "office", response_topic: "plant/2" }],
      ["request", { topic: "plant/1", timeout: 0.1 }],
    ] as const
  ) {
    const { isError, text } = await tools.call(name, { message: "off", ...args });
    assert.ok(isError);
    assert.match(text, /^The user does not want anything published to "plant\/\d" now \(decline\); do not try again/);
  }
  await tools.call("publish", { topic: "end", message: "", qos: 1 });
  await eventually("the last message", () => got.at(-1) === "end ");
  assert.deepEqual(got, ["plant/1 on", "office on", "end "]);
});

testOnBrokers("where the host cannot ask the user, nothing is published", async (broker) => {
  await using tools = await toolClient(broker.url, { permissions: rules({ confirm: ["plant/#"] }) });
  const { isError, text } = await tools.call("publish", { topic: "plant/1", message: "on" });
  assert.ok(isError);
  assert.match(
    text,
    /^Publishing to "plant\/1" needs the user's consent \("plant\/#"\), and this host cannot ask for it/,
  );
});

testOnBrokers("a user can pick a prompt, which uses the tools alone", async (broker) => {
  await using tools = await toolClient(broker.url);
  const { prompts } = await tools.client.listPrompts();
  assert.deepEqual(prompts.map(({ name, title }) => [name, title]), [
    ["look_around", "Look around this broker"],
    ["watch_topic", "Watch a topic and tell me when …"],
    ["describe_device", "Describe this device"],
  ]);
  const names = new Set((await tools.client.listTools()).tools.map(({ name }) => name));
  for (const { name, arguments: args = [] } of prompts) {
    const given = Object.fromEntries(args.map(({ name }) => [name, 'plant/"1"']));
    const { messages: [message] } = await tools.client.getPrompt({ name, arguments: given });
    const text = message?.content.type === "text" ? message.content.text : "";
    assert.ok(text.includes('plant/\\"1\\"'), "what the user has typed is quoted");
    const used = text.match(/\b[a-z]+_[a-z_]+\b/g) ?? [];
    assert.ok(used.length > 0);
    for (const word of used) assert.ok(names.has(word) || word === "max_messages", word);
  }
  const { messages } = await tools.client.getPrompt({ name: "look_around" });
  assert.ok(messages[0]?.content.type === "text" && messages[0].content.text.includes('below "#"'));
});
