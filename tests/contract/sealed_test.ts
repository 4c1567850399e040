/**
 * Sealed sessions as their users have them: files, processes, a broker that others listen on.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { generateKeyPair, privateKeyFile, publicKeyText } from "../../src/seal/mod.ts";
import { ask, bridge, ECHO, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker, oldBroker, type TestBroker } from "../support/embedded_broker.ts";
import { keyFiles } from "../support/keys.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { type Process, startProxy, startServe } from "../support/proxy.ts";
import { eventually, within } from "../support/wait.ts";

/** Runs a command to its end. */
async function run(args: readonly string[]): Promise<{ code: number; output: string; errors: string }> {
  await using process: Process = startProxy(args);
  const { code } = await within("the end", process.status, 30_000);
  return { code, output: process.output.seen.join("\n"), errors: process.errors.seen.join("\n") };
}

function call(
  broker: TestBroker,
  ...args: readonly string[]
): Promise<{ code: number; output: string; errors: string }> {
  return run(["call", "--broker", broker.url, "--name", "echo", "--connect-timeout", "3", ...args, "x", "{}"]);
}

testOnBrokers("a host speaks with its server, and whoever listens to everything sees nothing of it", async (broker) => {
  await using keys = await keyFiles();
  await using tap = await TestClient.connect(broker.url, {}, "#");
  await using both = await bridge(broker, keys);
  await initialize(both.host);
  const text = "a secret that nobody may read".repeat(20_000);
  const { result } = await ask(both.host, 1, "x", { text });
  assert.ok(result.echo.includes(text));
  const seen = tap.arrivals.filter(({ topic }) => !topic.includes("/presence/"));
  assert.ok(seen.length > 4, "the tap hears the session");
  for (const { text, topic } of seen) {
    for (const word of ["secret", "jsonrpc", "initialize", "echo", "seq="]) {
      assert.ok(!text.includes(word), `${word} on ${topic}`);
    }
  }
});

testOnBrokers("a server with a key takes nothing that is not sealed, and says what to do", async (broker) => {
  await using keys = await keyFiles();
  await using _serve = await startServe(["--broker", broker.url, "--name", "echo", ...keys.serve, "--", ...ECHO]);
  const plain = await call(broker);
  assert.equal(plain.code, 1);
  assert.match(plain.errors, /This server takes sealed sessions only: start the client with --key and --server-key/);
  const other = await keys.file("other.key", privateKeyFile(generateKeyPair()));
  const stranger = await call(broker, "--key", other, "--server-key", keys.serverKey);
  assert.match(stranger.errors, /does not know this client's key: its operator has to add it to --authorized-keys/);
  const [key = "", file = ""] = keys.connect;
  const mistaken = await call(broker, key, file, "--server-key", publicKeyText(generateKeyPair().publicKey));
  assert.match(mistaken.errors, /No server with the key that was given has answered.*check --server-key/);
  assert.deepEqual([plain.code, stranger.code, mistaken.code], [1, 1, 1]);
});

Deno.test("on a broker of MQTT 3.1.1, neither end goes on without sealing", async () => {
  await using broker = await oldBroker();
  await using keys = await keyFiles();
  const at = ["--broker", broker.url, "--name", "echo"];
  const reason = /does not speak MQTT 5, which is needed for sealed sessions/;
  const serve = await run(["serve", ...at, ...keys.serve, "--", ...ECHO]);
  assert.equal(serve.code, 77);
  assert.match(serve.errors, reason);
  await using _open = await startServe([...at, "--", ...ECHO]);
  assert.match((await call(broker, ...keys.connect)).errors, reason);
  await using _both = await startServe([...at, ...keys.serve, "--allow-unsealed", "--", ...ECHO]);
});

testOnBrokers("--allow-unsealed takes both", async (broker) => {
  await using keys = await keyFiles();
  await using _serve = await startServe([
    ...["--broker", broker.url, "--name", "echo", ...keys.serve, "--allow-unsealed", "--", ...ECHO],
  ]);
  assert.equal((await call(broker)).code, 0);
  assert.equal((await call(broker, ...keys.connect)).code, 0);
});

Deno.test("a client that is taken off the list loses its session at once, and one that is put on it comes in", async () => {
  await using broker = await embeddedBroker();
  await using keys = await keyFiles();
  await using both = await bridge(broker, keys);
  await initialize(both.host);
  await Deno.writeTextFile(keys.authorizedKeys, "# nobody\n");
  await both.host.errors.find((line) => line.includes("no longer in --authorized-keys"));
  const { error } = await ask(both.host, 1, "x");
  assert.equal(error.data.reason, "not-authorized");
  await Deno.writeTextFile(keys.authorizedKeys, `${keys.clientKey} ada\n`);
  await eventually(
    "the client is in again",
    async () => (await ask(both.host, crypto.randomUUID(), "x")).result,
    30_000,
  );
});

Deno.test({
  name: "a list behind links, as Kubernetes has it, is read again when the link changes",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using broker = await embeddedBroker();
    await using keys = await keyFiles();
    const directory = dirname(keys.authorizedKeys);
    for (const [version, text] of [["v1", `${keys.clientKey} ada\n`], ["v2", "# nobody\n"]] as const) {
      await Deno.mkdir(join(directory, version));
      await keys.file(join(version, "list"), text);
    }
    await Deno.symlink("v1", join(directory, "..data"));
    await Deno.symlink(join("..data", "list"), join(directory, "list"));
    const [key = "", file = ""] = keys.serve;
    const serve = [key, file, "--authorized-keys", join(directory, "list")];
    await using both = await bridge(broker, { ...keys, serve });
    await initialize(both.host);
    await Deno.symlink("v2", join(directory, "..next"));
    await Deno.rename(join(directory, "..next"), join(directory, "..data"));
    await both.host.errors.find((line) => line.includes("no longer in --authorized-keys"));
  },
});

Deno.test("a list that is taken away counts as it was", async () => {
  await using broker = await embeddedBroker();
  await using keys = await keyFiles();
  await using both = await bridge(broker, keys);
  await initialize(both.host);
  await Deno.remove(keys.authorizedKeys);
  await both.serve.errors.find((line) => /--authorized-keys .*those who were authorized before still are/.test(line));
  assert.ok((await ask(both.host, 1, "x")).result !== undefined);
  await keys.file("clients.txt", "# nobody\n");
  await both.host.errors.find((line) => line.includes("no longer in --authorized-keys"));
});

Deno.test("a list with a mistake is told of, and does not count", async () => {
  await using broker = await embeddedBroker();
  await using keys = await keyFiles();
  await using both = await bridge(broker, keys);
  await initialize(both.host);
  await Deno.writeTextFile(keys.authorizedKeys, "mcp1nonsense ada\n");
  await both.serve.errors.find((line) => /--authorized-keys has a mistake in line 1/.test(line));
  assert.ok((await ask(both.host, 1, "x")).result !== undefined);
});

testOnBrokers("a sealed session goes on after the server's instance was started anew", async (broker) => {
  await using keys = await keyFiles();
  const args = ["--broker", broker.url, "--name", "echo", ...keys.serve, "--", ...ECHO];
  const first = await startServe(args);
  await using host = startProxy([
    ...["connect", "--broker", broker.url, "--name", "echo", "--session-expiry", "2", ...keys.connect],
  ]);
  await initialize(host);
  first.kill("SIGKILL");
  await first[Symbol.asyncDispose]();
  await using _second = await startServe(args);
  await eventually("an answer", async () => (await ask(host, crypto.randomUUID(), "x")).result, 30_000);
});

Deno.test("servers whose keys are known from a file are sealed, and others are not", async () => {
  await using broker = await embeddedBroker();
  await using keys = await keyFiles();
  const known = await keys.file("servers.txt", `echo ${keys.serverKey}\n`);
  const [key = "", file = ""] = keys.connect;
  await using _sealed = await startServe(["--broker", broker.url, "--name", "echo", ...keys.serve, "--", ...ECHO]);
  assert.equal((await call(broker, key, file, "--known-servers", known)).code, 0);
  await using _open = await startServe(["--broker", broker.url, "--name", "other", "--", ...ECHO]);
  const other = ["call", "--broker", broker.url, "--name", "other", "--known-servers", known, "x", "{}"];
  assert.equal((await run(other)).code, 0);
});

Deno.test("a server whose key is known by its name is sealed by its topic too, and the other way round", async () => {
  await using keys = await keyFiles();
  for (
    const [known, address] of [["home/files", ["--topic", "mcp/home/files"]], ["plant/x", [
      "--topic",
      "plant/x",
    ]]] as const
  ) {
    const file = await keys.file("servers.txt", `${known} ${keys.serverKey}\n`);
    const { code, errors } = await run([
      "connect",
      "--broker",
      "mqtt://127.0.0.1:1",
      ...address,
      "--known-servers",
      file,
    ]);
    assert.equal(code, 2);
    assert.match(errors, /the session is to be sealed, which takes a key of your own/);
  }
});

const MISTAKES: readonly [what: string, connect: readonly string[], problem: RegExp][] = [
  ["a server key without one of one's own", ["--server-key", "KEY"], /takes a key of your own.*key new FILE/s],
  ["a key without the server's", ["--key", "OWN"], /the key of the server "echo" is not known: add --server-key KEY/],
  ["a typing error", ["--key", "OWN", "--server-key", "KEYx"], /--server-key is not a whole key/],
  ["MQTT 3.1.1", ["--key", "OWN", "--server-key", "KEY", "--mqtt-version", "4"], /on MQTT 5 alone, but --mqtt-version/],
  ["the open convention", ["--key", "OWN", "--server-key", "KEY", "--profile", "mcp-over-mqtt"], /cannot be sealed/],
];

for (const [what, args, problem] of MISTAKES) {
  Deno.test(`connect is never unsealed by mistake: ${what}`, async () => {
    await using keys = await keyFiles();
    const [, own = ""] = keys.connect;
    const meant = args.map((arg) => arg.replace("KEY", keys.serverKey).replace("OWN", own));
    const { code, errors } = await run(["connect", "--broker", "mqtt://127.0.0.1:1", "--name", "echo", ...meant]);
    assert.equal(code, 2);
    assert.match(errors, problem);
  });
}

Deno.test("key new makes a file for its owner alone, prints the public key, and overwrites nothing", async () => {
  await using keys = await keyFiles();
  const file = (await keys.file("x", "")).replace(/x$/, "new.key");
  const made = await run(["key", "new", file]);
  const shown = await run(["key", "show", file]);
  assert.equal(made.output, shown.output);
  assert.match(made.output, /^mcp1[\w-]{48}$/);
  if (Deno.build.os !== "windows") assert.equal(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
  const before = await Deno.readTextFile(file);
  const again = await run(["key", "new", file]);
  assert.equal(again.code, 2);
  assert.match(again.errors, /is there already, and is not overwritten/);
  assert.equal(await Deno.readTextFile(file), before);
});
