import assert from "node:assert/strict";
import { inputRequired, type McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import { type Era, fleetServer, type GatewayHost, gatewayHost, textOf } from "../../../support/gateway.ts";
import { testOnBrokers } from "../../../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../../../support/embedded_broker.ts";
import { SEARCH_TOOLS } from "../../../../src/app/gateway/faces/search_tools.ts";

const ROOMS = ["attic", "cellar", "kitchen"];

/** A thermostat that shows how many rooms away the attic is. */
const thermostat = (room: string) => (server: McpServer) => {
  server.registerTool(
    "read",
    { description: "Reads the temperature", annotations: { readOnlyHint: true } },
    () => ({ content: [{ type: "text", text: `${room}: ${18 + ROOMS.indexOf(room)}` }] }),
  );
  server.registerTool("set", { inputSchema: z.object({ target: z.number() }) }, ({ target }) => ({
    content: [{ type: "text", text: `${room} is set to ${target}` }],
  }));
  server.registerTool("ask", {}, () =>
    inputRequired({
      inputRequests: {
        x: inputRequired.elicit({ mode: "form", message: "?", requestedSchema: { type: "object", properties: {} } }),
      },
    }));
};

async function house(broker: TestBroker, eraOf: (room: string) => Era = () => "legacy"): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  for (const room of ROOMS) {
    const name = `home/${room}/thermostat`;
    const more = { description: "Heating", meta: { room }, era: eraOf(room), build: thermostat(room) };
    stack.use(await fleetServer(broker, { name, ...more }));
  }
  stack.use(await fleetServer(broker, { name: "home/broken", build: () => {} }));
  return stack;
}

const SEARCH = { options: { mode: "search" } };

async function call(host: GatewayHost, name: string, args: Record<string, unknown>) {
  const result = await host.client.callTool({ name, arguments: args });
  // deno-lint-ignore no-explicit-any -- what tests look into has any shape
  return result.structuredContent as any;
}

testOnBrokers("servers and tools are found, described and called", async (broker) => {
  await using _house = await house(broker);
  await using host = await gatewayHost(broker, SEARCH);
  const { tools } = await host.client.listTools();
  assert.deepEqual(tools.map(({ name }) => name), SEARCH_TOOLS.map(({ name }) => name));

  const all = await call(host, "find_servers", {});
  assert.equal(all.total, 4);
  const some = await call(host, "find_servers", { names: "home/+/thermostat", meta: { room: "attic" } });
  assert.deepEqual(some.servers, [
    { name: "home/attic/thermostat", description: "Heating", meta: { room: "attic" } },
  ]);
  assert.equal((await call(host, "find_servers", { words: "heating" })).total, 3);
  assert.equal((await call(host, "find_servers", { words: "heating", limit: 2 })).servers.length, 2);

  const described = await call(host, "describe_tool", { server: "home/attic/thermostat" });
  assert.deepEqual(described.tools.map(({ name }: { name: string }) => name), ["read", "set", "ask"]);
  const found = await call(host, "find_tools", { words: "temperature" });
  assert.deepEqual(found.tools, [
    { tool: "read", description: "Reads the temperature", servers: ["home/attic/thermostat"] },
  ]);
  assert.match(found.note, /3 servers have not said/);
  const set = await call(host, "describe_tool", { server: "home/attic/thermostat", tool: "set" });
  assert.deepEqual(set.inputSchema.required, ["target"]);
  const args = { server: "home/attic/thermostat", tool: "set", arguments: { target: 21 } };
  const answer = await host.client.callTool({ name: "call_tool", arguments: args });
  assert.equal(textOf(answer), "attic is set to 21");
});

testOnBrokers("one call asks many servers, with one result for each", async (broker) => {
  await using _house = await house(broker, (room) => room === "cellar" ? "modern" : "legacy");
  await using host = await gatewayHost(broker, SEARCH);
  const told: number[] = [];
  const result = await host.client.callTool(
    { name: "call_many", arguments: { names: "home/#", tool: "read" } },
    { onprogress: ({ progress }) => told.push(progress) },
  );
  // deno-lint-ignore no-explicit-any -- what tests look into has any shape
  const { servers, failed, results } = result.structuredContent as any;
  assert.deepEqual([servers, failed], [4, 1]);
  assert.deepEqual(
    // deno-lint-ignore no-explicit-any -- what tests look into has any shape
    results.map(({ server, result, error }: any) => [server, error ?? result.content[0].text]),
    [
      ["home/attic/thermostat", "attic: 18"],
      ["home/broken", 'home/broken has no tool "read"; it has: '],
      ["home/cellar/thermostat", "cellar: 19"],
      ["home/kitchen/thermostat", "kitchen: 20"],
    ],
  );
  assert.ok(told.length > 0);
});

Deno.test("what has not answered in time is missing from the results, and nothing else", async () => {
  await using broker = await embeddedBroker();
  await using _house = await house(broker);
  await using _slow = await fleetServer(broker, {
    name: "home/slow/thermostat",
    build: (server) => server.registerTool("read", {}, () => new Promise(() => {})),
  });
  await using host = await gatewayHost(broker, SEARCH);
  await call(host, "call_many", { names: "#", tool: "read", timeout: 2 }); // all sessions are open now
  const { results } = await call(host, "call_many", { names: "home/+/thermostat", tool: "read", timeout: 1 });
  // deno-lint-ignore no-explicit-any -- what tests look into has any shape
  const outcomes = results.map(({ server, error }: any) => [server, error]);
  assert.deepEqual(outcomes, [
    ["home/attic/thermostat", undefined],
    ["home/cellar/thermostat", undefined],
    ["home/kitchen/thermostat", undefined],
    ["home/slow/thermostat", "no answer within 1 s; the call may have run"],
  ]);
});

Deno.test("a call that had no turn in time is told not to have run", async () => {
  await using broker = await embeddedBroker();
  await using stack = new AsyncDisposableStack();
  const build = (server: McpServer) => server.registerTool("wait", {}, () => new Promise(() => {}));
  for (const name of ["a", "b"]) stack.use(await fleetServer(broker, { name, build }));
  await using host = await gatewayHost(broker, SEARCH);
  for (const server of ["a", "b"]) await call(host, "describe_tool", { server });
  const { results } = await call(host, "call_many", { names: "#", tool: "wait", timeout: 1, concurrency: 1 });
  assert.deepEqual(results, [
    { server: "a", error: "no answer within 1 s; the call may have run" },
    { server: "b", error: "not called within 1 s; the call has not run" },
  ]);
});

Deno.test("a server that asks the user is to be called alone", async () => {
  await using broker = await embeddedBroker();
  await using _house = await house(broker, () => "modern");
  await using host = await gatewayHost(broker, {
    ...SEARCH,
    era: "modern",
    capabilities: { elicitation: { form: {} } },
  });
  const { results } = await call(host, "call_many", { names: "home/attic/#", tool: "ask" });
  assert.match(results[0].error, /asks the user; call this tool by call_tool/);
});

Deno.test("wrong arguments are told, and change nothing", async () => {
  await using broker = await embeddedBroker();
  await using _house = await house(broker);
  await using host = await gatewayHost(broker, SEARCH);
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ["find_tools", {}, /words is missing/],
    ["find_servers", { names: "home+" }, /names has a \+/],
    ["call_many", { names: "plant/#", tool: "read" }, /No server that is online matches plant\/#/],
    ["call_tool", { server: "home/attic/thermostat" }, /tool is missing/],
    ["call_tool", { server: "home/attic/thermostat", tool: "fly" }, /has no tool "fly"; it has: read, set, ask/],
    ["call_tool", { server: "nowhere", tool: "read" }, /No server called "nowhere" is online/],
    ["describe_tool", { server: 7 }, /server must be text/],
  ];
  for (const [name, args, problem] of wrong) {
    await assert.rejects(host.client.callTool({ name, arguments: args }), problem, name);
  }
});

for (const [limit, names] of [[10_000, ["a__read", "a__set", "a__ask"]], [10, SEARCH_TOOLS.map(({ name }) => name)]]) {
  Deno.test(`with ${limit} tokens for the list the host sees ${(names as string[])[0]} first, and is told why`, async () => {
    await using broker = await embeddedBroker();
    await using _server = await fleetServer(broker, { name: "a", build: thermostat("attic") });
    await using host = await gatewayHost(broker, { options: { toolTokens: limit } });
    assert.deepEqual((await host.client.listTools()).tools.map(({ name }) => name), names);
    const said = host.events.find(({ type }) => type === "warning");
    assert.match(JSON.stringify(said), /the host sees .*: the list of tools has about \d+ tokens, and may have/);
  });
}
