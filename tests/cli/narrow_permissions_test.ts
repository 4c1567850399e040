import assert from "node:assert/strict";
import { allDeclarations } from "../../src/cli/commands.ts";
import { codeIn, table } from "../support/documentation.ts";
import { keyFiles } from "../support/keys.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { fixture, type Process, PROXY_COMMAND, startProxyUnder } from "../support/proxy.ts";

const COMMANDS = await allDeclarations();

/** What every command may do, by the documents: rows like | `serve` | `--allow-net=HOST:PORT …` |. */
const NARROWEST: ReadonlyMap<string, readonly string[]> = new Map(
  table("command", "flags of `deno run`").rows.map(([command, flags]) => [codeIn(command), codeIn(flags).split(" ")]),
);

const ECHO = fixture("echo_server.ts");

/** The flags of a command, with what its row leaves open. */
function flagsOf(command: string, url: string): string[] {
  const flags = NARROWEST.get(command);
  assert.ok(flags !== undefined, `The documents have no row for ${command}`);
  return flags.map((flag) => flag.replace("HOST:PORT", new URL(url).host).replace("COMMAND", ECHO[0] ?? ""));
}

/** Starts a command under the flags of its row. */
function start(url: string, [command = "", ...args]: readonly string[]): Process {
  return startProxyUnder(flagsOf(command, url), [command, ...args]);
}

async function startServe(url: string): Promise<Process> {
  const args = ["serve", "--broker", url, "--name", "echo", "--log-level", "info"];
  const serve = start(url, [...args, "--", ...ECHO]);
  await serve.errors.find((line) => line.includes("is online"));
  return serve;
}

/** What shows that a command works, for the commands that talk to a peer on their stdio or never end by themselves. */
const CONVERSATIONS: Readonly<Record<string, (url: string) => Promise<void>>> = {
  serve: async (url) => {
    await using serve = await startServe(url);
    serve.kill("SIGTERM");
    assert.equal((await serve.status).code, 0);
  },
  connect: async (url) => {
    await using _serve = await startServe(url);
    await using host = start(url, ["connect", "--broker", url, "--name", "echo"]);
    await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
    assert.deepEqual(await host.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
    await host.closeInput();
    assert.equal((await host.status).code, 0);
  },
  gateway: async (url) => {
    await using gateway = start(url, ["gateway", "--broker", url, "--mode", "search"]);
    await listTools(gateway);
  },
  tools: async (url) => {
    await using tools = start(url, ["tools"]);
    assert.equal(await tools.output.next(), "+READY");
    await tools.send({ MQTT_BROKER: new URL(url).host });
    assert.equal(await tools.output.next(), "+OK");
    await listTools(tools);
  },
  key: async (url) => {
    await using keys = await keyFiles();
    const file = (await keys.file("x", "")).replace(/x$/, "new.key");
    const flags = flagsOf("key", url).map((flag) => flag.replace("FILE", file));
    await using made = startProxyUnder(flags, ["key", "new", file]);
    assert.equal((await made.status).code, 0);
    await using shown = startProxyUnder(flags, ["key", "show", file]);
    assert.equal(await shown.output.next(), await made.output.next());
  },
  launch: async (url) => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, JSON.stringify({ MQTT_BROKER: new URL(url).host }));
    // The server is a program of Deno's, which may keep its packages in a place of this machine's own.
    const passed = Deno.env.has("DENO_DIR") ? ["--allow-env=DENO_DIR"] : [];
    const flags = [...flagsOf("launch", url), ...passed, `--allow-read=${file}`];
    await using host = startProxyUnder(flags, ["launch", "--credentials-file", file, "--", ...PROXY_COMMAND, "tools"]);
    await listTools(host);
    await Deno.remove(file);
  },
};

/** Asks a tool server what it can do, as soon as it takes MCP. */
async function listTools(tools: Process): Promise<void> {
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  await tools.send({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  assert.equal((await tools.output.nextJson()).id, 1);
  await tools.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  await tools.send({ jsonrpc: "2.0", id: 2, method: "tools/list" });
  assert.ok((await tools.output.nextJson()).result.tools.length > 0);
  await tools.closeInput();
  assert.equal((await tools.status).code, 0);
}

/** Command lines of the others: they must end as they do when everything is permitted. */
const LINES: Readonly<Record<string, (url: string) => readonly string[]>> = {
  list: (url) => ["list", "--broker", url],
  call: (url) => ["call", "--broker", url, "--name", "echo", "hello", "{}"],
  check: (url) => ["check", "--broker", url],
  config: (url) => ["config", "--for", "cursor", "--broker", url, "--name", "echo"],
  completions: () => ["completions", "bash"],
  licenses: () => ["licenses"],
};

async function endOf(process: Process): Promise<{ code: number; lines: number }> {
  await using _ = process;
  await process.closeInput();
  const { code } = await process.status;
  await Promise.all([process.output.ended, process.errors.ended]);
  const denied = process.errors.seen.filter((line) => /NotCapable|--allow-/.test(line));
  assert.deepEqual(denied, []);
  return { code, lines: process.output.seen.length };
}

for (const { name } of COMMANDS) {
  Deno.test(`${name} works under exactly the permissions that the documents give for it`, async () => {
    await using broker = await embeddedBroker();
    const conversation = CONVERSATIONS[name];
    if (conversation !== undefined) return await conversation(broker.url);
    const line = LINES[name]?.(broker.url);
    assert.ok(line !== undefined, `Nothing here shows that ${name} works`);
    await using _serve = await startServe(broker.url);
    const permitted = await endOf(startProxyUnder(["-A"], line));
    assert.deepEqual(await endOf(start(broker.url, line)), permitted);
  });
}

Deno.test("connect needs every flag of its row", async () => {
  await using broker = await embeddedBroker();
  const args = ["connect", "--broker", broker.url, "--name", "echo", "--log-level", "info"];
  const flags = flagsOf("connect", broker.url);
  for (const missing of flags) {
    await using process = startProxyUnder(flags.filter((flag) => flag !== missing), args);
    const line = await process.errors.find((line) => /connected to|no connection|Requires/.test(line));
    assert.doesNotMatch(line, /connected to/, `connect works without ${missing}`);
  }
});
