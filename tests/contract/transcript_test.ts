/**
 * One conversation with a real MCP server, directly and through the bridge: what the host sees has to be the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import { childEnvironment } from "../../src/stdio/mod.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { keyFiles } from "../support/keys.ts";
import { EVERYTHING } from "../support/packages.ts";
import { Process, startProxy, startServe } from "../support/proxy.ts";

// deno-lint-ignore no-explicit-any -- messages of any shape
type Json = any;

/** What a host says, and what it waits for before it goes on. */
class Host {
  readonly #process: Process;
  #asked = 0;

  constructor(process: Process) {
    this.#process = process;
  }

  /** Says something that is not answered. */
  async say(...lines: unknown[]): Promise<void> {
    for (const line of lines) await this.#process.send(line);
  }

  /** Asks, and waits for the answer with this id. */
  async ask(id: unknown, method: string, params?: unknown): Promise<Json> {
    await this.say({ jsonrpc: "2.0", id, method, params });
    return await this.answer(id);
  }

  async answer(id: unknown): Promise<Json> {
    const matches = (message: Json) => message.method === undefined && message.id === id;
    return JSON.parse(await this.#process.output.find((line) => matches(JSON.parse(line))));
  }

  /** Waits for the next request of the server's, and answers it. */
  async respond(method: string, result: unknown): Promise<Json> {
    let seen = 0;
    const wanted = ++this.#asked;
    const question = await this.#process.output.find((line) => {
      const { id, method } = JSON.parse(line) as Json;
      if (method !== undefined && id !== undefined) seen++;
      return seen === wanted;
    });
    const { id, method: asked, params } = JSON.parse(question) as Json;
    assert.equal(asked, method);
    await this.say({ jsonrpc: "2.0", id, result });
    return params;
  }

  /** Waits for a notification. */
  async notification(method: string, condition: (params: Json) => boolean = () => true): Promise<void> {
    await this.#process.output.find((line) => {
      const message = JSON.parse(line) as Json;
      return message.method === method && message.id === undefined && condition(message.params);
    });
  }
}

const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } },
  clientInfo: { name: "transcript", version: "1" },
};

async function converse(host: Host): Promise<void> {
  const call = (id: unknown, name: string, args: unknown = {}, rest: Record<string, unknown> = {}) =>
    host.ask(id, "tools/call", { name, arguments: args, ...rest });

  await host.say(
    "this is not JSON",
    "",
    "   ",
    '{"jsonrpc":"2.0"',
    "null",
    "[1,2]",
    '{"jsonrpc":"1.0","id":77,"method":"x"}',
  );
  await host.ask(0, "initialize", INITIALIZE);
  await host.say({ jsonrpc: "2.0", method: "notifications/initialized" });
  await host.respond("roots/list", { roots: [{ uri: "file:///srv", name: "srv" }] });

  // Ids as odd as JSON-RPC allows.
  for (const id of ["", -1, 'ü 😀 \u0000 " \\', 9007199254740991, "1", 1]) await host.ask(id, "ping");
  // These it has no answer to.
  await host.say(
    '{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
    '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}',
  );

  await host.ask("tools", "tools/list");
  await host.ask("resources", "resources/list");
  await host.ask("templates", "resources/templates/list");
  await host.ask("prompts", "prompts/list");

  await call("echo", "echo", { message: 'ü 😀 \u2028 \u0000 "quoted" \\ {braces}' });
  await call("sum", "get-sum", { a: 0.1, b: 1e21 });
  await call("env", "get-env");
  await call("structured", "get-structured-content", { location: "Chicago" });
  await call("annotated", "get-annotated-message", { messageType: "error", includeImage: true });
  await call("image", "get-tiny-image");
  await call("links", "get-resource-links", { count: 2 });
  await call("reference", "get-resource-reference", { resourceType: "Text", resourceId: 7 });
  await call("zip", "gzip-file-as-resource", { name: "a.gz", data: "data:text/plain,hello", outputType: "resource" });
  await host.ask("read", "resources/read", { uri: "demo://resource/static/document/features.md" });
  await host.ask("read dynamic", "resources/read", { uri: "demo://resource/dynamic/text/3" });
  await host.ask("prompt", "prompts/get", { name: "args-prompt", arguments: { city: "Bern", state: "BE" } });
  const reference = { type: "ref/prompt", name: "completable-prompt" };
  await host.ask("complete", "completion/complete", { ref: reference, argument: { name: "department", value: "E" } });
  await host.ask("level", "logging/setLevel", { level: "debug" });

  // What the server does not know, or does not like.
  await host.ask("unknown method", "no/such/method", { a: [1, { b: null }] });
  await call("unknown tool", "no-such-tool");
  await call("bad arguments", "get-sum", { a: "one" });
  await host.ask("bad params", "resources/read", { uri: "nowhere://" });
  await host.say({ jsonrpc: "2.0", method: "notifications/unknown", params: { x: 1 }, extra: true });
  await host.ask("unknown fields", "ping", { _meta: { "example.com/x": [1, { y: null }] }, unknown: { z: 1e100 } });
  await host.say({ unknown: true, jsonrpc: "2.0", id: "not strict", method: "ping" });
  await host.say(
    "{",
    "]",
    '{"id":5}',
    '{"jsonrpc":"2.0","id":{"a":1},"result":{}}',
    '{"jsonrpc":"2.0","id":{x},"result":{}}',
  );
  await host.say({ jsonrpc: "2.0", id: "nobody asked", result: {} }, {
    jsonrpc: "2.0",
    id: null,
    error: { code: 1, message: "" },
  });
  await host.ask("still there", "ping");

  // Progress, and a request that is cancelled.
  await call("long", "trigger-long-running-operation", { duration: 0.4, steps: 4 }, {
    _meta: { progressToken: "token-1" },
  });
  await host.say({
    jsonrpc: "2.0",
    id: "endless",
    method: "tools/call",
    params: {
      name: "trigger-long-running-operation",
      arguments: { duration: 600, steps: 2 },
      _meta: { progressToken: 0 },
    },
  });
  await host.say({
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: "endless", reason: "enough" },
  });
  await host.ask("after cancelling", "ping");

  // What the server asks of the host.
  const sampling = call("sampling", "trigger-sampling-request", { prompt: "say hello", maxTokens: 10 });
  await host.respond("sampling/createMessage", {
    model: "none",
    role: "assistant",
    content: { type: "text", text: "hello" },
  });
  await sampling;
  const elicitation = call("elicitation", "trigger-elicitation-request");
  await host.respond("elicitation/create", { action: "decline" });
  await elicitation;
  await call("roots", "get-roots-list");
  await host.say({ jsonrpc: "2.0", method: "notifications/roots/list_changed" });
  await host.respond("roots/list", { roots: [] });
  await host.notification("notifications/message", ({ data }) => JSON.stringify(data).includes("Roots updated"));

  // Subscriptions: the first update comes at once, the others every few seconds.
  const uri = "demo://resource/dynamic/text/1";
  await host.ask("subscribe", "resources/subscribe", { uri });
  await call("updates", "toggle-subscriber-updates");
  await host.notification("notifications/resources/updated", (params) => params.uri === uri);
  await call("no updates", "toggle-subscriber-updates");
  await host.ask("unsubscribe", "resources/unsubscribe", { uri });

  const { result } = await call("large", "echo", { message: "0123456789abcdef".repeat(65_536) });
  assert.ok(result.content[0].text.length > 1_048_576);
  await host.ask("the end", "ping");
}

/** Lines as they came, but for the time of day, and the order in which a process finds its variables. */
function comparable(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const { id, result } = JSON.parse(line) as Json;
    if (id === "env") return Object.entries(JSON.parse(result.content[0].text)).toSorted().join("\n");
    return line.replaceAll(/\d{1,2}:\d{2}:\d{2}(\s| )?([AP]M)?/g, "TIME");
  });
}

async function transcript(process: Process): Promise<string[]> {
  await converse(new Host(process));
  return comparable(process.output.seen);
}

let direct: string[] | undefined;

async function directTranscript(): Promise<string[]> {
  await using process = new Process(EVERYTHING, { env: childEnvironment({}, ["NO_COLOR"]), clearEnv: true });
  return await transcript(process);
}

/** Holds the conversation, and compares it. The five lines that are not JSON are answered, which this server does not. */
async function isTheSame(host: Process, direct: readonly string[]): Promise<void> {
  const through = await transcript(host);
  const isParseError = (line: string) => line.startsWith('{"jsonrpc":"2.0","error":{"code":-32700');
  assert.equal(through.filter(isParseError).length, 5);
  assert.deepEqual(through.filter((line) => !isParseError(line)), direct);
  assert.ok(through.length > 50, `only ${through.length} messages`);
  const dropped = "dropped a message from the host: the line is not a JSON object";
  assert.equal(host.errors.seen.length, 5, host.errors.seen.join("\n"));
  assert.ok(host.errors.seen.every((line) => line.endsWith(dropped)), host.errors.seen.join("\n"));
}

testOnBrokers(
  "a long conversation with server-everything is the same through a sealed session",
  async (broker) => {
    direct ??= await directTranscript();
    await using keys = await keyFiles();
    const address = ["--broker", broker.url, "--name", "everything"];
    await using _serve = await startServe([...address, ...keys.serve, "--pass-env", "NO_COLOR", "--", ...EVERYTHING]);
    await using host = startProxy(["connect", ...address, ...keys.connect]);
    await isTheSame(host, direct);
  },
);

testOnBrokers(
  "a long conversation with server-everything is the same through the bridge, byte for byte",
  async (broker) => {
    direct ??= await directTranscript();
    const address = ["--broker", broker.url, "--name", "everything"];
    await using _serve = await startServe([...address, "--pass-env", "NO_COLOR", "--", ...EVERYTHING]);
    await using host = startProxy(["connect", ...address]);
    await isTheSame(host, direct);
  },
);
