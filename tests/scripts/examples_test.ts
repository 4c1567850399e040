/**
 * The examples, run as a reader would run them, and the documentation of the library, which shows two of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import metadata from "../../deno.json" with { type: "json" };
import { testOnBrokers } from "../support/brokers.ts";
import type { TestBroker } from "../support/embedded_broker.ts";
import { Process } from "../support/proxy.ts";
import { within } from "../support/wait.ts";

const EXAMPLES = new URL("../../scripts/examples/", import.meta.url);
const LIBRARY = new URL("../../src/app/library.ts", import.meta.url);

/** Starts an example. */
function start(name: string, broker: TestBroker): Process {
  return new Process([Deno.execPath(), "run", "-A", fileURLToPath(new URL(name, EXAMPLES)), broker.url]);
}

/** Runs an example to its end, and returns the lines that it has printed. */
async function run(name: string, broker: TestBroker): Promise<readonly string[]> {
  await using example = start(name, broker);
  const { code } = await within(name, example.status, 30_000);
  await Promise.all([example.output.ended, example.errors.ended]);
  assert.equal(code, 0, example.errors.seen.join("\n"));
  return example.output.seen;
}

/** The code of an example, as a program elsewhere would have it. */
async function codeOf(name: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(name, EXAMPLES));
  return text.replace(/^\/\*\*[^]*?\*\/\n/, "").replace(/^\/\/ deno-lint-ignore-file .*\n/m, "")
    .replace('"../../mod.ts"', `"jsr:${metadata.name}"`);
}

/** The code in the `@example` of a function of the library. */
async function exampleOf(declaration: string): Promise<string> {
  const [before, after] = (await Deno.readTextFile(LIBRARY)).split(`export ${declaration}(`);
  assert.ok(before !== undefined && after !== undefined, declaration);
  const comment = before.slice(before.lastIndexOf("/**")).replaceAll(/^ \* ?/gm, "");
  const [, code] = /^```ts ignore\n([^]*?)^```$/m.exec(comment) ?? [];
  assert.ok(code !== undefined, `${declaration} has no example`);
  return code;
}

testOnBrokers("the examples server, client and watch_presence do together what they say", async (broker) => {
  await using watch = start("watch_presence.ts", broker);
  await using server = start("server.ts", broker);
  assert.equal(await server.output.next(), "online on mcp/calculator/request");
  await watch.output.find((line) => line === "+ calculator (request-response): adds numbers");
  await watch.output.find((line) => line === "+ calculator (mcp-over-mqtt): adds numbers");

  assert.deepEqual(await run("client.ts", broker), [
    "tool add: Adds two numbers",
    '1 + 2 is [ { type: "text", text: "3" } ]',
  ]);

  server.kill("SIGINT");
  const { code } = await within("the end of the server", server.status);
  if (Deno.build.os !== "windows") assert.equal(code, 0, server.errors.seen.join("\n"));
  await watch.output.find((line) => line === "- calculator (request-response): adds numbers");
  await watch.output.find((line) => line === "- calculator (mcp-over-mqtt): adds numbers");
});

testOnBrokers("the example many_servers reaches all of its servers", async (broker) => {
  assert.deepEqual(await run("many_servers.ts", broker), [
    "online on mcp/text/upper/request",
    "online on mcp/text/reverse/request",
    "online on mcp/text/count/request",
    'text/upper [ { type: "text", text: "STRESSED" } ]',
    'text/reverse [ { type: "text", text: "desserts" } ]',
    'text/count [ { type: "text", text: "8" } ]',
  ]);
});

testOnBrokers("the example progress_and_cancellation hears of progress, and stops the server", async (broker) => {
  assert.deepEqual(await run("progress_and_cancellation.ts", broker), [
    "page 1 of 3",
    "page 2 of 3",
    "page 3 of 3",
    '[ { type: "text", text: "printed 3 pages" } ]',
    "the client gave up: MCP error -32001: that is enough",
    "the server stopped",
  ]);
});

Deno.test("the documentation of the library shows the examples as they are", async () => {
  assert.equal(await exampleOf("function mqttClientTransport"), await codeOf("client.ts"));
  assert.equal(await exampleOf("async function serveMqtt"), await codeOf("server.ts"));
});

Deno.test("every example says how to run it", async () => {
  for await (const { name } of Deno.readDir(EXAMPLES)) {
    const text = await Deno.readTextFile(new URL(name, EXAMPLES));
    assert.ok(text.includes(`deno run -A scripts/examples/${name} [mqtt://127.0.0.1:1883]`), name);
    assert.ok(text.includes('Deno.args[0] ?? "mqtt://127.0.0.1:1883"'), name);
  }
});
