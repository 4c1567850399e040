/**
 * The open convention's Python SDK in both roles. It is not part of this project: the tests are ignored unless
 * `MCP_OVER_MQTT_PYTHON` names a Python (3.10 or later) in which `mcp.client.mqtt` can be imported:
 *
 * ```sh
 * git clone https://github.com/emqx/mcp-python-sdk
 * python3 -m venv sdk
 * UV_DYNAMIC_VERSIONING_BYPASS=1.25.0 sdk/bin/pip install ./mcp-python-sdk "anyio<4.14"
 * MCP_OVER_MQTT_PYTHON=$PWD/sdk/bin/python deno test -A tests/interop/
 * ```
 *
 * The variable gives the package a version where its tags are missing. The tests pass with v1.25.0-1 (9088cc3), Paho
 * 2.2.0 and anyio 4.13.0; since 4.14, anyio breaks the SDK's client, whose session leaves open a scope of the task that
 * began it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { testOnBrokers as declare } from "../support/brokers.ts";
import type { TestBroker } from "../support/embedded_broker.ts";
import { fixture, Process, startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

const PYTHON = Deno.env.get("MCP_OVER_MQTT_PYTHON") ?? "";
const NAME = "demo/tools";

function testOnBrokers(name: string, body: (broker: TestBroker) => Promise<void>): void {
  if (PYTHON === "") Deno.test({ name: `${name} [needs MCP_OVER_MQTT_PYTHON]`, ignore: true, fn: () => {} });
  else declare(name, body);
}

/** Starts one of the peers beside this file. */
function peer(file: string, broker: TestBroker, ...more: string[]): Process {
  const script = new URL(file, import.meta.url).pathname;
  return new Process([PYTHON, script, "127.0.0.1", String(broker.port), NAME, ...more]);
}

/** Starts our server, known to be found by peers of the convention. */
async function serve(broker: TestBroker, ...options: string[]): Promise<Process> {
  const args = ["--broker", broker.url, "--name", NAME, "--description", "tools for tests", ...options];
  const process = await startServe([...args, "--", ...fixture("tools_server.ts")]);
  await process.errors.find((line) => line.includes("online on $mcp-server"));
  return process;
}

/** What a Python client says about one thing, when it says it. */
// deno-lint-ignore no-explicit-any -- results have any shape
async function said(client: Process, what: string): Promise<any> {
  const line = await client.output.find((line) => JSON.parse(line).what === what, 30_000);
  return JSON.parse(line);
}

testOnBrokers("the Python client finds our server and uses its tools, resources and prompts", async (broker) => {
  await using server = await serve(broker);
  await using client = peer("python_client.py", broker);
  assert.equal((await said(client, "connected")).result.serverInfo.name, "tools");
  assert.equal((await said(client, "tools")).result.tools[0].name, "add");
  assert.deepEqual((await said(client, "call")).result.structuredContent, { sum: 3 });
  assert.equal((await said(client, "resources")).result.resources[0].uri, "test://greeting");
  assert.equal((await said(client, "read")).result.contents[0].text, "hello");
  assert.equal((await said(client, "prompts")).result.prompts[0].name, "greet");
  await said(client, "ready");
  await client.send("call fail {}");
  await client.output.find((line) => line.includes("it did not work"));
  await client.send("leave");
  await server.errors.find((line) => line.includes("ended: the client has left"));
});

testOnBrokers(
  "our server notices when the Python client is killed, and the client when our server is",
  async (broker) => {
    {
      await using server = await serve(broker);
      await using client = peer("python_client.py", broker);
      await said(client, "ready");
      client.kill("SIGKILL");
      await server.errors.find((line) => line.includes("ended: the client has left"));
    }
    await using server = await serve(broker);
    await using client = peer("python_client.py", broker);
    await said(client, "ready");
    server.kill("SIGKILL");
    await said(client, "disconnected");
  },
);

testOnBrokers(
  "a Python client, which ignores that its session was ended, is told so by each request",
  async (broker) => {
    await using server = await serve(broker, "--idle-timeout", "1");
    await using client = peer("python_client.py", broker);
    await said(client, "ready");
    await server.errors.find((line) => line.includes("was idle for 1 s"));
    await client.send("call add {}");
    assert.deepEqual((await said(client, "refused")).data, { reason: "session-ended" });
  },
);

testOnBrokers("a Python server that comes back under its id gets a new session of our connect", async (broker) => {
  await using first = peer("python_server.py", broker, "same-id");
  await using host = startProxy(["connect", "--broker", broker.url, "--name", NAME, "--connect-timeout", "30"]);
  const clientInfo = { name: "host", version: "1" };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
  await host.send({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  await host.output.nextJson(30_000);
  await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  await using _second = peer("python_server.py", broker, "same-id"); // takes the connection from the first one
  await host.errors.find((line) => line.includes("the session is lost"), 30_000);
  first.kill("SIGKILL");
  await host.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "add", arguments: { a: 2, b: 2 } } });
  assert.deepEqual((await host.output.nextJson(30_000)).result.structuredContent, { result: 4 });
});

testOnBrokers("our connect finds the Python server, and everything passes both ways", async (broker) => {
  await using _server = peer("python_server.py", broker);
  await using host = startProxy(["connect", "--broker", broker.url, "--name", NAME, "--connect-timeout", "30"]);
  const ask = async (id: number, method: string, params = {}) => {
    await host.send({ jsonrpc: "2.0", id, method, params });
    return await host.output.nextJson(30_000);
  };
  const capabilities = { roots: { listChanged: true } };
  const clientInfo = { name: "host", version: "1" };
  const begun = await ask(1, "initialize", { protocolVersion: "2025-06-18", capabilities, clientInfo });
  assert.equal(begun.result.serverInfo.name, NAME);
  await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });

  const tools = await ask(2, "tools/list");
  assert.deepEqual(tools.result.tools.map(({ name }: { name: string }) => name), ["add", "ask", "steps"]);
  const sum = await ask(3, "tools/call", { name: "add", arguments: { a: 1, b: 2 } });
  assert.deepEqual(sum.result.structuredContent, { result: 3 });

  const question = await ask(4, "tools/call", { name: "ask", arguments: {} });
  assert.equal(question.method, "roots/list");
  await host.send({ jsonrpc: "2.0", id: question.id, result: { roots: [{ uri: "file:///attic", name: "attic" }] } });
  assert.deepEqual((await host.output.nextJson()).result.structuredContent, { result: "file:///attic" });

  const progress = await ask(5, "tools/call", {
    name: "steps",
    arguments: { count: 2 },
    _meta: { progressToken: "p" },
  });
  assert.equal(progress.method, "notifications/progress");
  assert.equal((await host.output.nextJson()).params.progress, 1);
  assert.deepEqual((await host.output.nextJson()).result.structuredContent, { result: "done" });

  assert.equal((await ask(6, "resources/read", { uri: "test://greeting" })).result.contents[0].text, "hello");
});

testOnBrokers("our connect moves on to another Python server when its own is killed", async (broker) => {
  await using first = peer("python_server.py", broker);
  await using host = startProxy(["connect", "--broker", broker.url, "--name", NAME, "--connect-timeout", "30"]);
  const clientInfo = { name: "host", version: "1" };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
  await host.send({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  await host.output.nextJson(30_000);
  await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  await using _second = peer("python_server.py", broker);
  first.kill("SIGKILL");
  await host.errors.find((line) => line.includes("the session is lost: The server has gone offline"));
  await host.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "add", arguments: { a: 2, b: 2 } } });
  assert.deepEqual((await host.output.nextJson(30_000)).result.structuredContent, { result: 4 });
});

testOnBrokers("several Python clients have a session each", async (broker) => {
  await using server = await serve(broker);
  await using clients = new AsyncDisposableStack();
  const all = Array.from({ length: 3 }, () => clients.use(peer("python_client.py", broker)));
  await Promise.all(all.map((client) => said(client, "ready")));
  const opened = server.errors.seen.filter((line) => line.includes(" opened"));
  assert.equal(opened.length, 3);
  for (const client of all) await client.send("quit");
  await eventually("the goodbyes", () => server.errors.seen.filter((line) => line.includes(" ended: ")).length === 3);
});
