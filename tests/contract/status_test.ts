/**
 * The status over HTTP, as a supervisor and Prometheus see it from outside.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, bridge, ECHO, initialize } from "../support/bridge.ts";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { freePort } from "../support/net.ts";
import { type Family, readMetrics, sumOf } from "../support/prometheus.ts";
import { startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

/** A process's status. */
class Status {
  readonly #port = freePort();

  /** The flag that makes a process show it here. */
  get flag(): string[] {
    return ["--status", `127.0.0.1:${this.#port}`];
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** Waits until `/readyz` answers with this status, and gives its text. */
  readiness(status: 200 | 503, text = /(?:)/): Promise<string> {
    return eventually(`/readyz is ${status} and says ${text}`, async () => {
      const answer = await this.get("/readyz").catch(() => undefined); // it may not listen yet
      return answer?.status === status && text.test(answer.text) && answer.text;
    }, 30_000);
  }

  async metrics(): Promise<(name: string) => number> {
    const { status, text } = await this.get("/metrics");
    assert.equal(status, 200);
    const families: Map<string, Family> = readMetrics(text);
    return (name) => sumOf(families, `mcp_mqtt_proxy_${name}`);
  }
}

const BROKERS: readonly [
  start: (port: number) => Promise<TestBroker>,
  declare: (name: string, body: () => Promise<void>) => void,
][] = [
  [(port) => embeddedBroker({ port }), (name, body) => Deno.test(`${name} [embedded]`, body)],
  [(port) => mosquitto({ port }), testOnMosquitto],
];

for (const [start, declare] of BROKERS) {
  declare("serve is not ready while its broker is away, and is again when it is back", async () => {
    const port = freePort();
    const status = new Status();
    const address = ["--broker", `mqtt://127.0.0.1:${port}`, "--name", "echo"];
    await using _serve = startProxy(["serve", ...status.flag, ...address, "--", ...ECHO]);
    const never = await status.readiness(503);
    assert.match(never, /^FAIL server echo: .*\nok +process of echo: can be started\n$/);
    const connections: number[] = [];
    for (let round = 0; round < 2; round++) {
      await using _broker = await start(port);
      assert.match(await status.readiness(200), /^ok +server echo: online on /);
      const number = await status.metrics();
      connections.push(number("broker_connections_total"));
      assert.ok(number("broker_connected") >= 1);
      await _broker[Symbol.asyncDispose]();
      await status.readiness(503, /FAIL server echo: offline on /);
      assert.equal((await status.get("/healthz")).status, 200);
      await eventually("no connection is counted", async () => (await status.metrics())("broker_connected") === 0);
    }
    const [first = 0, second = 0] = connections;
    assert.ok(first >= 1 && second > first);
  });
}

Deno.test("serve is not ready before the broker has acknowledged its subscriptions", async () => {
  await using broker = await embeddedBroker();
  const waiting: (() => void)[] = [];
  broker.aedes.authorizeSubscribe = (_client, subscription, done) => {
    waiting.push(() => done(null, subscription));
  };
  const status = new Status();
  const address = ["--broker", broker.url, "--name", "echo", "--profile", "request-response"];
  await using _serve = startProxy(["serve", ...status.flag, ...address, "--", ...ECHO]);
  await eventually("it has subscribed", () => waiting.length > 0);
  assert.match(await status.readiness(503), /^FAIL server echo: /);
  broker.aedes.authorizeSubscribe = (_client, subscription, done) => done(null, subscription);
  for (const grant of waiting.splice(0)) grant();
  await status.readiness(200);
});

testOnBrokers(
  "serve is not ready when one of its servers has no program, and does not put that online",
  async (broker) => {
    const status = new Status();
    const [command = "", ...args] = ECHO;
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(
        file,
        JSON.stringify({ mcpServers: { a: { command, args }, b: { command: "no-such-one" } } }),
      );
      await using serve = await startServe([...status.flag, "--broker", broker.url, "--config", file]);
      const text = await status.readiness(503, /ok +server a: online/);
      assert.match(
        text,
        /FAIL server b: not yet\nFAIL process of b: There is no program "no-such-one" to start: install/,
      );
      assert.ok(!serve.errors.seen.some((line) => line.includes("b is online")));
    } finally {
      await Deno.remove(file);
    }
  },
);

testOnBrokers(
  "serve is not ready any more when its process has exited and --restart forbids another",
  async (broker) => {
    const status = new Status();
    await using ends = await bridge(broker, { serve: [...status.flag, "--restart", "never"] });
    const pid = await initialize(ends.host);
    await status.readiness(200);
    Deno.kill(pid, "SIGKILL");
    assert.match(await status.readiness(503), /FAIL process of echo: .*it is not started again \(--restart never\)/);
  },
);

const NAMES: readonly [what: string, flags: readonly string[]][] = [
  ["its own name in the open convention", ["--name", "echo", "--server-name", "site/echo"]],
  ["nothing but a topic", ["--topic", "site/echo"]],
];

for (const [what, flags] of NAMES) {
  for (const profile of ["request-response", "mcp-over-mqtt", "auto"]) {
    Deno.test(`serve with ${what} is ready in --profile ${profile}`, async () => {
      await using broker = await embeddedBroker();
      const status = new Status();
      const args = [...status.flag, "--broker", broker.url, ...flags, "--profile", profile, "--", ...ECHO];
      await using _serve = await startServe(args);
      await status.readiness(200);
    });
  }
}

testOnBrokers("what both ends carry is counted at both, and is over when it is over", async (broker) => {
  const [ofServe, ofConnect] = [new Status(), new Status()];
  await using ends = await bridge(broker, { serve: ofServe.flag, connect: ofConnect.flag });
  await initialize(ends.host);
  for (let id = 1; id <= 10; id++) await ask(ends.host, id, "x");
  assert.match(await ofConnect.readiness(200), /^ok +broker: connected to /);
  for (const status of [ofServe, ofConnect]) {
    const number = await status.metrics();
    assert.equal(number("messages_total"), 11 + 12);
    assert.ok(number("message_bytes_total") > (11 + 12) * 20);
    assert.equal(number("requests_pending"), 0);
    assert.equal(number("messages_dropped_total"), 0);
    const [server] = JSON.parse((await status.get("/status.json")).text).servers;
    assert.deepEqual([server.name, server.online, server.calls, server.errors], ["echo", true, 11, 0]);
  }
  const { sessions: [session] } = JSON.parse((await ofServe.get("/status.json")).text);
  assert.deepEqual([session.server, session.profile, session.pending], ["echo", "request-response", 0]);
  assert.ok(session.pid > 0 && Date.parse(session.lastMessage) >= Date.parse(session.since));
  assert.match((await ofServe.get("/metrics")).text, /messages_total\{server="echo",profile="request-response",/);
  assert.equal((await ofServe.metrics())("sessions"), 1);
  assert.match((await ofServe.get("/")).text, /serve: ready<\/h1>/);
  await ends.host.closeInput();
  await ends.host.status;
  await eventually("the session is over", async () => (await ofServe.metrics())("sessions") === 0);
  const number = await ofServe.metrics();
  assert.deepEqual([number("sessions_total"), number("children_started_total")], [1, 1]);
  assert.equal(number("children_exited_total"), 0, "it was asked to");
});

Deno.test("connect is ready with the broker, whether or not a server is there", async () => {
  const port = freePort();
  const status = new Status();
  await using _host = startProxy(["connect", ...status.flag, "--broker", `mqtt://127.0.0.1:${port}`, "--name", "echo"]);
  await status.readiness(503, /^FAIL broker: /);
  {
    await using _broker = await embeddedBroker({ port });
    await status.readiness(200);
  }
  await status.readiness(503, /^FAIL broker: /);
});

Deno.test("connect stays ready when the broker does not let it use the profile that it does not need", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
    done(null, subscription.topic.startsWith("$mcp") ? null : subscription);
  const status = new Status();
  const address = ["--broker", broker.url, "--name", "echo"];
  await using host = startProxy(["connect", ...status.flag, ...address]);
  await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  await host.errors.find((line) => line.includes("$mcp-server"));
  assert.match(await status.readiness(200), /^ok +broker/);
});
