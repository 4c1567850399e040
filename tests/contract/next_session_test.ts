/**
 * What a host says around the end of a session reaches the next one, as if there were one server all the time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, bridge, ECHO, initialize } from "../support/bridge.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

const INITIALIZE = {
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  const connect = ["--profile", profile];

  Deno.test(`initialize right behind what makes the server exit opens the next session [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    await using ends = await bridge(broker, { connect });
    for (const round of [1, 2, 3]) {
      await ends.host.send({ jsonrpc: "2.0", id: `probe-${round}`, method: "exit", params: { code: 1 } });
      await ends.host.send({ jsonrpc: "2.0", id: round, ...INITIALIZE });
      const answer = await ends.host.output.find((line) => line.includes(`"id":${round},`), 30_000);
      assert.match(answer, /"serverInfo"/);
      const probe = await ends.host.output.find((line) => line.includes(`"probe-${round}"`));
      assert.match(probe, /"reason":"child-exited"/);
    }
  });

  Deno.test(`initialize behind a request that is never answered is answered [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    await using ends = await bridge(broker, { connect });
    await ends.host.send({ jsonrpc: "2.0", id: "probe", method: "hang" });
    const pid = await initialize(ends.host);
    assert.deepEqual((await ask(ends.host, 1, "received")).result.received, [
      "hang",
      "initialize",
      "notifications/initialized",
      "received",
    ]);
    assert.equal(typeof pid, "number");
  });

  Deno.test(`what the host has set is set in the next process too [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    await using ends = await bridge(broker, { connect });
    await initialize(ends.host);
    await ask(ends.host, 1, "logging/setLevel", { level: "debug" });
    await ask(ends.host, 2, "resources/subscribe", { uri: "file:///a" });
    await ask(ends.host, 3, "exit", { code: 1 });
    // In the open convention, a request that crosses the end of its session on the way is answered by that.
    const { received } = await eventually("there is another process", async () => {
      return (await ask(ends.host, 4, "received")).result;
    });
    assert.deepEqual(received, [
      "initialize",
      "notifications/initialized",
      "logging/setLevel",
      "resources/subscribe",
      "received",
    ]);
    const answers = ends.host.output.seen.map((line) => JSON.parse(line)).filter(({ method }) => method === undefined);
    assert.deepEqual(answers.slice(0, 5).map(({ id }) => id), [0, 1, 2, 3, 4]);
    assert.deepEqual(answers.slice(5).filter(({ id }) => id !== 4), []);
  });

  Deno.test(`every request of a batch is answered when its server exits [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    await using ends = await bridge(broker, { connect });
    await initialize(ends.host);
    const batch = ["a", "b"].map((id) => ({ jsonrpc: "2.0", id, method: "x" })); // which this server does not answer
    await ends.host.send(batch);
    await ends.host.send({ jsonrpc: "2.0", id: "exit", method: "exit", params: { code: 1 } });
    for (const id of ["a", "b", "exit"]) {
      assert.match(await ends.host.output.find((line) => line.includes(`"id":"${id}"`)), /"reason":"child-exited"/);
    }
  });

  Deno.test(`a call that is cancelled before there is a server does not run [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    const address = ["--broker", broker.url, "--name", "echo", ...connect];
    await using host = startProxy(["connect", ...address, "--connect-timeout", "60"]);
    await host.send({ jsonrpc: "2.0", id: 1, method: "never" });
    await host.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    await host.send({ jsonrpc: "2.0", id: 2, method: "received" });
    await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
    const answer = await host.output.nextJson();
    assert.deepEqual([answer.id, answer.result.received], [2, ["received"]]);
  });
}
