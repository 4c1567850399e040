import assert from "node:assert/strict";
import { dirname } from "node:path";
import metadata from "../../deno.json" with { type: "json" };
import { assertRuns, bundle, compile, executableName } from "../../scripts/support/executable.ts";
import { allDeclarations } from "../../src/cli/commands.ts";
import { type EmbeddedBroker, embeddedBroker } from "../support/embedded_broker.ts";
import { fixture, Process } from "../support/proxy.ts";

const COMMANDS = await allDeclarations();

const ECHO = fixture("echo_server.ts");

/** What an executable of the program needs of its surroundings: nothing. */
const NOWHERE = Deno.makeTempDirSync({ prefix: "mcp-mqtt-proxy-empty-" });
globalThis.addEventListener("unload", () => Deno.removeSync(NOWHERE, { recursive: true }));

const HAS_TOOLS = COMMANDS.some(({ name }) => name === "tools");

const executable = await findExecutable();
const ignore = executable === undefined;
const needs = ignore ? ` (needs the compile runtime of Deno ${Deno.version.deno}: DENORT_BIN or a network)` : "";

/** The executable that MCP_MQTT_PROXY_EXECUTABLE names, or one that is made now, if that can be. */
async function findExecutable(): Promise<string | undefined> {
  const given = Deno.env.get("MCP_MQTT_PROXY_EXECUTABLE");
  if (given) return await Deno.realPath(given);
  if (!await runtimeIsThere()) return undefined;
  const directory = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-executable-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  const file = `${directory}/${executableName()}`;
  await compile(await bundle(`${directory}/bundle`), file);
  await assertRuns(file);
  return file;
}

/** Whether this Deno can compile at all: it needs a runtime of exactly its own version, from `DENORT_BIN` or the web. */
async function runtimeIsThere(): Promise<boolean> {
  const directory = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-runtime-" });
  try {
    await Deno.writeTextFile(`${directory}/main.js`, 'console.log("it runs");');
    await compile(`${directory}/main.js`, `${directory}/${executableName()}`);
    const { stdout } = await new Deno.Command(`${directory}/${executableName()}`, { stdin: "null" }).output();
    return new TextDecoder().decode(stdout).trim() === "it runs";
  } catch {
    return false;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Starts the executable in an empty directory, with a PATH that leads nowhere. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
  return new Process([executable ?? "", ...args], { cwd: NOWHERE, env: { PATH: NOWHERE, ...env } });
}

/** Starts `serve` of the executable, and waits until it is online. */
async function startServe(
  args: readonly string[],
  command: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Process> {
  const serve = start(["serve", ...args, "--log-level", "info", "--", ...command], env);
  await serve.errors.find((line) => line.includes("is online"));
  return serve;
}

Deno.test({
  name: `the executable tells its version${needs}`,
  ignore,
  fn: async () => {
    await using process = start(["--version"]);
    assert.equal(await process.output.next(), metadata.version);
    assert.equal((await process.status).code, 0);
  },
});

Deno.test({
  name: `the executable refuses a wrong command line with exit code 2${needs}`,
  ignore,
  fn: async () => {
    await using process = start(["serve", "--qos", "7"]);
    assert.equal((await process.status).code, 2);
    await process.errors.find((line) => line.includes("--qos"));
  },
});

Deno.test({
  name: `the executable leaves no file behind, and so finds none that others have put there${needs}`,
  ignore,
  fn: async () => {
    await using broker = await embeddedBroker();
    const directory = await Deno.makeTempDir();
    try {
      const env = Object.fromEntries(
        ["HOME", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME"].map((name) => [name, directory]),
      );
      for (const _ of ["the first time", "the second time"]) {
        await using process = start(["list", "--broker", broker.url, "--wait", "0"], env);
        assert.equal((await process.status).code, 0);
        assert.deepEqual(await Array.fromAsync(Deno.readDir(directory)), []);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  name: `executables at both ends carry requests, large ones too${needs}`,
  ignore,
  fn: async () => {
    await using broker = await embeddedBroker();
    const address = ["--broker", broker.url, "--name", "echo"];
    await using serve = await startServe(address, ECHO);
    await using host = start(["connect", ...address]);
    await host.send({ jsonrpc: "2.0", id: "a", method: "ping" });
    assert.deepEqual(await host.output.nextJson(), { jsonrpc: "2.0", id: "a", result: {} });
    await host.send({ jsonrpc: "2.0", id: "b", method: "large", params: { bytes: 1_000_000 } });
    assert.equal((await host.output.nextJson()).result.text.length, 1_000_000);
    await host.closeInput();
    assert.equal((await host.status).code, 0);
    serve.kill("SIGTERM");
    assert.equal((await serve.status).code, 0);
  },
});

Deno.test({
  name: `serve of the executable hands the variables of --pass-env to the server process${needs}`,
  ignore,
  fn: async () => {
    await using broker = await embeddedBroker();
    const address = ["--broker", broker.url, "--name", "echo"];
    const env = { GREETING: "hello", MQTT_PASSWORD: "secret", MQTT_USERNAME: "somebody" };
    await using _serve = await startServe([...address, "--pass-env", "GREETING"], ECHO, env);
    await using host = start(["connect", ...address]);
    await host.send({ jsonrpc: "2.0", id: 1, method: "environment" });
    const { environment } = (await host.output.nextJson()).result;
    assert.equal(environment.GREETING, "hello");
    assert.equal(environment.MQTT_PASSWORD, undefined);
  },
});

/** What `config` prints for a host whose file is `scope`'s, run by the executable under another path. */
async function configured(path: string, scope: string, env: Readonly<Record<string, string>>): Promise<unknown> {
  const args = ["config", "--for", "cursor", "--scope", scope, "--name", "files"];
  await using process = new Process([path, ...args], { cwd: NOWHERE, env });
  assert.equal((await process.status).code, 0);
  await process.output.ended;
  return JSON.parse(process.output.seen.join("\n")).mcpServers.files;
}

Deno.test({
  name: `config of the executable writes a line that goes on working, and names no path in a project's file${needs}`,
  ignore: ignore || Deno.build.os === "windows",
  fn: async () => {
    const directory = await Deno.realPath(await Deno.makeTempDir());
    const args = ["connect", "--name", "files", "--broker", "mqtt://127.0.0.1:1883"];
    try {
      const paths = [`${directory}/bin/mcp-mqtt-proxy`, `${directory}/_npx/1/mcp-mqtt-proxy`] as const;
      for (const path of paths) {
        await Deno.mkdir(dirname(path), { recursive: true });
        await Deno.copyFile(executable ?? "", path);
      }
      const [installed, cached] = paths;
      const env = { HOME: directory, PATH: NOWHERE };
      const onPath = { HOME: directory, PATH: dirname(installed) };
      assert.deepEqual(await configured(installed, "user", onPath), { command: installed, args });
      assert.deepEqual(await configured(installed, "project", env), { command: installed, args });
      assert.deepEqual(await configured(installed, "project", onPath), { command: "mcp-mqtt-proxy", args });
      const npx = { command: "npx", args: ["-y", "mcp-mqtt-proxy", ...args] };
      for (const scope of ["user", "project"]) assert.deepEqual(await configured(cached, scope, env), npx);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** Gives an SMCP server the login of `broker`, and then speaks MCP with it until a tool was called. */
async function callTool(server: Process, broker: EmbeddedBroker): Promise<void> {
  assert.equal(await server.output.next(), "+READY");
  await server.send({ MQTT_BROKER: "127.0.0.1", MQTT_PORT: String(broker.port) });
  assert.equal(await server.output.next(), "+OK");
  await publishByTool(server, broker);
}

/** The first steps of a host, up to a call of `publish` that arrives at the broker. */
async function publishByTool(server: Process, broker: EmbeddedBroker): Promise<void> {
  const published = new Promise<string>((resolve) => {
    broker.aedes.on("publish", ({ topic, payload }) => topic === "lamp/set" && resolve(payload.toString()));
  });
  const clientInfo = { name: "test", version: "1" };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
  await server.send({ jsonrpc: "2.0", id: 0, method: "initialize", params });
  assert.equal((await server.output.nextJson()).id, 0);
  await server.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  const call = { name: "publish", arguments: { topic: "lamp/set", message: "on" } };
  await server.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: call });
  assert.notEqual((await server.output.nextJson()).result.isError, true);
  assert.equal(await published, "on");
}

Deno.test({
  name: `tools of the executable gets its login by SMCP, and publishes${needs}`,
  ignore: ignore || !HAS_TOOLS,
  fn: async () => {
    await using broker = await embeddedBroker();
    await using server = start(["tools"]);
    await callTool(server, broker);
  },
});

Deno.test({
  name: `the executable called mqtt-smcp-server is that server, without any argument${needs}`,
  ignore: ignore || !HAS_TOOLS || Deno.build.os === "windows",
  fn: async () => {
    await using broker = await embeddedBroker();
    const link = `${NOWHERE}/mqtt-smcp-server`;
    await Deno.link(executable ?? "", link);
    try {
      await using server = new Process([link], { cwd: NOWHERE, env: { PATH: NOWHERE } });
      await callTool(server, broker);
    } finally {
      await Deno.remove(link);
    }
  },
});

Deno.test({
  name: `launch of the executable gives its own tools their login${needs}`,
  ignore: ignore || !HAS_TOOLS,
  fn: async () => {
    await using broker = await embeddedBroker();
    const env = { CRED_MQTT_BROKER: "127.0.0.1", CRED_MQTT_PORT: String(broker.port) };
    await using server = start(["launch", "--credentials-env", "CRED_", "--", executable ?? "", "tools"], env);
    await publishByTool(server, broker);
  },
});
