import assert from "node:assert/strict";
import { generateKeyPair, privateKeyFile } from "../../src/seal/mod.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { Process, PROXY_COMMAND, startProxy, startServe } from "../support/proxy.ts";
import { callTool, credentialsFor, expectLine, initialize, scratchDirectory, startSmcp } from "../support/smcp.ts";

async function withFile(credentials: Record<string, string>, body: (file: string) => Promise<void>): Promise<void> {
  await using scratch = await scratchDirectory();
  const file = `${scratch.path}/credentials.json`;
  await Deno.writeTextFile(file, JSON.stringify(credentials), { mode: 0o600 });
  await body(file);
}

for (const prewarm of ["0", "1"]) {
  testOnBrokers(
    `the tools work over the bridge, as an SMCP server behind serve, with ${prewarm} spare`,
    async (broker) => {
      await withFile(credentialsFor(broker.url), async (file) => {
        await using _serve = await startServe([
          ...[
            "--broker",
            broker.url,
            "--name",
            "mqtt",
            "--smcp-child",
            "--credentials-file",
            file,
            "--prewarm",
            prewarm,
          ],
          ...["--", ...PROXY_COMMAND, "tools"],
        ]);
        await using host = startProxy(["connect", "--broker", broker.url, "--name", "mqtt"]);
        await initialize(host);
        await callTool(host, "publish", { topic: "plant/1", message: "21", retain: true, qos: 1 });
        const { structuredContent } = await callTool(host, "get_retained", { topic: "plant/+" });
        assert.equal(structuredContent.messages[0].payload, "21");
        assert.equal(
          (await callTool(host, "subscribe", { topic: "plant/+", timeout: 0.2 })).structuredContent.message_count,
          1,
        );
        assert.equal((await callTool(host, "unsubscribe", { topic: "plant/+" })).structuredContent.success, true);
        await host.closeInput();
        assert.equal((await host.status).code, 0);
      });
    },
  );
}

testOnBrokers("serve and connect get their own login by SMCP, and MCP may follow in the same write", async (broker) => {
  const echo = ["--", ...PROXY_COMMAND, "tools", "--insecure"];
  await using serve = new Process([
    ...[...PROXY_COMMAND, "serve", "--smcp", "--name", "own", "--log-level", "info"],
    ...["--pass-env", "MQTT_BROKER", "MQTT_PORT", ...echo],
  ], { env: credentialsFor(broker.url) });
  await expectLine(serve, "+READY");
  await serve.send(credentialsFor(broker.url));
  await expectLine(serve, "+OK");
  await serve.closeInput(); // a daemon needs no stdin once it has its credentials
  await serve.errors.find((line) => line.includes(" is online on "));

  await using connect = startProxy(["connect", "--smcp", "--name", "own"]);
  await expectLine(connect, "+READY");
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  await connect.send(`${JSON.stringify(credentialsFor(broker.url))}\n${JSON.stringify(ping)}`);
  await expectLine(connect, "+OK");
  assert.equal((await connect.output.nextJson()).id, 1);
  await initialize(connect);
  assert.ok((await callTool(connect, "publish", { topic: "a", message: "x" })).structuredContent.success);
  await connect.closeInput();
  assert.equal((await connect.status).code, 0);
  serve.kill("SIGTERM");
  assert.equal((await serve.status).code, 0);
});

testOnBrokers("a session whose server refuses its credentials is told so", async (broker) => {
  await withFile({ MQTT_PORT: "1883" }, async (file) => {
    await using _serve = await startServe([
      ...["--broker", broker.url, "--name", "mqtt", "--smcp-child", "--credentials-file", file],
      ...["--", ...PROXY_COMMAND, "tools"],
    ]);
    await using host = startProxy(["connect", "--broker", broker.url, "--name", "mqtt"]);
    await host.send({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
    const { error } = await host.output.nextJson();
    assert.equal(error.code, -32000);
    assert.match(error.message, /refused its credentials: MQTT_BROKER is required; check its credentials/);
  });
});

testOnBrokers("a session whose server ends before it says +READY is told so", async (broker) => {
  await withFile({}, async (file) => {
    await using _serve = await startServe([
      ...["--broker", broker.url, "--name", "mqtt", "--smcp-child", "--credentials-file", file],
      ...["--", "sh", "-c", "echo usage; exit 3"],
    ]);
    await using host = startProxy(["connect", "--broker", broker.url, "--name", "mqtt"]);
    await host.send({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
    const { error } = await host.output.nextJson();
    assert.match(error.message, /ended before it said \+READY; is it an SMCP server\?|exited with code 3/);
  });
});

testOnBrokers("a spare server that ends is told of, and does not keep serve from ending", async (broker) => {
  await withFile({}, async (file) => {
    await using serve = await startServe([
      ...["--broker", broker.url, "--name", "mqtt", "--smcp-child", "--credentials-file", file, "--prewarm", "1"],
      ...["--", "sh", "-c", "echo +READY; read line; echo +OK; exit 3"],
    ]);
    await serve.errors.find((line) => line.includes("exited with code 3"));
    serve.kill("SIGTERM");
    assert.equal((await serve.status).code, 0);
  });
});

Deno.test("settings that contradict each other are refused before anything is started", async () => {
  const wrong: [args: string[], problem: RegExp][] = [
    [["serve", "--name", "x", "--smcp-child", "--", "cat"], /say where the credentials are: add --credentials-file/],
    [["serve", "--name", "x", "--credentials-file", "f", "--", "cat"], /it is no SMCP server: add --smcp-child/],
    [
      ["serve", "--name", "x", "--smcp", "--smcp-child", "--credentials-file", "-", "--", "cat"],
      /with --smcp, stdin is for our own credentials/,
    ],
    [["connect", "--name", "x", "--smcp", "--username", "u", "--client-id", "c"], /remove --username, --client-id/],
    [["connect", "--name", "x", "--insecure"], /--insecure replaces the handshake of --smcp/],
    [["tools", "operand"], /tools takes no argument/],
    [["tools", "--allow-publish", "a/#/b"], /--allow-publish .*has a # that is not the last level/],
    [["launch", "--credentials-file", "f"], /say which server to start/],
    [["launch", "--", "cat"], /say where the credentials are/],
    [["launch", "--credentials-file", "f", "--credentials-env", "X_", "--", "cat"], /exclude each other: give one/],
  ];
  for (const [args, problem] of wrong) {
    await using process = startProxy(args);
    assert.equal((await process.status).code, 2, args.join(" "));
    await process.errors.ended;
    assert.match(process.errors.seen.join("\n"), problem);
    await process.output.ended;
    assert.deepEqual(process.output.seen, []);
  }
});

testOnBrokers("the tools can be had with SMCP by hand too", async (broker) => {
  await using server = await startSmcp(
    ["tools", "--read-only", "--allow-subscribe", "a/#"],
    credentialsFor(broker.url),
  );
  await initialize(server);
  assert.ok((await callTool(server, "publish", { topic: "a", message: "x" })).isError);
  assert.match((await callTool(server, "subscribe", { topic: "b" })).content[0].text, /allowed are: a\/#/);
});

testOnBrokers("a key with a typing error is refused in the handshake, without the key", async (broker) => {
  const key = privateKeyFile(generateKeyPair()).replace(
    /(?<=mcp1-private-.)./,
    (character) => character === "_" ? "-" : "_",
  );
  await using connect = startProxy(["connect", "--smcp", "--name", "own"]);
  await expectLine(connect, "+READY");
  await connect.send({ ...credentialsFor(broker.url), MQTT_SEAL_KEY: key });
  await expectLine(connect, "+ERR MQTT_SEAL_KEY has a typing error in its key");
  assert.equal((await connect.status).code, 1);
});
