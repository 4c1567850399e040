import assert from "node:assert/strict";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { ECHO } from "../support/bridge.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { Process, PROXY_COMMAND } from "../support/proxy.ts";
import { callTool, credentialsFor, initialize, scratchDirectory, startSmcp } from "../support/smcp.ts";

/** A certificate bundle as large as that of an operating system; V8 refuses it as a regular expression. */
const LINE = "MIIFgzCCA2ugAwIBAgIPXZONMGc2yAYdGsdUhGkHMA0GCSqGSIb3DQEBCwUA";
const BUNDLE = ["-----BEGIN CERTIFICATE-----", ...Array(3_500).fill(LINE), "-----END CERTIFICATE-----"].join("\n");
const TOKEN = "(token+".repeat(7_000);

function assertNotSaid({ output, errors }: Process): void {
  for (const line of [...output.seen, ...errors.seen]) {
    assert.ok(!line.includes(LINE) && !line.includes("(token+"), line.slice(0, 500));
  }
}

Deno.test("credentials of any size stay out of what tools says when there is no broker", async () => {
  const login = { MQTT_BROKER: "127.0.0.1", MQTT_PORT: "1", OTHER: TOKEN, BUNDLE };
  await using server = await startSmcp(["tools", "--connect-timeout", "1"], login);
  await initialize(server);
  const result = await callTool(server, "publish", { topic: "a", message: "x" });
  assert.match(result.content[0].text, /The broker mqtt:\/\/\[MQTT_BROKER\]:1 cannot be reached/);
  await server.closeInput();
  assert.equal((await server.status).code, 0);
  await server.errors.ended;
  assertNotSaid(server);
});

testOnBrokers("a child that repeats credentials of any size on its stderr harms nobody", async (broker) => {
  await using scratch = await scratchDirectory();
  const file = `${scratch.path}/credentials.json`;
  await Deno.writeTextFile(file, JSON.stringify({ BUNDLE, TOKEN }), { mode: 0o600 });
  const child = `${scratch.path}/child.ts`;
  await Deno.writeTextFile(
    child,
    `console.log("+READY");
     const line = new Uint8Array(1 << 20);
     let text = "";
     while (!text.includes("\\n")) text += new TextDecoder().decode(line.subarray(0, await Deno.stdin.read(line)));
     console.log("+OK");
     const { BUNDLE, TOKEN } = JSON.parse(text);
     // The bundle comes last: the log may drop lines behind so many.
     for (const text of [TOKEN, JSON.stringify({ TOKEN }), BUNDLE]) console.error(text);
     await import(${JSON.stringify(ECHO.at(-1))});`,
  );
  await using serve = new Process([
    ...[
      ...PROXY_COMMAND,
      "serve",
      "--broker",
      broker.url,
      "--name",
      "echo",
      "--smcp-child",
      "--credentials-file",
      file,
    ],
    ...["--log-level", "debug", "--", Deno.execPath(), "run", "-A", child],
  ]);
  await serve.errors.find((line) => line.includes(" is online on "));
  await using host = new Process([...PROXY_COMMAND, "connect", "--broker", broker.url, "--name", "echo"]);
  await initialize(host);
  await host.send({ jsonrpc: "2.0", id: 1, method: "complain", params: { text: `it was ${LINE}`.slice(7) } });
  assert.equal((await host.output.nextJson()).id, 1);
  await serve.errors.find((line) => line.includes("[TOKEN]"));
  await serve.errors.find((line) => line.includes("[BUNDLE]"));
  serve.kill("SIGTERM");
  assert.equal((await serve.status).code, 0);
  await serve.errors.ended;
  assertNotSaid(serve);
});

testOnMosquitto("an agent cannot find out by a topic whether it has guessed a credential", async () => {
  await using scratch = await scratchDirectory();
  await Deno.writeTextFile(`${scratch.path}/acl`, "topic read nothing\n");
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", `acl_file ${scratch.path}/acl`] });
  const login = credentialsFor(broker.url, { MQTT_CLIENT_ID: "guessed-client", OTHER: "guessed-token" });
  await using server = await startSmcp(["tools"], login);
  await initialize(server);
  for (const word of ["guessed-client", "guessed-token"]) {
    const { isError, content } = await callTool(server, "publish", { topic: `${word}/x`, message: "x", qos: 1 });
    assert.deepEqual([isError, content[0].text.includes(`"${word}/x"`)], [true, true], content[0].text);
  }
});
