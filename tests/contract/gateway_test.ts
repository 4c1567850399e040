/**
 * The gateway as a host starts it: a process, before real `serve` processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fixture, type Process, startProxy, startServe } from "../support/proxy.ts";
import { ask, childrenOf, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../support/embedded_broker.ts";
import { isRunning } from "../support/processes.ts";
import { run } from "../support/command_line.ts";
import { eventually, within } from "../support/wait.ts";
import { freePort } from "../support/net.ts";
import { EVERYTHING } from "../support/packages.ts";

const CONFORMANCE = fixture("conformance_server.ts");

function serve(broker: TestBroker, name: string, ...more: readonly string[]): Promise<Process> {
  return startServe(["--broker", broker.url, "--name", name, ...more, "--", ...CONFORMANCE]);
}

async function gateway(broker: TestBroker, ...more: readonly string[]): Promise<Process> {
  const host = startProxy(["gateway", "--broker", broker.url, ...more]);
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const { result } = await ask(host, 0, "initialize", params);
  assert.match(result.serverInfo.name, /gateway/);
  await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  return host;
}

const READ = { name: "house__test_simple_text", arguments: {} };

testOnBrokers("a host has the tools of two servers, one of them in the open convention", async (broker) => {
  await using _house = await serve(broker, "house");
  await using _open = await serve(broker, "plant/line", "--profile", "mcp-over-mqtt");
  await using host = await gateway(broker);
  const { result } = await ask(host, 1, "tools/list");
  const names = result.tools.map(({ name }: { name: string }) => name);
  assert.ok(names.includes("house__test_simple_text") && names.includes("plant--line__test_simple_text"));
  for (const [id, name] of ["house__test_simple_text", "plant--line__test_simple_text"].entries()) {
    const answer = await ask(host, 10 + id, "tools/call", { name, arguments: {} });
    assert.match(answer.result.content[0].text, /simple text/);
  }
  await host.errors.find((line) => line.includes("the host sees the tools of all servers"));
  await host.closeInput();
  assert.equal((await host.status).code, 0);
});

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  Deno.test(`a gateway that is killed leaves no server process behind [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    const quick = ["--session-expiry", "1", "--profile", profile];
    await using one = await serve(broker, "house", ...quick);
    await using two = await serve(broker, "shed", ...quick);
    await using host = await gateway(broker);
    await ask(host, 1, "tools/list");
    await ask(host, 2, "tools/call", READ);
    const processes = [one, two].flatMap(childrenOf);
    assert.equal(processes.length, 2);
    host.kill("SIGKILL");
    for (const pid of processes) await eventually(`process ${pid} has ended`, () => !isRunning(pid));
  });
}

Deno.test("the death of one server touches its own calls only, and its name is in the error", async () => {
  await using broker = await embeddedBroker();
  await using _house = await serve(broker, "house");
  await using other = await startServe([
    "--broker",
    broker.url,
    "--name",
    "other",
    "--session-expiry",
    "1",
    "--",
    ...EVERYTHING,
  ]);
  await using host = await gateway(broker, "--session-expiry", "1");
  await ask(host, 1, "tools/list");
  const long = { name: "other__trigger-long-running-operation", arguments: { duration: 60, steps: 60 } };
  await host.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { ...long, _meta: { progressToken: "p" } } });
  await eventually(
    "the call is under way",
    async () => (await host.output.nextJson()).method === "notifications/progress",
  );
  other.kill("SIGKILL");
  const answer = await ask(host, 3, "tools/call", READ);
  assert.match(answer.result.content[0].text, /simple text/);
  const { error } = JSON.parse(await host.output.find((line) => line.includes('"id":2')));
  assert.match(error.message, /^other: .*\(the call may have run\)$/);
  assert.equal(error.data.server, "other");
});

Deno.test("calls move to another instance when the one that has the session is gone", async () => {
  await using broker = await embeddedBroker();
  const quick = ["--session-expiry", "1"];
  await using one = await serve(broker, "house", ...quick);
  await using two = await serve(broker, "house", ...quick);
  await using host = await gateway(broker, ...quick);
  await ask(host, 1, "tools/call", READ);
  const [first, second] = childrenOf(one).length > 0 ? [one, two] : [two, one];
  first.kill("SIGKILL");
  await eventually("the other instance has a session", async () => {
    const { result } = await ask(host, 2, "tools/call", READ);
    return result !== undefined && childrenOf(second).length > 0;
  });
});

Deno.test("a host that follows changes and then leaves is not waited for", async () => {
  await using broker = await embeddedBroker();
  await using host = startProxy(["gateway", "--broker", broker.url, "--end-timeout", "60"]);
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { notifications: { toolsListChanged: true }, _meta: meta };
  await host.send({ jsonrpc: "2.0", id: 1, method: "subscriptions/listen", params });
  assert.equal((await host.output.nextJson()).method, "notifications/subscriptions/acknowledged");
  await host.closeInput();
  assert.equal((await within("the end", host.status, 30_000)).code, 0);
});

Deno.test("an unused session ends, and the next call opens another", async () => {
  await using broker = await embeddedBroker();
  await using house = await serve(broker, "house");
  await using host = await gateway(broker, "--idle-timeout", "0.3");
  await ask(host, 1, "tools/call", READ);
  const [first = 0] = childrenOf(house);
  await eventually("the process of the session has ended", () => !isRunning(first));
  const answer = await ask(host, 2, "tools/call", READ);
  assert.match(answer.result.content[0].text, /simple text/);
  assert.equal(childrenOf(house).length, 2);
});

Deno.test("the status shows the fleet, and forgets who has gone", async () => {
  await using broker = await embeddedBroker();
  await using _house = await serve(broker, "house");
  const shed = await serve(broker, "shed");
  const port = freePort();
  await using host = await gateway(broker, "--status", String(port));
  await ask(host, 1, "tools/call", READ);
  const status = async () => await (await fetch(`http://127.0.0.1:${port}/status.json`)).json();
  type Shown = { name: string; online: boolean; sessions: number; calls: number; profiles: string[] };
  const servers = async () => (await status()).servers as Shown[];
  const both = await eventually("both are shown", async () => {
    const shown = await servers();
    return shown.length === 2 && shown;
  });
  const [used] = both.filter(({ name }) => name === "house");
  assert.ok(used?.online && used.calls > 0 && used.sessions === 1 && used.profiles.includes("request-response"));
  await shed[Symbol.asyncDispose]();
  await eventually("it is forgotten", async () => (await servers()).length === 1);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(metrics, /^mcp_mqtt_proxy_fleet_servers 1$/m);
});

Deno.test("call --gateway calls what a host would see, and lists it", async () => {
  await using broker = await embeddedBroker();
  await using _house = await serve(broker, "house");
  const at = ["call", "--gateway", "--broker", broker.url];
  const list = await run(...at);
  assert.match(list.output, /^house__test_simple_text/m);
  const call = await run(...at, "house__test_simple_text");
  assert.deepEqual([call.code, call.errors], [0, ""]);
  assert.match(call.output, /simple text/);
  const many = await run(...at, "--json", "call_many", "names=#", "tool=test_simple_text");
  assert.equal(JSON.parse(many.output).structuredContent.failed, 0);
  const none = await run(...at, "house__fly");
  assert.equal(none.code, 3);
  assert.match(none.errors, /No server that is online has a tool called "house__fly"/);
  const both = await run(...at, "--name", "house", "x");
  assert.equal(both.code, 2);
  const wrong = await run(...at, "--profile", "mcp-over-mqtt", "--mqtt-version", "4");
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /^error: --profile mcp-over-mqtt needs MQTT 5, .*\n.*call --help/);
});

Deno.test("config --gateway writes a line that starts the gateway, with its options", async () => {
  const written = await run(
    "config",
    "--for",
    "json",
    "--gateway",
    "--broker",
    "mqtt://b",
    "--",
    "--names",
    "a/#",
    "--confirm",
  );
  const { args } = JSON.parse(written.output).mcpServers.fleet;
  assert.deepEqual(args.slice(args.indexOf("gateway")), [
    "gateway",
    ...["--names", "a/#", "--confirm", "--broker", "mqtt://b"],
  ]);
  const elsewhere = await run(
    ...["config", "--for", "json", "--gateway", "--broker", "mqtt://b", "--username", "me", "--", "--names", "a/#"],
    ...["--broker", "wss://elsewhere", "--proxy", "http://proxy:3128", "--username", "you"],
  );
  const line = JSON.parse(elsewhere.output).mcpServers.fleet.args.join(" ");
  assert.ok(line.includes(" --allow-net=elsewhere:443,proxy:3128 "), line);
  assert.ok(line.includes(" --broker wss://elsewhere ") && line.includes(" --username you"), line);
  assert.match(elsewhere.errors, /a username without a password/);
  const withPassword = await run(
    ...["config", "--for", "json", "--gateway", "--username", "me", "--", "--password-command", "echo x"],
  );
  assert.match(withPassword.output, /--allow-run=/);
  assert.ok(!withPassword.errors.includes("without a password"), withPassword.errors);
  const wrong: [string[], RegExp][] = [
    [["--", "--nope"], /are options of gateway, and "--nope" are not/],
    [["--name", "x"], /gateway has no --name/],
    [["--tools"], /exclude each other/],
    [["--", "--mode", "x"], /--mode must be one of/],
    [["--read-only"], /for the gateway: put it behind --/],
  ];
  for (const [more, problem] of wrong) {
    const { code, errors } = await run("config", "--for", "json", "--gateway", ...more);
    assert.equal(code, 2);
    assert.match(errors, problem);
  }
});

Deno.test("a broker that cannot be reached is told, and the host goes on", async () => {
  await using host = startProxy(["gateway", "--broker", `mqtt://127.0.0.1:${freePort()}`, "--connect-timeout", "0.3"]);
  await initialize(host).catch(() => {});
  const { error } = await ask(host, 1, "tools/list");
  assert.match(error.message, /cannot be reached/);
});

Deno.test("a broker that comes later than the host is used, and the host is told of its servers", async () => {
  const port = freePort();
  await using host = startProxy(["gateway", "--broker", `mqtt://127.0.0.1:${port}`, "--connect-timeout", "1"]);
  await initialize(host);
  assert.match((await ask(host, 1, "tools/list")).error.message, /cannot be reached/);
  await using broker = await embeddedBroker({ port });
  await eventually("the fleet is empty, and not out of reach", async () => {
    return (await ask(host, 2, "tools/list")).result?.tools.length === 0;
  });
  await using _house = await serve(broker, "house");
  await host.output.find((line) => line.includes("notifications/tools/list_changed"));
  assert.ok((await ask(host, 3, "tools/list")).result.tools.length > 0);
});
