import assert from "node:assert/strict";
import { codeBlock } from "../support/documentation.ts";
import { embeddedBroker, type TestBroker } from "../support/embedded_broker.ts";
import { emqxAuthorizer, emqxOptions } from "../support/emqx_acl.ts";
import { MOSQUITTO, mosquitto } from "../support/mosquitto.ts";
import { fixture, type Process, startProxy, startServe } from "../support/proxy.ts";

/** The options of the documentation, for somebody whose name is the password too. */
function as(name: string, clientId = name): string[] {
  return ["--username", name, "--client-id", clientId, "--profile", "request-response"];
}

const password = (name: string) => ({ env: { MQTT_PASSWORD: name } });

function connectAs({ url }: TestBroker, name: string, clientId?: string): Process {
  const args = ["connect", "--broker", url, "--name", "files", "--connect-timeout", "5", ...as(name, clientId)];
  return startProxy(args, password(name));
}

/** The server of the examples. */
function serveFiles({ url }: TestBroker): Promise<Process> {
  const args = ["--broker", url, "--name", "files", ...as("files-server")];
  return startServe([...args, "--", ...fixture("echo_server.ts")], password("files-server"));
}

/** mosquitto with the two files of the documentation, and a user for each of these names. */
async function mosquittoOfTheDocumentation(names: readonly string[], directory: string): Promise<TestBroker> {
  const passwords = `${directory}/passwords`;
  await Deno.writeTextFile(passwords, names.map((name) => `${name}:${name}\n`).join(""));
  await new Deno.Command("mosquitto_passwd", { args: ["-U", passwords] }).output();
  await Deno.writeTextFile(`${directory}/acl`, codeBlock("# mosquitto ACL"));
  const configuration = codeBlock("# mosquitto.conf")
    .replace("PASSWORDS", passwords).replace("ACL\n", `${directory}/acl\n`).split("\n");
  return await mosquitto({ configuration });
}

/** Declares a test on mosquitto as the documentation sets it up. */
function testOnExample(name: string, body: (broker: TestBroker) => Promise<void>): void {
  Deno.test({
    name: `${name} [mosquitto, by the documentation]`,
    ignore: MOSQUITTO === undefined || Deno.build.os === "windows",
    fn: async () => {
      const directory = await Deno.makeTempDir();
      try {
        await Deno.chmod(directory, 0o755); // mosquitto gives up root before it reads its files
        await using broker = await mosquittoOfTheDocumentation(["files-server", "alice", "mallory"], directory);
        await body(broker);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

testOnExample("every user reaches the server under its own name", async (broker) => {
  await using _serve = await serveFiles(broker);
  for (const name of ["alice", "mallory"]) {
    await using host = connectAs(broker, name);
    await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
    assert.deepEqual(await host.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
  }
});

testOnExample("nobody speaks as somebody else", async (broker) => {
  await using _serve = await serveFiles(broker);
  await using host = connectAs(broker, "mallory", "alice");
  await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  const { error } = await host.output.nextJson();
  assert.equal(typeof error.data.reason, "string");
});

testOnExample("nobody reads what is answered to somebody else", async (broker) => {
  await using _serve = await serveFiles(broker);
  const spy = new Deno.Command("mosquitto_sub", {
    args: [
      "-p",
      String(broker.port),
      "-u",
      "mallory",
      "-P",
      "mallory",
      "-t",
      "mcp/files/#",
      "-t",
      "#",
      "-v",
      "-W",
      "3",
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await using host = connectAs(broker, "alice");
  await host.send({ jsonrpc: "2.0", id: 1, method: "only-for-alice" });
  assert.ok((await host.output.nextJson()).result);
  const seen = new TextDecoder().decode((await spy.output()).stdout);
  assert.match(seen, /^mcp\/files\/presence\/files-server /m); // it was there, and saw what it may see
  assert.doesNotMatch(seen, /only-for-alice/);
});

testOnExample("a password that is wrong is a login that is refused", async (broker) => {
  const args = ["serve", "--broker", broker.url, "--name", "files", ...as("files-server"), "--", "true"];
  await using serve = startProxy(args, password("wrong"));
  assert.equal((await serve.status).code, 77);
});

Deno.test("every user reaches the server by EMQX's rules in the documentation", async () => {
  await using broker = await embeddedBroker(emqxOptions(codeBlock("%% EMQX acl.conf")));
  await using _serve = await serveFiles(broker);
  await using host = connectAs(broker, "alice");
  await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  assert.deepEqual(await host.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
});

Deno.test("EMQX's rules in the documentation let nobody do what belongs to somebody else", () => {
  const mayDo = emqxAuthorizer(codeBlock("%% EMQX acl.conf"));
  const mallory = { id: "mallory", username: "mallory" };
  assert.ok(mayDo(mallory, "publish", "mcp/files/request/mallory"));
  for (
    const topic of ["request/alice", "request", "instance/i/alice", "closed/alice", "response/mallory", "presence/i"]
  ) {
    assert.ok(!mayDo(mallory, "publish", `mcp/files/${topic}`), topic);
  }
  assert.ok(mayDo(mallory, "subscribe", "mcp/files/response/mallory"));
  for (const topic of ["response/alice", "response/+", "response/#", "#", "request/#"]) {
    assert.ok(!mayDo(mallory, "subscribe", topic === "#" ? "#" : `mcp/files/${topic}`), topic);
  }
});
