import assert from "node:assert/strict";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { makeCertificates } from "../support/certificates.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { Process, PROXY_COMMAND } from "../support/proxy.ts";
import { isRunning } from "../support/processes.ts";
import {
  bareCommand,
  callTool,
  credentialsFor,
  expectLine,
  initialize,
  PYTHON,
  runPython,
  scratchDirectory,
  startSmcp,
  tlsWithPassword,
} from "../support/smcp.ts";
import { eventually } from "../support/wait.ts";

const CONVERSATION = [
  ["publish", { topic: "plant/1", message: "21.5", retain: true, qos: 1 }],
  ["get_retained", { topic: "plant/#" }],
  ["subscribe", { topic: "plant/#", timeout: 0.3 }],
  ["publish", { topic: "plant/2", message: "x", user_properties: '{"unit":"K"}' }],
  ["subscribe", { topic: "plant/#", timeout: 30.0, max_messages: 1 }],
  ["subscribe", { topic: "plant/#/x" }],
  ["unsubscribe", { topic: "plant/#" }],
] as const;

const ANSWERS = [
  { success: true, topic: "plant/1", retain: true },
  { success: true, message_count: 1, messages: [{ topic: "plant/1", payload: "21.5", retain: true }] },
  { success: true, message_count: 1, messages: [{ topic: "plant/1", payload: "21.5", retain: true }] },
  { success: true, topic: "plant/2", retain: false },
  {
    success: true,
    message_count: 1,
    messages: [{ topic: "plant/2", payload: "x", retain: false, user_properties: { unit: "K" } }],
  },
  'The topic filter "plant/#/x" cannot be subscribed to: it has a # that is not the last level: use + for a level in the middle',
  { success: true, topic: "plant/#" },
];

/** A text as what it means, without the QoS, which depends on the broker, and times. */
function meaning(text: string): unknown {
  if (!text.startsWith("{")) return text;
  return JSON.parse(text, (key, value) => ["qos", "received_at", "age_seconds"].includes(key) ? undefined : value);
}

if (PYTHON) {
  testOnBrokers("a parent with the reference implementation's habits holds a whole conversation", async (broker) => {
    await using scratch = await scratchDirectory();
    const command = [await bareCommand(scratch.path, "mqtt-smcp-server", ["tools"])];
    const [report] = await runPython("reference_parent.py", {
      command,
      credentials: credentialsFor(broker.url),
      calls: CONVERSATION,
    });
    assert.equal(report.error, undefined);
    assert.equal(report.initialize.result.protocolVersion, "2024-11-05");
    assert.deepEqual(report.tools.slice(0, 4), ["publish", "subscribe", "get_retained", "unsubscribe"]);
    assert.deepEqual(report.texts.map(meaning), ANSWERS);
  });

  testOnBrokers("a launcher of a dozen lines starts the tools, and MCP works from there", async (broker) => {
    const answers = await runPython("plain_launcher.py", {
      command: [...PROXY_COMMAND, "tools"],
      credentials: credentialsFor(broker.url),
      messages: conversation(),
    });
    checkConversation(answers);
  });

  testOnMosquitto("the same with TLS, a client certificate and a password", async () => {
    await using scratch = await scratchDirectory();
    const { configuration, credentials } = await tlsWithPassword(scratch.path);
    await using broker = await mosquitto({ scheme: "mqtts", configuration });
    const answers = await runPython("plain_launcher.py", {
      command: [...PROXY_COMMAND, "tools"],
      credentials: credentialsFor(broker.url, credentials),
      messages: conversation(),
    });
    checkConversation(answers);
    const wrong = await runPython("plain_launcher.py", {
      command: [...PROXY_COMMAND, "tools"],
      credentials: credentialsFor(broker.url, { ...credentials, MQTT_PASS: "wrong horse" }),
      messages: conversation(),
    });
    const { isError, content: [{ text }] } = wrong[2].result;
    assert.ok(isError);
    assert.match(
      text,
      /^The broker mqtts:\/\/\[MQTT_BROKER\]:\d+ refused the login: Not authorized \(0x87\); check .*MQTT_USER, MQTT_PASS/,
    );
    assert.doesNotMatch(JSON.stringify(wrong), /horse|plant-user|127\.0\.0\.1/);
  });
}

function conversation(): unknown[] {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "plain", version: "1" } };
  return [
    { jsonrpc: "2.0", id: 0, method: "initialize", params },
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 1, method: "tools/list" },
    ...CONVERSATION.map(([name, args], index) => ({
      jsonrpc: "2.0",
      id: index + 2,
      method: "tools/call",
      params: { name, arguments: args },
    })),
  ];
}

// deno-lint-ignore no-explicit-any -- answers have any shape
function checkConversation(answers: any[]): void {
  assert.deepEqual(answers.map(({ id }) => id), answers.map((_, index) => index));
  assert.equal(answers[1].result.tools.length, 8);
  assert.deepEqual(answers.slice(2).map(({ result }) => meaning(result.content[0].text)), ANSWERS);
  for (const { result } of answers.slice(2)) {
    assert.equal(result.isError === true, result.structuredContent === undefined);
    if (result.structuredContent !== undefined) {
      assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
    }
  }
}

testOnBrokers(
  "before MCP there is nothing on stdout but two lines, each a read of its own, and stderr is silent",
  async (broker) => {
    const child = new Deno.Command(PROXY_COMMAND[0] ?? "", {
      args: [...PROXY_COMMAND.slice(1), "tools"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const errors = new Response(child.stderr).text();
    const output = child.stdout.getReader();
    const input = child.stdin.getWriter();
    const read = async () => new TextDecoder().decode((await output.read()).value);
    const write = (value: unknown) => input.write(new TextEncoder().encode(JSON.stringify(value) + "\n"));

    assert.equal(await read(), "+READY\n");
    await write(credentialsFor(broker.url, { API_KEY: "unknown keys are no reason to speak" }));
    assert.equal(await read(), "+OK\n");
    await using peer = await TestClient.connect(broker.url);
    await peer.publish("a", "nobody has asked for this");
    await write({ jsonrpc: "2.0", id: 1, method: "ping" });
    assert.equal(await read(), '{"result":{},"jsonrpc":"2.0","id":1}\n');
    await input.close();
    assert.equal(await read(), "");
    assert.equal((await child.status).code, 0);
    assert.equal(await errors, "");
  },
);

Deno.test("+OK does not wait for the broker, and a call is told why the broker is away", async () => {
  await using server = await startSmcp(["tools", "--connect-timeout", "3"], {
    MQTT_BROKER: "127.0.0.1",
    MQTT_PORT: "1",
  });
  await initialize(server);
  const { isError, content } = await callTool(server, "publish", { topic: "a", message: "x" });
  assert.ok(isError);
  assert.match(content[0].text, /^The broker mqtt:\/\/\[MQTT_BROKER\]:1 cannot be reached: .*refused/i);
});

testOnBrokers("credentials and the first messages may come in one write", async (broker) => {
  await using server = new Process([...PROXY_COMMAND, "tools"]);
  await expectLine(server, "+READY");
  await server.send(
    [credentialsFor(broker.url), { jsonrpc: "2.0", id: 1, method: "ping" }].map((value) => JSON.stringify(value)).join(
      "\n",
    ),
  );
  await expectLine(server, "+OK");
  assert.deepEqual(await server.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
});

Deno.test("a parent without credentials, that speaks MCP at once, is told what to configure", async () => {
  for (
    const command of [["tools"], ["connect", "--smcp", "--name", "x"], ["serve", "--smcp", "--name", "x", "--", "cat"]]
  ) {
    await using server = new Process([...PROXY_COMMAND, ...command]);
    await server.send({ jsonrpc: "2.0", id: 0, method: "initialize", params: {} });
    await expectLine(server, "+READY");
    const { id, error } = await server.output.nextJson();
    assert.equal(id, 0);
    assert.equal(error.code, -32000);
    assert.deepEqual(error.data, { reason: "no-credentials", required: ["MQTT_BROKER"] });
    assert.match(error.message, /Configure MQTT_BROKER .* launch --credentials-file .* --insecure/);
    await server.send({ jsonrpc: "2.0", id: "again", method: "tools/list" });
    assert.equal((await server.output.nextJson()).id, "again");
    await server.closeInput();
    assert.equal((await server.status).code, 1);
  }
});

Deno.test("credentials that will not do are refused with their key, and the process ends with 1", async () => {
  const wrong: [line: string, answer: string][] = [
    ["{}", "+ERR MQTT_BROKER is required"],
    ['{"MQTT_BROKER":"h","MQTT_PORT":"secret"}', "+ERR MQTT_PORT must be a whole number from 1 to 65535"],
    ['{"MQTT_HOST":"h"}', "+ERR MQTT_BROKER is required; MQTT_HOST means nothing here"],
    ['{"MQTT_BROKER":null}', "+ERR INVALID_FORMAT"],
    ["MQTT_BROKER=h", "+ERR INVALID_JSON"],
  ];
  for (const [line, answer] of wrong) {
    await using server = new Process([...PROXY_COMMAND, "tools"]);
    await expectLine(server, "+READY");
    await server.send(line);
    await expectLine(server, answer);
    assert.equal((await server.status).code, 1);
    await server.errors.ended;
    assert.doesNotMatch(server.errors.seen.join("\n"), /secret/);
  }
  await using silent = new Process([...PROXY_COMMAND, "tools"]);
  await expectLine(silent, "+READY");
  await silent.closeInput();
  await expectLine(silent, "+ERR NO_INPUT");
  assert.equal((await silent.status).code, 1);
});

testOnBrokers(
  "a credential under a name of others is named in the log, with the name that it has here",
  async (broker) => {
    await using server = await startSmcp(
      ["tools"],
      credentialsFor(broker.url, { MQTT_USERNAME: "secret", EXTRA: "x" }),
    );
    await server.closeInput();
    await server.status;
    await server.errors.ended;
    assert.equal(server.errors.seen.length, 1);
    assert.match(
      server.errors.seen[0] ?? "",
      / error: the credential MQTT_USERNAME means nothing here: it is called MQTT_USER$/,
    );
  },
);

Deno.test("what to do about a certificate that is not trusted names keys and variables, not flags alone", async () => {
  await using certificates = await makeCertificates();
  await using broker = await embeddedBroker({
    tls: { cert: certificates.server.certificateText, key: certificates.server.keyText },
  });
  await using server = await startSmcp(["tools", "--connect-timeout", "2"], credentialsFor(broker.url));
  await initialize(server);
  const { isError, content: [{ text }] } = await callTool(server, "get_retained", { topic: "a" });
  assert.ok(isError);
  assert.match(text, /MQTT_CA/);
  assert.doesNotMatch(text, /--ca/);
});

testOnBrokers("the server ends when its parent closes stdin, and by SIGTERM, with 0 both times", async (broker) => {
  await using closed = await startSmcp(["tools"], credentialsFor(broker.url));
  await initialize(closed);
  await closed.closeInput();
  assert.equal((await closed.status).code, 0);
  await using terminated = await startSmcp(["tools"], credentialsFor(broker.url));
  await initialize(terminated);
  terminated.kill("SIGTERM");
  assert.equal((await terminated.status).code, 0);
});

testOnBrokers("what was asked before stdin ended is still answered", async (broker) => {
  await using server = await startSmcp(["tools"], credentialsFor(broker.url));
  await initialize(server);
  for (const id of [1, 2, 3]) {
    const params = { name: "publish", arguments: { topic: "a", message: "x", qos: 1 } };
    await server.send({ jsonrpc: "2.0", id, method: "tools/call", params });
  }
  await server.closeInput();
  const ids = [await server.output.nextJson(), await server.output.nextJson(), await server.output.nextJson()];
  assert.deepEqual(ids.map(({ id }) => id).sort(), [1, 2, 3]);
  assert.equal((await server.status).code, 0);
});

/** A call that takes this many seconds. */
function listTopics(timeout: number): unknown {
  const params = { name: "list_topics", arguments: { topic: "#", timeout } };
  return { jsonrpc: "2.0", id: "long", method: "tools/call", params };
}

testOnBrokers("a call that was made before stdin ended goes on for as long as it needs", async (broker) => {
  const env = credentialsFor(broker.url);
  await using server = new Process([...PROXY_COMMAND, "tools", "--insecure"], { env });
  await server.send(listTopics(3));
  await server.closeInput();
  const { id, result } = await server.output.nextJson();
  assert.deepEqual([id, result.structuredContent.success], ["long", true]);
  assert.equal((await server.status).code, 0);
});

Deno.test("SIGTERM ends the server at once, also while it finishes calls after the end of stdin", async () => {
  await using broker = await embeddedBroker();
  await using server = await startSmcp(["tools"], credentialsFor(broker.url));
  await initialize(server);
  await server.send(listTopics(600));
  await server.closeInput();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const since = performance.now();
  server.kill("SIGTERM");
  const { code, signal } = await server.status;
  assert.deepEqual([code, signal], [0, null]);
  assert.ok(performance.now() - since < 1_000, "it took its time"); // 100 ms when nothing else runs
});

Deno.test({
  name: "with stdin at its end, a parent that is gone or does not read is not waited for",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using broker = await embeddedBroker();
    const tools = PROXY_COMMAND.map((word) => `'${word}'`).join(" ") + " tools --insecure";
    const env = credentialsFor(broker.url);
    const request = (seconds: number) => `printf '%s\n' '${JSON.stringify(listTopics(seconds))}'`;
    // The shell that has started it ends once its stdin has: only then it is gone.
    const orphan = `${request(600)} | { exec 4<&0; ${tools} <&4 & echo $!; read go <&3; }`;
    await using gone = new Process(["sh", "-c", `exec 3<&0; ${orphan}`], { env });
    const pid = Number(await gone.output.next());
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.ok(isRunning(pid));
    await gone.send("go");
    await eventually("the orphan has ended", () => !isRunning(pid), 1_500);
    const deaf = `{ ${request(0)}; ${request(600)}; } | { ${tools}; echo $? >&3; } | true`;
    const since = performance.now();
    await using unread = new Process(["bash", "-c", `exec 3>&1; ${deaf}`], { env });
    assert.equal(await unread.output.next(), "0");
    assert.ok(performance.now() - since < 10_000);
  },
});

Deno.test({
  name: "the server ends when its parent is gone, even if somebody holds its stdin open",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using scratch = await scratchDirectory();
    const pipe = `${scratch.path}/stdin`;
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    const server = await bareCommand(scratch.path, "server", ["tools"]);
    // Our own handle keeps the pipe open; the shell that starts the server ends at once.
    using holder = await Deno.open(pipe, { read: true, write: true });
    await using shell = new Process(["sh", "-c", `${server} <${pipe} & echo $!; read wait`]);
    const pid = Number(await shell.output.next());
    await holder.write(new TextEncoder().encode('{"MQTT_BROKER":"127.0.0.1","MQTT_PORT":"1"}\n'));
    await expectLine(shell, "+READY");
    await expectLine(shell, "+OK");
    assert.ok(await exists(pid));
    await shell.send("go");
    await shell.status;
    while (await exists(pid)) await new Promise((resolve) => setTimeout(resolve, 50));
  },
});

async function exists(pid: number): Promise<boolean> {
  const { success } = await new Deno.Command("ps", { args: ["-p", `${pid}`], stdout: "null" }).output();
  return success;
}

Deno.test("the schema of the credentials is printed without a handshake", async () => {
  for (const command of [["tools"], ["connect"], ["serve"]]) {
    await using server = new Process([...PROXY_COMMAND, ...command, "--credentials-schema"]);
    assert.equal((await server.status).code, 0);
    await server.output.ended;
    const { required, optional } = JSON.parse(server.output.seen.join("\n"));
    assert.deepEqual(Object.keys(required), ["MQTT_BROKER"]);
    assert.ok("MQTT_PASS" in optional && "MQTT_CA" in optional && "LOG_LEVEL" in optional);
    assert.equal(server.output.seen[1], '  "required": {');
  }
});

testOnBrokers("--insecure takes the same keys from the environment, without a handshake", async (broker) => {
  await using server = new Process([...PROXY_COMMAND, "tools", "--insecure"], { env: credentialsFor(broker.url) });
  await initialize(server);
  assert.deepEqual((await callTool(server, "publish", { topic: "a", message: "x" })).structuredContent, {
    success: true,
    topic: "a",
    retain: false,
  });
  await using without = new Process([...PROXY_COMMAND, "tools", "--insecure"], { env: { MQTT_BROKER: "" } });
  assert.equal((await without.status).code, 2);
  assert.equal(
    await without.errors.next(),
    "error: MQTT_BROKER is required (in the environment, because of --insecure)",
  );
});

Deno.test("a parent that never reads stderr does not stop the server, whatever is logged", async () => {
  // A script in the middle makes the broker's absence fill the log.
  const child = new Deno.Command(PROXY_COMMAND[0] ?? "", {
    args: [...PROXY_COMMAND.slice(1), "tools", "--connect-timeout", "0"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.getReader();
  const send = (text: string) => input.write(new TextEncoder().encode(text + "\n"));
  const keys = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`UNKNOWN_KEY_${index}`, "x"]));
  await output.read();
  await send(JSON.stringify({ MQTT_BROKER: "127.0.0.1", MQTT_PORT: "1", LOG_LEVEL: "DEBUG", ...keys }));
  assert.equal(new TextDecoder().decode((await output.read()).value), "+OK\n");
  await send('{"jsonrpc":"2.0","id":1,"method":"ping"}');
  assert.match(new TextDecoder().decode((await output.read()).value), /"id":1/);
  await input.close();
  assert.equal((await child.status).code, 0);
  await output.cancel();
  await child.stderr.cancel();
});
