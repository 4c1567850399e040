import assert from "node:assert/strict";
import { fromJsonSchema, type McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import { type Era, fleetServer, gatewayHost, textOf } from "../../../support/gateway.ts";
import { testOnBrokers } from "../../../support/brokers.ts";
import { embeddedBroker } from "../../../support/embedded_broker.ts";
import { eventually } from "../../../support/wait.ts";

const add = (server: McpServer) =>
  server.registerTool(
    "add",
    {
      description: "Adds two numbers",
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      annotations: { readOnlyHint: true },
    },
    ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }),
  );

const greet = (text: string) => (server: McpServer) =>
  server.registerTool("greet", { description: "Greets" }, () => ({ content: [{ type: "text", text }] }));

const ERAS: readonly Era[] = ["legacy", "modern"];

for (const hostEra of ERAS) {
  for (const serverEra of ERAS) {
    testOnBrokers(`a ${hostEra} host sees and calls the tools of ${serverEra} servers`, async (broker) => {
      await using _calculator = await fleetServer(broker, {
        name: "home/calculator",
        description: "It can count",
        era: serverEra,
        build: add,
      });
      await using _greeter = await fleetServer(broker, {
        name: "greeter",
        profile: "mcp-over-mqtt",
        era: serverEra,
        build: greet("hello"),
      });
      await using host = await gatewayHost(broker, { era: hostEra });
      const { tools } = await host.client.listTools();
      assert.deepEqual(tools.map(({ name }) => name), ["greeter__greet", "home--calculator__add"]);
      assert.equal(tools[1]?.description, "[home/calculator: It can count] Adds two numbers");
      assert.equal(tools[1]?.annotations?.readOnlyHint, true);
      assert.deepEqual(tools[1]?.inputSchema.required, ["a", "b"]);
      const sum = await host.client.callTool({ name: "home--calculator__add", arguments: { a: 1, b: 2 } });
      assert.equal(textOf(sum), "3");
      assert.equal(textOf(await host.client.callTool({ name: "greeter__greet" })), "hello");
    });
  }
}

Deno.test("a host is told when a server has come or gone, and once for several", async () => {
  await using broker = await embeddedBroker();
  await using host = await gatewayHost(broker);
  assert.deepEqual((await host.client.listTools()).tools, []);
  const servers = await Promise.all(
    ["one", "two", "three"].map((name) => fleetServer(broker, { name, build: greet(name) })),
  );
  const changes = () => host.notes.filter(({ method }) => method === "notifications/tools/list_changed").length;
  await eventually("the host is told", () => changes() > 0);
  await eventually("all tools are there", async () => (await host.client.listTools()).tools.length === 3);
  assert.ok(changes() <= 3, `${changes()} notifications`);
  const before = changes();
  for (const server of servers) await server.close();
  await eventually("the host is told that they have gone", () => changes() > before);
  await eventually("no tool is left", async () => (await host.client.listTools()).tools.length === 0);
  await assert.rejects(host.client.callTool({ name: "one__greet" }), /No server that is online has a tool/);
});

Deno.test("what is unusual in a schema comes to the host as it is", async () => {
  await using broker = await embeddedBroker();
  const inputSchema = {
    type: "object",
    properties: { when: { type: "string", format: "date", "x-unit": "days" } },
    "x-order": ["when"],
    $defs: { never: { not: {} } },
  } as const;
  await using _server = await fleetServer(broker, {
    name: "calendar",
    build: (server) => {
      server.registerTool("plan", { inputSchema: fromJsonSchema(inputSchema) }, () => ({ content: [] }));
    },
  });
  await using host = await gatewayHost(broker);
  const { tools } = await host.client.listTools();
  const schema = tools[0]?.inputSchema;
  assert.deepEqual(schema, inputSchema);
});

Deno.test("only servers whose name and presence match are there", async () => {
  await using broker = await embeddedBroker();
  await using _attic = await fleetServer(broker, { name: "home/attic", meta: { floor: 2 }, build: greet("attic") });
  await using _cellar = await fleetServer(broker, { name: "home/cellar", meta: { floor: -1 }, build: greet("cellar") });
  await using _plant = await fleetServer(broker, { name: "plant/attic", meta: { floor: 2 }, build: greet("plant") });
  const options = { names: ["home/+"], meta: ["floor=2"] };
  await using host = await gatewayHost(broker, { options });
  assert.deepEqual((await host.client.listTools()).tools.map(({ name }) => name), ["home--attic__greet"]);
});

Deno.test("a name that is nobody's starts no session, and one from another time only that of its server", async () => {
  await using broker = await embeddedBroker();
  const started: string[] = [];
  await using stack = new AsyncDisposableStack();
  for (const name of ["attic", "cellar", "shed"]) {
    const build = (server: McpServer) => {
      started.push(name);
      greet(name)(server);
    };
    stack.use(await fleetServer(broker, { name, build }));
  }
  await using host = await gatewayHost(broker, { options: { mode: "search" } });
  await host.client.listTools();
  await assert.rejects(host.client.callTool({ name: "garage__greet" }), /No server that is online has a tool/);
  assert.deepEqual(started, []);
  assert.equal(textOf(await host.client.callTool({ name: "cellar__greet" })), "cellar");
  assert.deepEqual([...new Set(started)], ["cellar"]);
});
