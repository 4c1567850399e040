/**
 * Several `serve` of one name: whatever the broker can do, no call runs twice.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import type { TestBroker } from "../support/embedded_broker.ts";
import { keyFiles } from "../support/keys.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { type Process, startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

const BASE = "mcp/counter";
const COUNTER = new URL("../faults/counter_server.ts", import.meta.url).pathname;

/** How the two ends are started, in each way in which the broker does not choose an instance. */
const WAYS = [
  ["on MQTT 3.1.1", ["--mqtt-version", "4"], ["--mqtt-version", "4"]],
  ["with a serve on MQTT 3.1.1 and a connect on MQTT 5", ["--mqtt-version", "4"], []],
  ["with a connect on MQTT 3.1.1 and a serve on MQTT 5", [], ["--mqtt-version", "4"]],
  ["with --no-share", ["--no-share"], []],
  ["with --no-share, sealed by one key", ["--no-share", "SEALED"], ["SEALED"]],
] as const;

/** The arguments with those of the keys in their place. */
function withKeys(args: readonly string[], keys: readonly string[]): readonly string[] {
  return args.flatMap((arg) => arg === "SEALED" ? keys : [arg]);
}

/** Two instances, and how often each call ran on them. */
class Instances implements AsyncDisposable {
  readonly #file = Deno.makeTempFileSync();
  readonly #started: Process[] = [];

  async start(broker: TestBroker, clientId: string, args: readonly string[]): Promise<Process> {
    const command = [Deno.execPath(), "run", "-A", "--no-check", COUNTER, this.#file];
    const address = ["--broker", broker.url, "--name", "counter", "--profile", "request-response"];
    const serve = await startServe([...address, "--client-id", clientId, ...args, "--", ...command]);
    this.#started.push(serve);
    return serve;
  }

  /** The numbers of the calls that ran, in order. */
  async ran(): Promise<number[]> {
    const lines = (await Deno.readTextFile(this.#file)).split("\n").filter((line) => line !== "");
    return lines.map(Number).toSorted((a, b) => a - b);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((serve) => serve[Symbol.asyncDispose]()));
    await Deno.remove(this.#file);
  }
}

const call = (number: number) => ({ name: "count", arguments: { number } });

for (const [way, serveArgs, connectArgs] of WAYS) {
  testOnBrokers(`two instances ${way}: each call runs once, also when one is killed`, async (broker) => {
    await using instances = new Instances();
    await using keys = await keyFiles();
    const killed = await instances.start(broker, "a", withKeys(serveArgs, keys.serve));
    await instances.start(broker, "b", withKeys(serveArgs, keys.serve));
    const address = ["--broker", broker.url, "--name", "counter", "--profile", "request-response"];
    const options = ["--session-expiry", "0.2", "--pick", "first"];
    await using host = startProxy(["connect", ...address, ...options, ...withKeys(connectArgs, keys.connect)]);
    const numbers = Array.from({ length: 9 }, (_, index) => index + 1);
    await host.send({ jsonrpc: "2.0", id: 0, method: "initialize", params: {} });
    assert.ok((await host.output.nextJson()).result !== undefined);
    await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    for (const number of numbers) assert.ok((await ask(host, number, "tools/call", call(number))).result);
    assert.deepEqual(await instances.ran(), numbers);
    // What the killed one cannot answer any more is answered by an error, and the other takes over.
    killed.kill("SIGKILL");
    await killed.status;
    await eventually(
      "the other instance answers",
      async () => (await ask(host, performance.now(), "ping")).result !== undefined,
    );
    assert.ok((await ask(host, 11, "tools/call", call(11))).result);
    assert.deepEqual(await instances.ran(), [...numbers, 11]);
  });
}

testOnBrokers("two instances on MQTT 3.1.1: a plain requester gets one answer, whoever is there", async (broker) => {
  await using instances = new Instances();
  const version = ["--mqtt-version", "4"];
  const first = await instances.start(broker, "a", version);
  await instances.start(broker, "b", version);
  await using client = await TestClient.connect(broker.url, { protocolVersion: 4 }, `${BASE}/response/me`, "marker");
  const answers = async (number: number) => {
    const message = JSON.stringify({ jsonrpc: "2.0", id: number, method: "tools/call", params: call(number) });
    await client.publish(`${BASE}/request/me`, message, { qos: 1 });
    await client.arrival(`answer ${number} is there`, ({ text }) => text.includes(`"id":${number},`));
    await eventually("the call ran", async () => (await instances.ran()).includes(number));
  };
  await answers(1);
  first.kill("SIGKILL");
  await first.status;
  await using watcher = await TestClient.connect(broker.url, {}, `${BASE}/presence/#`);
  await watcher.arrival("the other one is there", ({ topic }) => topic.endsWith("/b"));
  await eventually("the first is gone", async () => {
    await using late = await TestClient.connect(broker.url, {}, `${BASE}/presence/#`);
    await late.arrival("the other one is there", ({ topic }) => topic.endsWith("/b"));
    return late.arrivals.length === 1;
  });
  await answers(2);
  await instances.start(broker, "a", version);
  await answers(3);
  assert.deepEqual(await instances.ran(), [1, 2, 3]);
});
