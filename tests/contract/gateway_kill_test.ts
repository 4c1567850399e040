/**
 * What is left of a gateway that is killed: nothing.
 *
 * @module
 */
import { ask, childrenOf } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { isRunning, kill } from "../support/processes.ts";
import { fixture, startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";
import assert from "node:assert/strict";

const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "test", version: "1" },
};

testOnBrokers("a gateway that is killed leaves no server process behind, in either profile", async (broker) => {
  const address = ["--broker", broker.url];
  const serve = (name: string, profile: string) =>
    startServe([
      ...[...address, "--name", name, "--profile", profile, "--session-expiry", "1"],
      ...["--", ...fixture("tools_server.ts")],
    ]);
  await using one = await serve("home/one", "request-response");
  await using two = await serve("home/two", "request-response");
  await using open = await serve("home/open", "mcp-over-mqtt");
  await using gateway = startProxy(["gateway", ...address]);
  await ask(gateway, 0, "initialize", INITIALIZE);
  await gateway.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  for (const name of ["one", "two", "open"]) {
    const params = { name: `home--${name}__add`, arguments: { a: 1, b: 2 } };
    const { result } = await ask(gateway, name, "tools/call", params);
    assert.deepEqual(result.structuredContent, { sum: 3 });
  }
  const pids = [one, two, open].flatMap((server) => childrenOf(server));
  assert.equal(pids.length, 3);
  kill(gateway.pid);
  for (const pid of pids) await eventually(`process ${pid} is gone`, () => !isRunning(pid));
});

testOnBrokers("a gateway whose host has gone ends its sessions, also those that are not open yet", async (broker) => {
  const address = ["--broker", broker.url];
  await using server = await startServe([...address, "--name", "one", "--", ...fixture("tools_server.ts")]);
  await using mute = await startServe([...address, "--name", "mute", "--", "sleep", "1000"]);
  await using gateway = startProxy(["gateway", ...address, "--mode", "tools"]);
  await ask(gateway, 0, "initialize", INITIALIZE);
  await gateway.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  const { result } = await ask(gateway, 1, "tools/list");
  assert.ok(result.tools.length > 3);
  const pids = [server, mute].flatMap((server) => childrenOf(server));
  assert.equal(pids.length, 2);
  await gateway.closeInput();
  assert.equal((await gateway.status).code, 0);
  for (const pid of pids) await eventually(`process ${pid} is gone`, () => !isRunning(pid));
});
