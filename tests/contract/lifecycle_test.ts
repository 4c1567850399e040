/**
 * How both ends come, go and come back, and what they leave behind: nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, bridge, childrenOf, ECHO, initialize } from "../support/bridge.ts";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { freePort } from "../support/net.ts";
import { isRunning, kill } from "../support/processes.ts";
import { fixture, type Process, PROXY_COMMAND, startProxy, startServe } from "../support/proxy.ts";
import { scratchDirectory } from "../support/smcp.ts";
import { eventually, within } from "../support/wait.ts";

const STUBBORN = [...ECHO, "stubborn"];

/** A client that tells its process id and reads nothing. */
const CLIENT = "trap '' TERM; echo client $$ >&2; while :; do sleep 60; done";

/** How long an end that should take two seconds may take here, in ms: the machine may have other things to do. */
const SOON = 5_000;

async function exitCode(process: Process, limit = SOON): Promise<number> {
  return (await within("the exit", process.status, limit)).code;
}

async function gone(...pids: number[]): Promise<void> {
  for (const pid of pids) await eventually(`process ${pid} is gone`, () => !isRunning(pid));
}

/** What is retained of the presence of the server `echo`. */
async function presence(broker: TestBroker): Promise<string[]> {
  await using client = await TestClient.connect(broker.url, {}, "mcp/echo/presence/+", "marker");
  await client.publish("marker", "");
  await client.arrival("the marker is there", ({ topic }) => topic === "marker");
  return client.arrivals.filter(({ topic }) => topic !== "marker").map(({ text }) => text);
}

const STARTS: readonly [
  start: (port: number) => Promise<TestBroker>,
  declare: (name: string, body: () => Promise<void>) => void,
][] = [
  [(port) => embeddedBroker({ port }), (name, body) => Deno.test(`${name} [embedded]`, body)],
  [(port) => mosquitto({ port }), testOnMosquitto],
];

for (const [start, declare] of STARTS) {
  declare(
    "connect is there before the broker and the server, and works by itself once they come, and come back",
    async () => {
      const port = freePort();
      const address = ["--broker", `mqtt://127.0.0.1:${port}`, "--name", "echo", "--profile", "request-response"];
      await using host = startProxy(["connect", ...address, "--log-level", "info", "--connect-timeout", "30"]);
      await host.send({ jsonrpc: "2.0", id: "early", method: "x" });
      await host.errors.find((line) => line.includes("no connection to mqtt://"));
      await using serve = startProxy(["serve", "--log-level", "info", ...address, "--", ...ECHO]);
      for (const round of [1, 2]) {
        const times = (lines: readonly string[], text: string) => lines.filter((line) => line.includes(text)).length;
        await using _broker = await start(port);
        await eventually("serve is online", () => times(serve.errors.seen, " is online on ") === round, 30_000);
        await eventually("connect is online", () => times(host.errors.seen, "connected to mqtt") === round, 30_000);
        if (round === 1) await host.output.find((line) => line.includes('"early"'));
        const { result } = await ask(host, round, "x");
        assert.match(result.echo, new RegExp(`"id":${round}`));
      }
    },
  );
}

testOnBrokers("the presence is retained while serve is up, and is gone after it was asked to end", async (broker) => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    await using serve = await startServe([
      ...["--broker", broker.url, "--name", "echo", "--description", "says it again", "--", ...ECHO],
    ]);
    const [text = "", ...more] = await presence(broker);
    const { method, params } = JSON.parse(text);
    assert.deepEqual([method, params.server_name, params.description, more], [
      "notifications/server/online",
      "echo",
      "says it again",
      [],
    ]);
    serve.kill(signal);
    assert.equal(await exitCode(serve), 0);
    assert.deepEqual(await presence(broker), []);
  }
});

testOnBrokers("the presence is gone after serve was killed, by its will", async (broker) => {
  await using serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
  assert.equal((await presence(broker)).length, 1);
  serve.kill("SIGKILL");
  await serve.status;
  await eventually("the presence is gone", async () => (await presence(broker)).length === 0, 30_000);
});

const STATES: readonly [state: string, prepare: (host: Process) => Promise<void>, connect: readonly string[]][] = [
  ["while nothing was said", () => Promise.resolve(), []],
  ["after the handshake", async (host) => void await initialize(host), []],
  [
    "while a request is pending",
    async (host) => {
      await initialize(host);
      await host.send({ jsonrpc: "2.0", id: "pending", method: "hang" });
      await ask(host, "arrived", "ping");
    },
    [],
  ],
];

for (const [state, prepare, connect] of STATES) {
  for (const how of ["stdin closes", "SIGTERM", "SIGINT"] as const) {
    Deno.test(`connect exits 0 in time ${state}, when ${how === "stdin closes" ? "its" : "it gets"} ${how}`, async () => {
      await using broker = await embeddedBroker();
      await using ends = await bridge(broker, { connect: [...connect, "--log-level", "info"] });
      await ends.host.errors.find((line) => line.includes("connected to"));
      await prepare(ends.host);
      if (how === "stdin closes") await ends.host.closeInput();
      else ends.host.kill(how);
      assert.equal(await exitCode(ends.host), 0);
      await gone(...childrenOf(ends.serve));
    });
  }
}

Deno.test("connect exits 0 in time without a broker, with requests that wait", async () => {
  const address = ["--broker", `mqtt://127.0.0.1:${freePort()}`, "--name", "echo"];
  await using host = startProxy(["connect", ...address, "--connect-timeout", "1"]);
  await host.send({ jsonrpc: "2.0", id: 1, method: "x" });
  // More than is kept without asking the host to wait.
  await host.send({ jsonrpc: "2.0", id: 2, method: "x", params: { text: "x".repeat(6_000_000) } });
  await host.errors.find((line) => line.includes("no connection"));
  await host.closeInput();
  assert.equal(await exitCode(host), 0);
});

Deno.test("connect exits 0 in time while a broker does not answer", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await using host = startProxy(["connect", "--broker", `mqtt://127.0.0.1:${listener.addr.port}`, "--name", "echo"]);
  const connection = await accepted;
  await host.closeInput();
  assert.equal(await exitCode(host), 0);
  connection.close();
});

testOnBrokers("a host that says its last word and closes stdin gets its answer all the same", async (broker) => {
  await using ends = await bridge(broker, { command: [...ECHO, "patient"] });
  await ends.host.send({ jsonrpc: "2.0", id: 1, method: "slow", params: { ms: 3_000 } });
  await ends.host.send({ jsonrpc: "2.0", id: 2, method: "x" });
  await ends.host.closeInput();
  assert.equal(await exitCode(ends.host, 15_000), 0);
  await ends.host.output.ended;
  assert.deepEqual(ends.host.output.seen.map((line) => JSON.parse(line).id).toSorted(), [1, 2]);
});

// Which is more than brokers queue for one client.
const count = 2_000;
for (const profile of ["request-response", "mcp-over-mqtt"]) {
  testOnBrokers(`what a server says right before it exits arrives, in the profile ${profile}`, async (broker) => {
    const args = ["--profile", profile];
    await using ends = await bridge(broker, { serve: args, connect: args });
    for (let round = 0; round < 3; round++) {
      await ends.host.send({ jsonrpc: "2.0", id: round, method: "notify", params: { count, exit: true } });
      for (let number = 1; number <= count; number++) {
        assert.equal((await ends.host.output.nextJson()).params.progress, number);
      }
      assert.deepEqual((await ends.host.output.nextJson()).result, {});
      // What crosses the exit on the way may have run, so it is answered with that.
      await eventually("the session is lost", () => {
        return ends.host.errors.seen.filter((line) => line.includes("the session is lost")).length > round;
      });
    }
  });
}

testOnBrokers("serve exits 0, and takes its server processes along, even stubborn ones", async (broker) => {
  await using ends = await bridge(broker, { command: STUBBORN, serve: ["--prewarm", "1"] });
  await initialize(ends.host);
  await eventually("a spare is ready", () => childrenOf(ends.serve).length === 2);
  ends.serve.kill("SIGTERM");
  assert.equal(await exitCode(ends.serve, 10_000), 0);
  await gone(...childrenOf(ends.serve));
});

Deno.test("serve ends the server processes of all its servers at a time, not one after the other", async () => {
  await using broker = await embeddedBroker();
  const [command = "", ...args] = STUBBORN;
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const servers = Object.fromEntries([1, 2, 3, 4].map((number) => [`server-${number}`, { command, args }]));
    await Deno.writeTextFile(file, JSON.stringify({ mcpServers: servers }));
    await using serve = await startServe(["--config", file, "--broker", broker.url, "--prewarm", "1"]);
    await using host = startProxy(["connect", "--broker", broker.url, "--name", "server-1"]);
    await initialize(host);
    await eventually("all of them are running", () => childrenOf(serve).length === 5);
    serve.kill("SIGTERM");
    // Each of them takes four seconds.
    assert.equal(await exitCode(serve, 9_000), 0);
    await gone(...childrenOf(serve));
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a second signal ends serve at once, and its server processes with it", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker, { command: STUBBORN });
  await initialize(ends.host);
  ends.serve.kill("SIGINT");
  await ends.host.errors.find((line) => line.includes("the session is lost"));
  ends.serve.kill("SIGINT");
  assert.equal(await exitCode(ends.serve), 130);
  await gone(...childrenOf(ends.serve));
});

Deno.test("serve can be ended while the broker is away and a server process waits for room", async () => {
  const broker = await embeddedBroker();
  await using ends = await bridge(broker);
  await initialize(ends.host);
  await broker[Symbol.asyncDispose]();
  await ends.serve.errors.find((line) => line.includes("no connection to"));
  ends.serve.kill("SIGTERM");
  assert.equal(await exitCode(ends.serve, 10_000), 0);
  await gone(...childrenOf(ends.serve));
});

testOnBrokers("a host that is gone without a goodbye takes its server process with it", async (broker) => {
  await using ends = await bridge(broker);
  const pid = await initialize(ends.host);
  ends.host.kill("SIGKILL");
  await ends.host.status;
  await ends.serve.errors.find((line) => line.includes("ended: The client has gone without a goodbye"), 30_000);
  await gone(pid);
});

if (Deno.build.os !== "windows") {
  testOnBrokers(
    "a server process that ignores the end of its stdin does not outlive a serve that is killed",
    async (broker) => {
      await using ends = await bridge(broker, { command: STUBBORN });
      const pid = await initialize(ends.host);
      ends.serve.kill("SIGKILL");
      await ends.serve.status;
      await gone(pid);
    },
  );

  Deno.test("a client that connect has started does not outlive it either", async () => {
    await using broker = await embeddedBroker();
    await using connect = startProxy(
      ["connect", "--broker", broker.url, "--name", "echo", "--log-level", "info", "--", "sh", "-c", CLIENT],
    );
    const pid = Number(/client (\d+)/.exec(await connect.errors.find((line) => line.includes("client ")))?.[1]);
    connect.kill("SIGKILL");
    await connect.status;
    await gone(pid);
  });

  Deno.test("an SMCP server does not outlive a launch that is killed", async () => {
    const server = `echo +READY; read -r line; echo +OK; echo $$; trap '' TERM; while :; do sleep 60; done`;
    await using directory = await scratchDirectory();
    const file = `${directory.path}/credentials.json`;
    await Deno.writeTextFile(file, "{}", { mode: 0o600 });
    await using launch = startProxy(["launch", "--credentials-file", file, "--", "sh", "-c", server]);
    const pid = Number(await launch.output.next());
    launch.kill("SIGKILL");
    await launch.status;
    await gone(pid);
  });
}

/** What ends first, second and third. */
const ORDERS: readonly (readonly ("host" | "connect" | "serve" | "child")[])[] = [
  ["host", "serve"],
  ["connect", "serve"],
  ["serve", "host"],
  ["serve", "connect"],
  ["child", "host", "serve"],
  ["child", "serve", "connect"],
  ["host", "child", "serve"],
];

testOnBrokers("both ends may close in any order", async (broker) => {
  for (const order of ORDERS) {
    await using ends = await bridge(broker);
    const child = await initialize(ends.host);
    for (const which of order) {
      if (which === "host") await ends.host.closeInput();
      else if (which === "connect") ends.host.kill("SIGTERM");
      else if (which === "serve") ends.serve.kill("SIGTERM");
      else kill(child);
    }
    assert.deepEqual([await exitCode(ends.host, 8_000), await exitCode(ends.serve, 8_000)], [0, 0], order.join());
    await gone(...childrenOf(ends.serve));
  }
});

Deno.test("a host that closes our stderr, or never reads it, does not disturb the conversation", async () => {
  await using broker = await embeddedBroker();
  await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
  for (const closed of [true, false]) {
    const [program = "", ...args] = PROXY_COMMAND;
    await using child = new Deno.Command(program, {
      args: [...args, "connect", "--broker", broker.url, "--name", "echo", "--log-level", "debug"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (closed) await child.stderr.cancel();
    const writer = child.stdin.getWriter();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let answers = "";
    for (let id = 0; id < 3; id++) {
      await writer.write(new TextEncoder().encode(`{"jsonrpc":"2.0","id":${id},"method":"x"}\n`));
      while (!answers.includes(`"id":${id}`)) answers += (await reader.read()).value ?? "";
    }
    await writer.close();
    assert.equal((await within("the exit", child.status, SOON)).code, 0);
    if (!closed) await child.stderr.cancel();
    await reader.cancel();
  }
});

testOnBrokers("connect -- COMMAND runs a client, and speaks on its stdin and stdout", async (broker) => {
  const address = ["--broker", broker.url, "--name", "echo"];
  await using serve = await startServe([...address, "--", ...ECHO]);
  const client = [...fixture("client.ts"), "ping", "x"];
  await using host = startProxy(["connect", "--log-level", "info", ...address, "--", ...client]);
  assert.equal(await exitCode(host, 15_000), 0);
  await host.errors.ended;
  const answers = host.errors.seen.filter((line) => line.includes("answer: "));
  assert.equal(answers.length, 3);
  assert.match(answers[0] ?? "", /"serverInfo"/);
  assert.deepEqual(host.output.seen, []);
  await gone(...childrenOf(serve));
});

Deno.test("connect -- COMMAND closes the client's stdin when it is asked to end, and says when there is no such program", async () => {
  await using broker = await embeddedBroker();
  const address = ["--broker", broker.url, "--name", "echo"];
  await using _serve = await startServe([...address, "--", ...ECHO]);
  await using host = startProxy(["connect", "--log-level", "info", ...address, "--", ...fixture("client.ts"), "stay"]);
  await host.errors.find((line) => line.includes("staying"));
  host.kill("SIGTERM");
  assert.equal(await exitCode(host, 8_000), 0);
  await host.errors.find((line) => line.includes("the end of stdin"));

  await using nobody = startProxy(["connect", ...address, "--", "no-such-program"]);
  assert.equal(await exitCode(nobody, 15_000), 1);
  await nobody.errors.find((line) => line.includes('there is no program "no-such-program"'));
});

testOnBrokers(
  "serve --config serves every entry under its own name, with its own environment and directory",
  async (broker) => {
    const directory = await Deno.realPath(await Deno.makeTempDir());
    const file = `${directory}/mcp.json`;
    const [command = "", ...args] = ECHO;
    const mcpServers = {
      one: { command, args, env: { OWN: "1", SHARED: "entry" }, cwd: directory },
      two: { command, args: [...args, "argument"] },
      off: { command: "no-such-program", disabled: true },
      broken: { command: "no-such-program" },
    };
    await Deno.writeTextFile(file, JSON.stringify({ mcpServers }));
    try {
      const serveArgs = [
        "--config",
        file,
        "--broker",
        broker.url,
        "--topic",
        "site/a",
        "--env",
        "SHARED=flag",
        "--prewarm",
        "1",
      ];
      await using serve = await startServe(serveArgs);
      for (const name of ["one", "two"]) {
        await serve.errors.find((line) => line.includes(`${name} is online on site/a/${name}/request`));
      }
      await serve.errors.find((line) => line.includes('broken: There is no program "no-such-program" to start'));
      assert.ok(!serve.errors.seen.some((line) => /(?:off|broken) is online/.test(line)));
      const environmentOf = async (name: string) => {
        await using host = startProxy(["connect", "--broker", broker.url, "--topic", `site/a/${name}`]);
        return await ask(host, 1, "environment");
      };
      const one = (await environmentOf("one")).result;
      assert.deepEqual([one.environment.OWN, one.environment.SHARED, one.directory], ["1", "entry", directory]);
      const two = (await environmentOf("two")).result;
      assert.deepEqual([two.environment.OWN, two.environment.SHARED, two.args], [undefined, "flag", ["argument"]]);
      serve.kill("SIGTERM");
      assert.equal(await exitCode(serve, 8_000), 0);
      await gone(...childrenOf(serve));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);

Deno.test("a server that the broker does not let in does not take the others down, unless it lets in none", async () => {
  await using broker = await embeddedBroker();
  let forbidden = /\/(two)\//;
  broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
    done(null, forbidden.test(subscription.topic) ? null : subscription);
  const [command = "", ...args] = ECHO;
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify({ mcpServers: { one: { command, args }, two: { command, args } } }));
    const serving = ["--config", file, "--broker", broker.url, "--profile", "request-response"];
    await using serve = await startServe(serving);
    await serve.errors.find((line) => /error: .* does not grant the subscription to "mcp\/two\//.test(line));
    await using host = startProxy(["connect", "--broker", broker.url, "--name", "one"]);
    await initialize(host);
    forbidden = /\/(one|two)\//;
    await using none = startProxy(["serve", ...serving]);
    assert.equal(await exitCode(none, 15_000), 77);
    assert.match((await ask(host, 1, "x")).result.echo, /x/);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("--prewarm keeps server processes ready, and each session gets one that nobody has used", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker, { serve: ["--prewarm", "2"] });
  await eventually("two spares are ready", () => childrenOf(ends.serve).length === 2);
  const spares = childrenOf(ends.serve);
  const first = await initialize(ends.host);
  assert.ok(spares.includes(first));
  await using other = startProxy(["connect", "--broker", broker.url, "--name", "echo"]);
  const second = await initialize(other);
  assert.ok(spares.includes(second) && second !== first);
  await eventually("two others are ready", () => childrenOf(ends.serve).length === 4);
  assert.match(ends.serve.errors.seen.join("\n"), /echo \(spare\): started process/);
});

Deno.test("the warnings that an operator should see are in the log, once", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authenticate = (_client, username, _password, done) => done(null, username === "me");
  await using serve = await startServe([
    ...["--broker", broker.url, "--username", "me", "--password", "hunter2", "--topic", "a/b/c/d/e/f", "--", ...ECHO],
  ]);
  const warnings = serve.errors.seen.filter((line) => line.includes(" warning: "));
  assert.equal(warnings.length, 3, warnings.join("\n"));
  assert.match(warnings[0] ?? "", /--password can be seen by every user of this machine/);
  assert.match(warnings[1] ?? "", /a topic like "a\/b\/c\/d\/e\/f\/instance\/…\/…" has 9 levels/);
  assert.match(warnings[2] ?? "", /a topic like "\$mcp-rpc\/…\/…\/a\/b\/c\/d\/e\/f" has 9 levels/);
  assert.ok(!serve.errors.seen.join().includes("hunter2"));
});

Deno.test("the log is JSON when it is asked for, and nothing when it is off", async () => {
  await using broker = await embeddedBroker();
  const args = ["--broker", broker.url, "--name", "echo"];
  await using host = startProxy(["connect", ...args, "--log-format", "json", "--log-level", "debug"]);
  const line = await host.errors.find((line) => line.includes("connected to"));
  assert.equal(JSON.parse(line).broker, broker.url);
  for (const line of host.errors.seen) JSON.parse(line);
  await using silent = startProxy([
    "connect",
    "--name",
    "x",
    "--broker",
    `mqtt://127.0.0.1:${freePort()}`,
    "--log-level",
    "off",
  ]);
  await silent.send({ jsonrpc: "2.0", id: 1, method: "x" });
  await silent.closeInput();
  assert.equal(await exitCode(silent, 15_000), 0);
  await silent.errors.ended;
  assert.deepEqual(silent.errors.seen, []);
});
