import assert from "node:assert/strict";
import { testOnBrokers } from "../support/brokers.ts";
import type { TestBroker } from "../support/embedded_broker.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { fixture, type Process, startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

/** Starts `serve`, and waits until it is online in the open convention. */
async function serve(broker: TestBroker, ...options: string[]): Promise<Process> {
  const args = ["--broker", broker.url, "--name", "echo", ...options];
  const process = await startServe([...args, "--", ...fixture("echo_server.ts")]);
  await process.errors.find((line) => line.includes("online on $mcp-server"));
  return process;
}

function connect(broker: TestBroker, ...options: string[]): Process {
  return startProxy(["connect", "--broker", broker.url, "--name", "echo", ...options]);
}

/** Opens the conversation. Resolves with the process id of the server. */
async function initialize(host: Process): Promise<number> {
  await host.send({ jsonrpc: "2.0", id: "i", method: "initialize", params: { protocolVersion: "2025-06-18" } });
  const { result } = await host.output.nextJson();
  await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  return result.serverInfo.pid;
}

/** Fails unless nothing is retained any more, in either profile. */
async function assertNoPresence(broker: TestBroker): Promise<void> {
  await using late = await MqttPeer.connect(broker.url);
  await late.subscribe("#");
  await late.subscribe("$mcp-server/#");
  await late.publish("end", "");
  assert.equal((await late.next()).topic, "end");
}

function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

const CONVENTION = ["--profile", "mcp-over-mqtt"];

testOnBrokers("kill -9 of serve: the broker takes the presence back and the host hears why", async (broker) => {
  await using server = await serve(broker, ...CONVENTION);
  await using host = connect(broker, ...CONVENTION);
  const child = await initialize(host);
  await host.send({ jsonrpc: "2.0", id: 1, method: "slow", params: { ms: 60_000 } });
  await host.send({ jsonrpc: "2.0", id: 2, method: "ping" });
  assert.equal((await host.output.nextJson()).id, 2);
  server.kill("SIGKILL");
  const { id, error } = await host.output.nextJson();
  assert.equal(id, 1);
  assert.equal(error.data.reason, "server-gone");
  await eventually("the end of the server's process", () => !isRunning(child));
  await assertNoPresence(broker);
});

testOnBrokers(
  "kill -9 of serve: connect goes on with another instance, and tells the host that lists may differ",
  async (broker) => {
    await using first = await serve(broker, ...CONVENTION);
    await using host = connect(broker, ...CONVENTION);
    await initialize(host);
    await using second = await serve(broker, ...CONVENTION);
    first.kill("SIGKILL");
    const changes = [await host.output.nextJson(), await host.output.nextJson()];
    assert.deepEqual(changes.map(({ method }) => method), [
      "notifications/tools/list_changed",
      "notifications/resources/list_changed",
    ]);
    await host.send({ jsonrpc: "2.0", id: 3, method: "hello" });
    assert.equal((await host.output.nextJson()).id, 3);
    await second.errors.find((line) => line.includes(" opened"));
  },
);

testOnBrokers("kill -9 of connect: serve ends the session and its process", async (broker) => {
  await using server = await serve(broker, ...CONVENTION);
  await using host = connect(broker, ...CONVENTION);
  const child = await initialize(host);
  host.kill("SIGKILL");
  await server.errors.find((line) => line.includes("ended: the client has left"));
  await eventually("the end of the server's process", () => !isRunning(child));
});

testOnBrokers("serve holds both profiles, and takes both presences back when it is asked to end", async (broker) => {
  await using watcher = await MqttPeer.connect(broker.url);
  await watcher.subscribe("mcp/echo/presence/+");
  await watcher.subscribe("$mcp-server/presence/+/echo");
  await using server = await serve(broker);
  await eventually("both presences", () => watcher.packets.length === 2);
  server.kill("SIGTERM");
  assert.equal((await server.status).code, 0);
  await eventually("both goodbyes", () => watcher.packets.length === 4);
  assert.deepEqual(watcher.packets.slice(2).map(({ payload }) => payload), ["", ""]);
  await assertNoPresence(broker);
});

testOnBrokers("connect finds a server again that comes back in the other profile", async (broker) => {
  await using host = connect(broker);
  {
    await using _server = await serve(broker, ...CONVENTION);
    await initialize(host);
  }
  await using _server = await startServe([
    ...["--broker", broker.url, "--name", "echo", "--profile", "request-response", "--"],
    ...fixture("echo_server.ts"),
  ]);
  // The host's next request may come before the new session is ready; then it waits for it.
  await host.send({ jsonrpc: "2.0", id: 3, method: "hello" });
  await host.output.find((line) => line.startsWith('{"jsonrpc":"2.0","id":3,"result"'));
});

testOnBrokers("a client over --max-sessions gets an error, and is served when there is room", async (broker) => {
  await using _server = await serve(broker, ...CONVENTION, "--max-sessions", "1");
  await using first = connect(broker, ...CONVENTION);
  await initialize(first);
  await using second = connect(broker, ...CONVENTION);
  const begin = { jsonrpc: "2.0", id: "i", method: "initialize", params: {} };
  await second.send(begin);
  assert.equal((await second.output.nextJson()).error.data.reason, "too-many-sessions");
  await first.closeInput();
  assert.equal((await first.status).code, 0);
  await second.send(begin);
  assert.equal((await second.output.nextJson()).result.serverInfo.name, "echo");
});
