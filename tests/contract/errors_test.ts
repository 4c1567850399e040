/**
 * A host never waits for ever: whatever goes wrong, its request is answered, with a sentence and with a reason.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, bridge, ECHO, initialize } from "../support/bridge.ts";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { freePort } from "../support/net.ts";
import { isRunning } from "../support/processes.ts";
import { type Process, startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

interface ErrorData {
  readonly reason: string;
  readonly [detail: string]: unknown;
}

/** Waits for the error that answers the request with this id. */
async function errorOf(host: Process, id: unknown): Promise<{ message: string; data: ErrorData }> {
  const line = await host.output.find((line) => {
    const message = JSON.parse(line);
    return message.method === undefined && message.id === id;
  }, 30_000);
  const { jsonrpc, error } = JSON.parse(line);
  assert.equal(jsonrpc, "2.0");
  assert.equal(error?.code, -32000, line);
  return error;
}

/** Asks for what is not going to be answered, and returns why. */
async function failureOf(host: Process, id: unknown, method = "hang", params: unknown = {}) {
  await host.send({ jsonrpc: "2.0", id, method, params });
  return await errorOf(host, id);
}

Deno.test("broker-unreachable: there is no broker", async () => {
  const url = `mqtt://127.0.0.1:${freePort()}`;
  await using host = startProxy(["connect", "--broker", url, "--name", "echo", "--connect-timeout", "2"]);
  for (const id of [0, "", "two"]) {
    const { message, data } = await failureOf(host, id);
    assert.equal(data.reason, "broker-unreachable");
    assert.match(message, new RegExp(`The broker ${url} cannot be reached: .*refused`, "i"));
  }
});

testOnBrokers("no-server-online: there is a broker, but nobody serves", async (broker) => {
  await using host = startProxy(["connect", "--broker", broker.url, "--topic", "a/b", "--connect-timeout", "2"]);
  const { message, data } = await failureOf(host, 1);
  assert.deepEqual(data, { reason: "no-server-online", topic: "a/b" });
  assert.match(message, /No server is online on "a\/b"; start one with: mcp-mqtt-proxy serve --topic "a\/b"/);
});

Deno.test("server-not-responding: there is a presence, but nobody behind it", async () => {
  await using broker = await embeddedBroker();
  await using other = await TestClient.connect(broker.url);
  await other.publish("mcp/ghost/presence/dead", "{}", { qos: 1, retain: true });
  await using host = startProxy(["connect", "--broker", broker.url, "--name", "ghost", "--connect-timeout", "2"]);
  const { data, message } = await failureOf(host, 1);
  assert.equal(data.reason, "server-not-responding");
  assert.match(message, /No server has answered on "mcp\/ghost\/request\/mcp-connect-\w+" within 2 s/);
});

testOnBrokers("server-gone: serve was killed, and the next serve takes over as if nothing had been", async (broker) => {
  await using ends = await bridge(broker, { serve: ["--no-share"] });
  await initialize(ends.host);
  await ends.host.send({ jsonrpc: "2.0", id: "pending", method: "hang" });
  await ask(ends.host, "arrived", "ping");
  ends.serve.kill("SIGKILL");
  const { data } = await errorOf(ends.host, "pending");
  assert.equal(data.reason, "server-gone");
  await using _next = await startServe(["--no-share", "--broker", broker.url, "--name", "echo", "--", ...ECHO]);
  await ends.host.send({ jsonrpc: "2.0", id: "next", method: "x" });
  const answer = await ends.host.output.find((line) => line.includes('"next"'), 30_000);
  assert.match(answer, /"result":\{"echo":/);
  const news = ends.host.output.seen.filter((line) => line.includes("list_changed"));
  assert.equal(news.length, 2);
  assert.equal(ends.host.output.seen.filter((line) => line.includes('"serverInfo"')).length, 1);
});

testOnBrokers("server-shutting-down: serve was asked to end", async (broker) => {
  await using ends = await bridge(broker);
  const pid = await initialize(ends.host);
  await ends.host.send({ jsonrpc: "2.0", id: "pending", method: "hang" });
  await ask(ends.host, "arrived", "ping");
  ends.serve.kill("SIGTERM");
  const { data, message } = await errorOf(ends.host, "pending");
  assert.deepEqual([data.reason, message], ["server-shutting-down", "The server is shutting down"]);
  assert.equal((await ends.serve.status).code, 0);
  assert.equal(isRunning(pid), false);
});

testOnBrokers("child-exited: the server process ends, with its exit code and its last words", async (broker) => {
  // In the open convention, a request that crosses the end of its session on the way gets this error too.
  await using ends = await bridge(broker, { connect: ["--profile", "request-response"] });
  const first = await initialize(ends.host);
  await ends.host.send({ jsonrpc: "2.0", id: "pending", method: "hang" });
  const { data, message } = await failureOf(ends.host, "exit", "exit", { code: 3 });
  assert.deepEqual(data, { reason: "child-exited", exitCode: 3, stderr: "last words" });
  assert.equal(message, "The server process exited with code 3: last words");
  assert.equal((await errorOf(ends.host, "pending")).data.reason, "child-exited");
  // The host goes on with another process.
  await ends.host.send({ jsonrpc: "2.0", id: "next", method: "environment" });
  const answer = await ends.host.output.find((line) => line.includes('"next"'), 30_000);
  assert.match(answer, /"result":/);
  assert.equal(isRunning(first), false);
});

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  for (const [end, close] of [["stdout", ">&-"], ["stdin", "<&-"]]) {
    Deno.test({
      name: `child-exited: the server process closes its ${end} and goes on [${profile}]`,
      ignore: Deno.build.os === "windows",
      async fn() {
        // It answers one request, whatever it is, with the same text.
        const script = `read line; exec ${close}; echo '{"jsonrpc":"2.0","id":0,"result":{}}'; exec sleep 60`;
        await using broker = await embeddedBroker();
        await using ends = await bridge(broker, {
          connect: ["--profile", profile],
          command: [
            "sh",
            "-c",
            end === "stdout" ? script.replace(/exec >&-; (.*); exec/, "$1; exec >&-; exec") : script,
          ],
        });
        await ends.host.send({ jsonrpc: "2.0", id: 0, method: "first" });
        assert.equal((await ends.host.output.nextJson()).id, 0);
        for (const id of [1, 2]) await ends.host.send({ jsonrpc: "2.0", id, method: "lost" });
        for (const id of [1, 2]) {
          const { message, data } = await errorOf(ends.host, id);
          assert.equal(data.reason, "child-exited");
          assert.equal(message, `The server process has closed its ${end} and was ended by SIGTERM`);
        }
        // The next process is as good as the first one was.
        await ends.host.send({ jsonrpc: "2.0", id: 0, method: "again" });
        await eventually(
          "it is answered",
          () => ends.host.output.seen.filter((line) => line.includes('"id":0')).length === 2,
        );
      },
    });
  }
}

Deno.test("child-exited: the server process is killed from outside", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker);
  const pid = await initialize(ends.host);
  await ends.host.send({ jsonrpc: "2.0", id: "pending", method: "hang" });
  await ask(ends.host, "arrived", "ping");
  Deno.kill(pid, "SIGKILL");
  const { data, message } = await errorOf(ends.host, "pending");
  assert.deepEqual([data.reason, data.signal], ["child-exited", "SIGKILL"]);
  assert.equal(message, "The server process was ended by SIGKILL");
});

Deno.test("child-exited: a server process that dies at once is told each time, and does not keep serve busy", async () => {
  await using broker = await embeddedBroker();
  const command = [Deno.execPath(), "eval", "console.error('Error: no configuration'); Deno.exit(4)"];
  await using ends = await bridge(broker, { command, connect: ["--connect-timeout", "3"] });
  for (const id of [1, 2, 3]) {
    const { data, message } = await failureOf(ends.host, id, "initialize");
    assert.equal(data.reason, "child-exited");
    assert.match(message, /exited with code 4: Error: no configuration/);
  }
  const starts = ends.serve.errors.seen.filter((line) => line.includes("started process"));
  assert.ok(starts.length <= 3, `${starts.length} processes were started`);
});

testOnBrokers("child-not-started: the program is there no longer", async (broker) => {
  const program = await Deno.makeTempFile();
  await Deno.chmod(program, 0o755);
  await using ends = await bridge(broker, { command: [program] });
  await Deno.remove(program);
  const { data, message } = await failureOf(ends.host, 1, "initialize");
  assert.equal(data.reason, "child-not-started");
  assert.ok(message.includes(program));
});

testOnBrokers(
  "a server whose program is not there is not online, and its process ends with the reason",
  async (broker) => {
    const address = ["--broker", broker.url, "--name", "echo"];
    await using serve = startProxy(["serve", "--log-level", "info", ...address, "--", "no-such-program"]);
    assert.equal((await serve.status).code, 1);
    await serve.errors.ended;
    assert.deepEqual(serve.errors.seen, [
      'error: There is no program "no-such-program" to start: install it, give its whole path, or set PATH',
    ]);
  },
);

Deno.test("timed-out: the server does not answer in time, and its late answer is dropped", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker, { connect: ["--timeout", "1"] });
  await initialize(ends.host);
  const { data, message } = await failureOf(ends.host, "late", "slow", { ms: 1_300 });
  assert.deepEqual(data, { reason: "timed-out", timeout: 1_000 });
  assert.equal(message, 'The server did not answer "slow" within 1 s');
  // The server gives this answer after the late one.
  await ends.host.send({ jsonrpc: "2.0", id: "later", method: "slow", params: { ms: 600 } });
  await ends.host.output.find((line) => line.includes('"later"'));
  assert.equal(ends.host.output.seen.filter((line) => line.includes('"late"')).length, 1);
});

Deno.test("timed-out: not while the server shows progress", async () => {
  await using broker = await embeddedBroker();
  const script = `
    for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      for (const line of text.trim().split("\\n")) {
        const { id } = JSON.parse(line);
        for (let progress = 1; progress <= 6; progress++) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          console.log(JSON.stringify({ method: "notifications/progress", params: { progressToken: id, progress } }));
        }
        console.log(JSON.stringify({ id, result: {} }));
      }
    }`;
  await using ends = await bridge(broker, {
    command: [Deno.execPath(), "eval", script],
    connect: ["--timeout", "1"],
  });
  await ends.host.send({ jsonrpc: "2.0", id: 7, method: "x", params: { _meta: { progressToken: 7 } } });
  const answer = await ends.host.output.find((line) => !line.includes("progress"));
  assert.deepEqual(JSON.parse(answer), { id: 7, result: {} });
});

Deno.test("too-large: a request, an answer and a question of more than --max-message bytes", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker, {
    serve: ["--max-message", "20000"],
    connect: ["--max-message", "10000"],
  });
  await initialize(ends.host);
  const request = await failureOf(ends.host, "request", "x", { text: "x".repeat(10_000) });
  assert.deepEqual(request.data, { reason: "too-large", maximum: 10_000 });
  assert.match(request.message, /longer than 10000 bytes, which is what --max-message allows/);
  const answer = await failureOf(ends.host, "answer", "large", { bytes: 20_000 });
  assert.deepEqual(answer.data, { reason: "too-large", maximum: 20_000 });
  const params = { method: "sampling/createMessage", params: {} };
  await ends.host.send({ jsonrpc: "2.0", id: "question", method: "ask", params });
  const question = JSON.parse(await ends.host.output.find((line) => line.includes("sampling/createMessage")));
  await ends.host.send({ jsonrpc: "2.0", id: question.id, result: { text: "x".repeat(10_000) } });
  const answered = await ends.host.output.find((line) => line.includes('"answered"'));
  assert.equal(JSON.parse(answered).result.answered.data.reason, "too-large");
  await ends.host.send({ jsonrpc: "2.0", id: "still there", method: "x" });
  await ends.host.output.find((line) => line.includes("still there"));
  assert.match(ends.host.errors.seen.join("\n"), /dropped a message from the host: a line of more than \d+ bytes/);
});

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  for (const end of ["serve", "connect"]) {
    Deno.test(`too-large: every request of a batch that is larger than ${end} alone allows [${profile}]`, async () => {
      await using broker = await embeddedBroker();
      const options = { serve: [] as string[], connect: ["--profile", profile] };
      await using ends = await bridge(broker, {
        ...options,
        [end]: [...options[end as "serve" | "connect"], "--max-message", "8000"],
      });
      const batch = ["a", "b"].map((id) => ({ jsonrpc: "2.0", id, method: "x", params: { text: "x".repeat(5_000) } }));
      await ends.host.send(batch); // as the first message, and then as another one
      for (const id of ["a", "b"]) assert.equal((await errorOf(ends.host, id)).data.reason, "too-large");
      await ends.host.send({ jsonrpc: "2.0", id: 0, method: "initialize", params: { protocolVersion: "2025-11-25" } });
      await ends.host.send(batch.map((request) => ({ ...request, id: `${request.id}2` })));
      for (const id of ["a2", "b2"]) assert.equal((await errorOf(ends.host, id)).data.reason, "too-large");
      assert.match((await ask(ends.host, "still there", "x")).result.echo, /still there/);
    });
  }
}

testOnMosquitto(
  "too-large or in parts: a message beyond what the broker takes is answered, and harms no other",
  async () => {
    await using broker = await mosquitto({ configuration: ["allow_anonymous true", "max_packet_size 20000"] });
    await using ends = await bridge(broker);
    await initialize(ends.host);
    const answers = [
      await ask(ends.host, "request", "x", { text: "x".repeat(30_000) }),
      await ask(ends.host, "answer", "large", { bytes: 30_000 }),
    ];
    for (const { result, error } of answers) {
      if (error === undefined) assert.ok(JSON.stringify(result).length > 30_000);
      else assert.deepEqual([error.data.reason, error.data.maximum], ["too-large", 20_000]);
    }
    assert.match((await ask(ends.host, "still there", "x")).result.echo, /still there/);
  },
);

testOnBrokers("too-many-sessions: there are no more than --max-sessions at a time", async (broker) => {
  await using ends = await bridge(broker, { serve: ["--max-sessions", "1"] });
  await initialize(ends.host);
  await using second = startProxy(["connect", "--broker", broker.url, "--name", "echo"]);
  const { data, message } = await failureOf(second, 1, "initialize");
  assert.deepEqual(data, { reason: "too-many-sessions", maximum: 1 });
  assert.match(
    message,
    /The one session that --max-sessions allows is in use; try again later, or raise --max-sessions/,
  );
  assert.match((await ask(ends.host, 2, "x")).result.echo, /x/);
  // When one has gone, there is room again.
  await ends.host.closeInput();
  await ends.host.status;
  await eventually("there is room", async () => {
    await second.send({ jsonrpc: "2.0", id: "again", method: "initialize", params: {} });
    return (await second.output.nextJson(30_000)).error === undefined;
  });
});

Deno.test("session-replaced: the client opens another session", async () => {
  await using broker = await embeddedBroker();
  await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
  await using client = await TestClient.connect(broker.url, { clientId: "me" }, "mcp/echo/response/me");
  const open = (session: string) =>
    client.publish("mcp/echo/request/me", JSON.stringify({ jsonrpc: "2.0", id: session, method: "hang" }), {
      qos: 1,
      properties: { responseTopic: "mcp/echo/response/me", userProperties: { "mcp-session": session } },
    });
  const sessionOf = (properties: { userProperties?: unknown }) =>
    (properties.userProperties as Record<string, unknown> | undefined)?.["mcp-session"];
  await open("one");
  await client.arrival("the first session is open", ({ properties }) => sessionOf(properties) === "one");
  await open("two");
  const { properties } = await client.arrival("it is told", ({ text }) => text.includes("session-replaced"));
  assert.equal(sessionOf(properties), "one");
});

Deno.test("session-ended: nothing was said for --idle-timeout, and the next word opens another session", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker, { serve: ["--idle-timeout", "1", "--log-level", "info"] });
  const pid = await initialize(ends.host);
  const { result } = await ask(ends.host, "slow", "slow", { ms: 2_500 });
  assert.deepEqual(result, { slept: 2_500 }, "a session that waits for an answer is not idle");
  assert.ok(isRunning(pid));
  await ends.serve.errors.find((line) => line.includes("The session was idle for 1 s (--idle-timeout)"));
  await eventually("the server process is gone", () => !isRunning(pid));
  await ends.host.send({ jsonrpc: "2.0", id: "next", method: "x" });
  assert.match(await ends.host.output.find((line) => line.includes('"next"')), /"result"/);
  const sessions = ends.serve.errors.seen.filter((line) => line.endsWith(" opened"));
  assert.equal(sessions.length, 2);
});

Deno.test("login-refused: connect answers with the sentence and stays, serve ends with exit code 77", async () => {
  await using broker = await embeddedBroker();
  let password = "right";
  broker.aedes.authenticate = (_client, _username, given, done) => done(null, given?.toString() === password);
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "wrong-password\n");
    const login = ["--broker", broker.url, "--name", "echo", "--username", "me", "--password-file", file];
    await using serve = startProxy(["serve", ...login, "--", ...ECHO]);
    assert.equal((await serve.status).code, 77);
    await serve.errors.ended;
    assert.match(serve.errors.seen.join("\n"), /error: The broker .* refused the login: .*check the username/);

    await using host = startProxy(["connect", ...login]);
    for (const id of [1, 2]) {
      const { data, message } = await failureOf(host, id);
      assert.equal(data.reason, "login-refused");
      assert.match(message, /refused the login: .*check the username/);
    }
    for (const process of [serve, host]) {
      assert.ok(!(process.errors.seen.join() + process.output.seen.join()).includes("wrong-password"));
    }
    password = "wrong-password";
    await using _late = await startServe([...login, "--", ...ECHO]);
    await host.closeInput();
    assert.equal((await host.status).code, 0);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("publish-refused or not-authorized: the broker does not let the client write", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizePublish = (client, packet, done) =>
    done(/\/(request|instance)\//.test(packet.topic) && client !== null ? new Error("forbidden") : null);
  await using ends = await bridge(broker, { connect: ["--connect-timeout", "2"] });
  const { data, message } = await failureOf(ends.host, 1);
  assert.equal(data.reason, "not-authorized");
  assert.match(message, /The broker refused a message to "mcp\/echo\/(request|instance)\/.*Not authorized/);
});

Deno.test("not-authorized: the broker does not let the client listen", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizeSubscribe = (client, subscription, done) =>
    done(null, client?.id.includes("connect") && subscription.topic.includes("/response/") ? null : subscription);
  await using ends = await bridge(broker, { connect: ["--profile", "request-response"] });
  const { data, message } = await failureOf(ends.host, 1);
  assert.equal(data.reason, "not-authorized");
  assert.match(message, /does not grant the subscription to "mcp\/echo\/response\//);
});

Deno.test("a cancelled request is answered by nobody, and one that was not cancelled is", async () => {
  await using broker = await embeddedBroker();
  await using ends = await bridge(broker);
  await initialize(ends.host);
  await ends.host.send({ jsonrpc: "2.0", id: 0, method: "hang" });
  await ends.host.send({ jsonrpc: "2.0", id: "", method: "hang" });
  await ends.host.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 0 } });
  assert.deepEqual((await ends.host.output.nextJson()).params, { method: "notifications/cancelled" });
  ends.serve.kill("SIGTERM");
  assert.equal((await errorOf(ends.host, "")).data.reason, "server-shutting-down");
  await ends.host.closeInput();
  await ends.host.output.ended;
  assert.equal(ends.host.output.seen.filter((line) => JSON.parse(line).id === 0 && line.includes("error")).length, 0);
});
