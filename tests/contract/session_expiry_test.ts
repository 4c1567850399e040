/**
 * How long each end waits for the other when that has gone without a goodbye.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bridge, childrenOf, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { isRunning } from "../support/processes.ts";
import { eventually } from "../support/wait.ts";

const PROFILE = ["--profile", "request-response"];

testOnBrokers("serve waits for a client that was killed as long as --session-expiry says", async (broker) => {
  await using pair = await bridge(broker, { serve: [...PROFILE, "--session-expiry", "0.5"], connect: PROFILE });
  await initialize(pair.host);
  const [child = 0] = childrenOf(pair.serve);
  assert.ok(isRunning(child));
  pair.host.kill("SIGKILL");
  // By default it takes 15 s.
  await pair.serve.errors.find((line) => line.includes("ended: The client has gone without a goodbye"), 10_000);
  await eventually("the server process has ended", () => !isRunning(child));
});

testOnBrokers("connect waits for a server that was killed as long as --session-expiry says", async (broker) => {
  const options = [...PROFILE, "--session-expiry", "7"];
  await using pair = await bridge(broker, { serve: PROFILE, connect: options });
  await initialize(pair.host);
  await pair.host.send({ jsonrpc: "2.0", id: 1, method: "hang" });
  const [child = 0] = childrenOf(pair.serve);
  pair.serve.kill("SIGKILL");
  const before = performance.now();
  const { error } = await pair.host.output.nextJson();
  assert.equal(error.data.reason, "server-gone");
  assert.ok(performance.now() - before > 6_000); // the default is 5 s
  await eventually("the server process has seen its stdin end", () => !isRunning(child));
});
