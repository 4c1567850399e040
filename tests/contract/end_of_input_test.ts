/** What happens when a host has said its last word: the same as without the proxy. @module */
import assert from "node:assert/strict";
import { bridge, childrenOf, ECHO, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { isRunning } from "../support/processes.ts";
import { Process } from "../support/proxy.ts";
import { eventually, within } from "../support/wait.ts";

/** A server that takes its time to start, answers late, and says something when its input has ended. */
const LATE = [
  "python3",
  "-c",
  `
import json, sys, time
time.sleep(2)
def say(message):
    print(json.dumps(message), flush=True)
asked = [json.loads(line) for line in sys.stdin]
for message in asked:
    if message["method"] != "hang":
        say({"jsonrpc": "2.0", "id": message["id"], "result": {}})
say({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "bye"}})
`,
];

const LAST_WORDS = ["ping", "hang", "tools/list"].map((method, id) => ({ jsonrpc: "2.0", id, method }));

/** Says the last words, and what comes until the process has ended. */
async function conversation(process: Process): Promise<string[]> {
  for (const message of LAST_WORDS) await process.send(message);
  await process.closeInput();
  const { code } = await within("the exit", process.status, 20_000);
  assert.equal(code, 0);
  await process.output.ended;
  return process.output.seen;
}

testOnBrokers("what comes after the end of input is what comes without the proxy", async (broker) => {
  await using direct = new Process(LATE);
  const expected = await conversation(direct);
  assert.equal(expected.length, 3);
  await using ends = await bridge(broker, { command: LATE });
  assert.deepEqual(await conversation(ends.host), expected);
  assert.deepEqual(ends.serve.errors.seen.filter((line) => /exited|error/.test(line)), []);
});

Deno.test("a server that answers nothing after the end of input is ended after --end-timeout, on either side", async () => {
  await using broker = await embeddedBroker();
  for (const side of ["serve", "connect"] as const) {
    await using ends = await bridge(broker, { command: [...ECHO, "stubborn"], [side]: ["--end-timeout", "1"] });
    await initialize(ends.host);
    await ends.host.send({ jsonrpc: "2.0", id: 1, method: "hang" });
    const before = performance.now();
    await ends.host.closeInput();
    assert.equal((await within("the exit", ends.host.status, 14_000)).code, 0);
    assert.ok(performance.now() - before >= 1_000);
    for (const pid of childrenOf(ends.serve)) await eventually("the server is gone", () => !isRunning(pid));
    await ends.host.output.ended;
    assert.equal(ends.host.output.seen.length, 1, "nobody answers in its place");
  }
});

Deno.test("without anything under way, a server is ended as the MCP SDKs do it, at once", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker, { command: [...ECHO, "patient"] });
  await initialize(ends.host);
  await ends.host.closeInput();
  assert.equal((await within("the exit", ends.host.status, 10_000)).code, 0);
  for (const pid of childrenOf(ends.serve)) await eventually("the server is gone", () => !isRunning(pid));
});

Deno.test("who asks connect to end does not wait for answers", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker, { command: [...ECHO, "patient"] });
  await initialize(ends.host);
  await ends.host.send({ jsonrpc: "2.0", id: 1, method: "hang" });
  await ends.host.closeInput();
  ends.host.kill("SIGTERM");
  assert.equal((await within("the exit", ends.host.status, 5_000)).code, 0);
});

testOnBrokers("in the open convention, what was asked before the end of input is answered", async (broker) => {
  const args = ["--profile", "mcp-over-mqtt", "--end-timeout", "4"];
  await using ends = await bridge(broker, { command: [...ECHO, "patient"], serve: args, connect: args });
  await ends.host.send({ jsonrpc: "2.0", id: 1, method: "slow", params: { ms: 2_500 } });
  await ends.host.send({ jsonrpc: "2.0", id: 2, method: "hang" });
  await ends.host.closeInput();
  assert.equal((await within("the exit", ends.host.status, 15_000)).code, 0);
  await ends.host.output.ended;
  const [first, second] = ends.host.output.seen.map((line) => JSON.parse(line));
  assert.deepEqual(first.result, { slept: 2_500 });
  assert.equal(second.error.data.reason, "session-ended");
});
