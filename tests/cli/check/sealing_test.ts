import assert from "node:assert/strict";
import type { CheckReport, Finding } from "../../../src/app/check/finding.ts";
import { generateKeyPair, privateKeyFile, publicKeyText } from "../../../src/seal/mod.ts";
import { ECHO } from "../../support/bridge.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { run } from "../../support/command_line.ts";
import { embeddedBroker, oldBroker } from "../../support/embedded_broker.ts";
import { keyFiles } from "../../support/keys.ts";
import { MqttPeer } from "../../support/mqtt_peer.ts";
import { startServe } from "../../support/proxy.ts";

/** What `check --json` finds out about keys, and its exit code. */
async function check(...args: readonly string[]): Promise<{ code: number; found: Record<string, Finding> }> {
  const { code, output, errors } = await run("check", "--json", "--name", "echo", ...args);
  assert.equal(errors, "");
  const { findings }: CheckReport = JSON.parse(output);
  return { code, found: Object.fromEntries(findings.map((finding) => [finding.name, finding])) };
}

const CONNECT = ["--role", "connect"];

testOnBrokers("check says whether the server would open a sealed session, and starts nothing", async (broker) => {
  await using keys = await keyFiles();
  const at = ["--broker", broker.url];
  await using serve = await startServe([...at, "--name", "echo", ...keys.serve, "--", ...ECHO]);
  const fits = await check(...at, ...CONNECT, ...keys.connect);
  assert.deepEqual([fits.code, fits.found["sealed sessions"]?.value], [0, "authorized"]);
  assert.equal(fits.found["own public key"]?.value, keys.clientKey);

  const known = await keys.file("servers.txt", `echo ${keys.serverKey}\n`);
  const [key = "", file = ""] = keys.connect;
  assert.equal((await check(...at, key, file, "--known-servers", known)).found["sealed sessions"]?.value, "authorized");

  const stranger = generateKeyPair();
  const other = await keys.file("other.key", privateKeyFile(stranger));
  const refused = await check(...at, ...CONNECT, "--key", other, "--server-key", keys.serverKey);
  assert.deepEqual([refused.code, refused.found["sealed sessions"]?.value], [1, "your key is not authorized"]);
  assert.match(refused.found["sealed sessions"]?.meaning ?? "", new RegExp(publicKeyText(stranger.publicKey)));

  const wrong = await check(...at, ...CONNECT, key, file, "--server-key", publicKeyText(stranger.publicKey));
  assert.equal(wrong.found["sealed sessions"]?.value, "the server's key is not the one you gave");
  assert.match(wrong.found["sealed sessions"]?.meaning ?? "", new RegExp(`shows ${keys.serverKey} \\(unverified\\)`));

  const without = await check(...at, ...CONNECT);
  const { value, meaning = "" } = without.found["sealed sessions"] ?? {};
  assert.equal(value, "the server takes sealed sessions only, and you have no --server-key");
  assert.match(meaning, new RegExp(`${keys.serverKey} \\(unverified\\)`));
  assert.deepEqual([wrong.code, without.code], [1, 1]);
  assert.deepEqual(serve.errors.seen.filter((line) => /process|session/.test(line)), []);
});

testOnBrokers("check says when a server takes no sealed sessions, both kinds, or is not there", async (broker) => {
  await using keys = await keyFiles();
  const at = ["--broker", broker.url];
  const args = [...at, ...CONNECT, ...keys.connect];
  assert.equal((await check(...args)).found["sealed sessions"]?.value, "no server of that name is online");
  {
    await using _plain = await startServe([...at, "--name", "echo", "--", ...ECHO]);
    const { code, found } = await check(...args);
    assert.deepEqual([code, found["sealed sessions"]?.value], [1, "the server takes no sealed sessions"]);
    assert.equal((await check(...at, ...CONNECT)).found["sealed sessions"], undefined);
  }
  await using _both = await startServe([...at, "--name", "echo", ...keys.serve, "--allow-unsealed", "--", ...ECHO]);
  const { code, found } = await check(...at, ...CONNECT);
  assert.deepEqual([code, found["sealed sessions"]?.verdict], [0, "note"]);
});

Deno.test("somebody who shows the right key, and does not have it, is found out", async () => {
  await using broker = await embeddedBroker();
  await using keys = await keyFiles();
  await using liar = await MqttPeer.connect(broker.url);
  const online = {
    jsonrpc: "2.0",
    method: "notifications/server/online",
    params: { meta: { sealed: keys.serverKey } },
  };
  await liar.publish("mcp/echo/presence/liar", online, { retain: true });
  const { code, found } = await check("--broker", broker.url, ...CONNECT, ...keys.connect);
  assert.deepEqual([code, found["sealed sessions"]?.value], [1, "no server with the key you gave has answered"]);
});

Deno.test("check --role serve shows the public keys that its files hold, and no private one", async () => {
  await using broker = await embeddedBroker();
  await using keys = await keyFiles();
  const at = ["--broker", broker.url, "--role", "serve"];
  const { code, found } = await check(...at, ...keys.serve);
  assert.deepEqual([code, found["own public key"]?.value], [0, keys.serverKey]);
  assert.deepEqual([found["authorized key"]?.value, found["authorized key"]?.meaning], [keys.clientKey, "ada"]);
  const text = await run("check", ...at, "--name", "echo", ...keys.serve);
  assert.ok(!text.output.includes("private") && text.output.includes(keys.serverKey));

  await Deno.writeTextFile(keys.authorizedKeys, "mcp1nonsense ada\n");
  const broken = await check(...at, ...keys.serve);
  assert.equal(broken.code, 1);
  assert.match(broken.found["sealed sessions"]?.value ?? "", /--authorized-keys has a mistake in line 1/);
  await Deno.writeTextFile(keys.authorizedKeys, "# nobody yet\n");
  assert.equal((await check(...at, ...keys.serve)).found["authorized key"]?.value, "none");
  const [key = "", file = ""] = keys.serve;
  const missing = await check(...at, key, file, "--authorized-keys", `${keys.authorizedKeys}.not`);
  assert.match(missing.found["sealed sessions"]?.value ?? "", /--authorized-keys .* cannot be read: No such file/);
  assert.match(
    (await check(...at, key, file)).found["sealed sessions"]?.value ?? "",
    /--authorized-keys FILE has to say/,
  );
});

Deno.test("check says that sessions are sealed on MQTT 5 alone", async () => {
  await using broker = await oldBroker();
  await using keys = await keyFiles();
  const { code, found } = await check("--broker", broker.url, ...CONNECT, ...keys.connect);
  assert.deepEqual([code, found["sealed sessions"]?.value], [1, "the broker speaks MQTT 3.1.1"]);
});
