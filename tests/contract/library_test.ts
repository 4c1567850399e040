/**
 * The public library: MCP SDK clients and servers on a broker, without any process in between.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client";
// The package's own declarations are found under names without ".js" only.
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/types"
import {
  CreateMessageRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { Failure, mqttClientTransport, type MqttServer, type ProxyEvent, serveMqtt, UsageError } from "../../mod.ts";
import { generateKeyPair, privateKeyFile, publicKeyText } from "../../src/seal/mod.ts";
import { ECHO } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../support/embedded_broker.ts";
import { EVERYTHING } from "../support/packages.ts";
import { freePort } from "../support/net.ts";
import { startServe } from "../support/proxy.ts";
import { eventually, within } from "../support/wait.ts";

function newClient(): Client {
  return new Client({ name: "test", version: "1" }, { capabilities: { sampling: {} } });
}

async function connected(broker: TestBroker, name: string): Promise<Client> {
  const client = newClient();
  await client.connect(mqttClientTransport({ broker: broker.url, name }));
  return client;
}

/** A server that counts for itself, asks its client, and tells of what it does. */
function counter(): McpServer {
  const server = new McpServer({ name: "counter", version: "1" }, { capabilities: { logging: {} } });
  let count = 0;
  server.registerTool("count", { inputSchema: { by: z.number() } }, async ({ by }) => {
    count += by;
    await server.server.sendLoggingMessage({ level: "info", data: `counted to ${count}` });
    return { content: [{ type: "text", text: String(count) }] };
  });
  server.registerTool("consult", {}, async () => {
    const { content } = await server.server.createMessage({
      messages: [{ role: "user", content: { type: "text", text: "how many?" } }],
      maxTokens: 10,
    });
    return { content: [{ type: "text", text: JSON.stringify(content) }] };
  });
  return server;
}

// deno-lint-ignore no-explicit-any -- the SDK's union of all results
function textOf(result: any): string {
  return result.content[0].text;
}

testOnBrokers("both ends of the library seal their sessions when they have keys", async (broker) => {
  const [server, client] = [generateKeyPair(), generateKeyPair()];
  const options = { broker: broker.url, name: "counter" };
  await using _ = await serveMqtt({
    ...options,
    key: privateKeyFile(server),
    authorizedKeys: `${publicKeyText(client.publicKey)} ada`,
  }, (transport) => counter().connect(transport));
  const serverKey = publicKeyText(server.publicKey);
  const host = newClient();
  await host.connect(mqttClientTransport({ ...options, key: privateKeyFile(client), serverKey }));
  assert.equal(textOf(await host.callTool({ name: "count", arguments: { by: 2 } })), "2");
  await host.close();
  await assert.rejects(
    newClient().connect(mqttClientTransport({ ...options, connectTimeout: 2_000 })),
    /takes sealed sessions only/,
  );
});

testOnBrokers("an SDK client reaches a stdio server behind serve", async (broker) => {
  await using _serve = await startServe(["--broker", broker.url, "--name", "everything", "--", ...EVERYTHING]);
  const client = await connected(broker, "everything");
  try {
    assert.equal(client.getServerVersion()?.name, "mcp-servers/everything");
    const { tools } = await client.listTools();
    assert.ok(tools.length > 10);
    assert.equal(textOf(await client.callTool({ name: "echo", arguments: { message: "ü" } })), "Echo: ü");
    const progress: number[] = [];
    const call = { name: "trigger-long-running-operation", arguments: { duration: 0.3, steps: 3 } };
    await client.callTool(call, undefined, { onprogress: ({ progress: step }) => progress.push(step) });
    assert.deepEqual(progress, [1, 2, 3]);
    const abort = new AbortController();
    const endless = { name: "trigger-long-running-operation", arguments: { duration: 600, steps: 2 } };
    const cancelled = client.callTool(endless, undefined, { signal: abort.signal });
    abort.abort("enough");
    await assert.rejects(cancelled, /enough/);
    await client.ping();
  } finally {
    await client.close();
  }
});

testOnBrokers("an SDK server is on MQTT without a process, and every client has its own", async (broker) => {
  const sessions: McpServer[] = [];
  await using server: MqttServer = await serveMqtt({ broker: broker.url, name: "counter" }, async (transport) => {
    const session = counter();
    sessions.push(session);
    await session.connect(transport);
  });
  assert.equal(server.topic, "mcp/counter/request");
  const [first, second] = [await connected(broker, "counter"), await connected(broker, "counter")];
  try {
    const logs: unknown[] = [];
    first.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logs.push(params.data));
    second.setRequestHandler(CreateMessageRequestSchema, () => ({
      model: "none",
      role: "assistant",
      content: { type: "text", text: "seven" },
    }));
    assert.equal(textOf(await first.callTool({ name: "count", arguments: { by: 2 } })), "2");
    assert.equal(textOf(await first.callTool({ name: "count", arguments: { by: 3 } })), "5");
    assert.equal(textOf(await second.callTool({ name: "count", arguments: { by: 1 } })), "1");
    assert.match(textOf(await second.callTool({ name: "consult" })), /seven/);
    assert.deepEqual(logs, ["counted to 2", "counted to 5"]);

    let changed = 0;
    first.setNotificationHandler(ToolListChangedNotificationSchema, () => void changed++);
    sessions[0]?.registerTool("late", {}, () => ({ content: [] }));
    await eventually("the client is told", () => changed === 1);
    assert.equal((await first.listTools()).tools.length, 3);
    assert.equal((await second.listTools()).tools.length, 2);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
});

testOnBrokers("when a client closes, its server hears of it, and the other client's does not", async (broker) => {
  const closed: number[] = [];
  let count = 0;
  await using _server = await serveMqtt({ broker: broker.url, name: "counter" }, async (transport) => {
    const number = ++count;
    const session = counter();
    session.server.onclose = () => closed.push(number);
    await session.connect(transport);
  });
  const [first, second] = [await connected(broker, "counter"), await connected(broker, "counter")];
  await first.close();
  await eventually("the server is told", () => closed.length === 1);
  assert.deepEqual(closed, [1]);
  await second.ping();
  await second.close();
});

testOnBrokers("a stdio host reaches an SDK server, and hears of its end", async (broker) => {
  const { startProxy } = await import("../support/proxy.ts");
  const server = await serveMqtt({ broker: broker.url, topic: "a/b", description: "counts" }, async (transport) => {
    await counter().connect(transport);
  });
  await using host = startProxy(["connect", "--broker", broker.url, "--topic", "a/b"]);
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "x", version: "1" } };
  await host.send({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  assert.equal((await host.output.nextJson()).result.serverInfo.name, "counter");
  await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  await host.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "consult" } });
  await host.output.find((line) => line.includes("sampling/createMessage"));
  await server.close();
  await server.close();
  const error = JSON.parse(await host.output.find((line) => line.includes('"id":2') && line.includes("error")));
  assert.equal(error.error.data.reason, "server-shutting-down");
});

Deno.test("a client without a server gets an error that says so, and can be closed", async () => {
  await using broker = await embeddedBroker();
  const events: ProxyEvent["type"][] = [];
  const transport = mqttClientTransport({
    broker: broker.url,
    name: "nobody",
    connectTimeout: 3_000,
    observe: ({ type }) => events.push(type),
  });
  await assert.rejects(newClient().connect(transport), /No server is online on "mcp\/nobody"/);
  assert.ok(events.includes("broker.connected"));
  await transport.close();
});

Deno.test("a client without a broker gets an error that says so, and closes in time", async () => {
  const transport = mqttClientTransport({ broker: `mqtt://127.0.0.1:${freePort()}`, name: "x", connectTimeout: 3_000 });
  await assert.rejects(newClient().connect(transport), /The broker .* cannot be reached/);
  await within("closing", transport.close(), 3_000);
});

Deno.test("a client goes on with another server when its own is gone", async () => {
  await using broker = await embeddedBroker();
  const options = { broker: broker.url, name: "counter" };
  const server = await serveMqtt(options, async (transport) => await counter().connect(transport));
  const client = await connected(broker, "counter");
  assert.equal(textOf(await client.callTool({ name: "count", arguments: { by: 7 } })), "7");
  await server.close();
  await using _next = await serveMqtt(options, async (transport) => await counter().connect(transport));
  assert.equal(textOf(await client.callTool({ name: "count", arguments: { by: 1 } })), "1");
  await client.close();
});

Deno.test("a request to a server that ends is an error with its reason", async () => {
  await using broker = await embeddedBroker();
  await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
  const client = await connected(broker, "echo");
  await assert.rejects(client.request({ method: "exit", params: { code: 3 } }, z.object({})), (error) => {
    const { code, message, data } = error as { code: number; message: string; data: unknown };
    assert.equal(code, -32000);
    assert.match(message, /The server process exited with code 3: last words/);
    assert.deepEqual(data, { reason: "child-exited", exitCode: 3, stderr: "last words" });
    return true;
  });
  await client.close();
});

Deno.test("options that cannot work are a UsageError, a login that cannot succeed is a Failure", async () => {
  const usage: readonly [options: Parameters<typeof mqttClientTransport>[0], problem: RegExp][] = [
    [{ broker: "http://host", name: "x" }, /must be a URL that begins with mqtt/],
    [{ broker: "mqtt://host" }, /add --name/],
    [{ broker: "mqtt://host", name: "a+b" }, /^name must not contain/],
    [{ broker: "mqtt://host", topic: "a/#" }, /^topic has a wildcard/],
    [{ broker: "mqtt://host", name: "x", ca: "nonsense" }, /--ca is not PEM/],
    [{ broker: "mqtt://host", name: "x", keepAlive: 1.5 }, /^keepAlive must be a whole number/],
    [{ broker: "mqtt://host", name: "x", brokerPreset: "acme" }, /^brokerPreset must be one of/],
  ];
  for (const [options, problem] of usage) {
    assert.throws(
      () => mqttClientTransport(options),
      (error) => error instanceof UsageError && problem.test(error.message),
    );
    await assert.rejects(serveMqtt(options, () => {}), (error) => error instanceof UsageError);
  }
  assert.throws(
    () => mqttClientTransport({ broker: "mqtt://host", name: "x", connectTimeout: -1 }),
    /^UsageError: connectTimeout must be a number of milliseconds; it is -1/,
  );
  await using broker = await embeddedBroker();
  broker.aedes.authenticate = (_client, _username, _password, done) => done(null, false);
  await assert.rejects(
    serveMqtt({ broker: broker.url, name: "x", username: "me", password: "wrong-password" }, () => {}),
    (error) =>
      error instanceof Failure && error.reason === "login-refused" && !error.message.includes("wrong-password"),
  );
});

Deno.test("a session for which no server can be made is an error for its client, and no other", async () => {
  await using broker = await embeddedBroker();
  let sessions = 0;
  await using _server = await serveMqtt({ broker: broker.url, name: "counter" }, async (transport) => {
    if (++sessions === 1) throw new Error("not today");
    await counter().connect(transport);
  });
  const first = newClient();
  await assert.rejects(
    first.connect(mqttClientTransport({ broker: broker.url, name: "counter" })),
    /not today|session/i,
  );
  await first.close();
  const second = await connected(broker, "counter");
  await second.ping();
  await second.close();
});

for (const profile of ["request-response", "mcp-over-mqtt"] as const) {
  Deno.test(`sessions are told of as they come and go, and so is a program that fails to serve one [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    const events: ProxyEvent[] = [];
    let sessions = 0;
    const options = {
      broker: broker.url,
      name: "counter",
      serverName: "counter",
      observe: (event: ProxyEvent) => void events.push(event),
    };
    await using _server = await serveMqtt(options, async (transport) => {
      if (++sessions === 1) throw new Error("no database");
      await counter().connect(transport);
    });
    const transport = () =>
      mqttClientTransport({ broker: broker.url, name: "counter", serverName: "counter", profile });
    const refused = newClient();
    await assert.rejects(refused.connect(transport()), (error) => {
      const { data, message } = error as { data?: { reason?: string }; message: string };
      assert.equal(data?.reason, "child-not-started");
      assert.match(message, /The program has failed to create a server for this session$/);
      return true;
    });
    await refused.close();
    const client = newClient();
    await client.connect(transport());
    await client.close();
    await eventually("both have ended", () => events.filter(({ type }) => type === "session.ended").length === 2);
    const told = events.filter(({ type }) => type.startsWith("session.") || type === "child.failed");
    assert.deepEqual(told.map(({ type }) => type), [
      ...["session.opened", "child.failed", "session.ended"],
      ...["session.opened", "session.ended"],
    ]);
    assert.match(JSON.stringify(told[1]), /no server for session [^ ]+: no database/);
  });
}
