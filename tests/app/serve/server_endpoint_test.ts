import assert from "node:assert/strict";
import { testOnBrokers, testOnMosquitto } from "../../support/brokers.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { mosquitto } from "../../support/mosquitto.ts";
import { eventually } from "../../support/wait.ts";
import { freePort } from "../../support/net.ts";
import { fixture, startProxy, startServe } from "../../support/proxy.ts";

testOnMosquitto("where the broker forbids the open convention, serve warns and serves the other profile", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.chmod(directory, 0o755);
  await Deno.writeTextFile(`${directory}/acl`, "topic readwrite mcp/#\n");
  try {
    await using broker = await mosquitto({ configuration: ["allow_anonymous true", `acl_file ${directory}/acl`] });
    await using serve = await startServe([
      "--broker",
      broker.url,
      "--name",
      "echo",
      "--",
      ...fixture("echo_server.ts"),
    ]);
    await serve.errors.find((line) => line.includes("$mcp-server/presence/") && line.includes("Not authorized"));
    await using host = startProxy(["connect", "--broker", broker.url, "--name", "echo"]);
    await host.send({ jsonrpc: "2.0", id: 1, method: "hello" });
    assert.equal((await host.output.nextJson()).id, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("where the broker refuses the subscriptions of the open convention, serve says how to do without", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
    done(null, subscription.topic.startsWith("$mcp-") ? null : subscription);
  await using serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...fixture("echo_server.ts")]);
  await serve.errors.find((line) =>
    line.includes("not served in the profile mcp-over-mqtt") && line.endsWith("add --profile request-response")
  );
  await using host = startProxy(["connect", "--broker", broker.url, "--name", "echo"]);
  await host.send({ jsonrpc: "2.0", id: 1, method: "hello" });
  assert.equal((await host.output.nextJson()).id, 1);
});

testOnMosquitto(
  "where a user has one connection at a time, serve keeps one profile, and says how to choose it",
  async () => {
    const configuration = ["allow_anonymous true", "use_username_as_clientid true"];
    await using broker = await mosquitto({ configuration });
    const args = ["--broker", broker.url, "--name", "echo", "--username", "me", "--", ...fixture("echo_server.ts")];
    await using serve = await startServe(args);
    await serve.errors.find((line) =>
      /not served in the profile mcp-over-mqtt: .* same client.*add --profile request-response$/.test(line)
    );
    await using host = startProxy(["connect", "--broker", broker.url, "--name", "echo"]);
    await host.send({ jsonrpc: "2.0", id: 1, method: "hello" });
    assert.equal((await host.output.nextJson()).id, 1);
    const known = serve.errors.seen.length;
    await host.send({ jsonrpc: "2.0", id: 2, method: "hello" });
    assert.equal((await host.output.nextJson()).id, 2);
    assert.deepEqual(serve.errors.seen.slice(known), []);
  },
);

testOnMosquitto("where a user has one connection at a time, connect waits for its server on one of them", async () => {
  const configuration = ["allow_anonymous true", "use_username_as_clientid true"];
  await using broker = await mosquitto({ configuration });
  const address = ["--broker", broker.url, "--name", "echo", "--profile", "auto"];
  await using host = startProxy(["connect", ...address, "--username", "host"]);
  await host.send({ jsonrpc: "2.0", id: 1, method: "hello" });
  await host.errors.find((line) => line.includes("same client"));
  await using _serve = await startServe([
    ...["--broker", broker.url, "--name", "echo", "--username", "server", "--profile", "request-response"],
    ...["--", ...fixture("echo_server.ts")],
  ]);
  assert.ok((await host.output.nextJson()).result);
});

testOnMosquitto("serve ends with 77 when the broker refuses the login in every profile", async () => {
  await using broker = await mosquitto({ configuration: ["allow_anonymous false"] });
  const args = ["serve", "--broker", broker.url, "--name", "echo", "--", ...fixture("echo_server.ts")];
  await using serve = startProxy(args);
  assert.equal((await serve.status).code, 77);
});

testOnBrokers("a profile that was asked for is the only one", async (broker) => {
  for (const [profile, topic] of [["request-response", "mcp/echo"], ["mcp-over-mqtt", "$mcp-server/"]] as const) {
    await using serve = await startServe([
      ...["--broker", broker.url, "--name", "echo", "--profile", profile],
      ...["--", ...fixture("echo_server.ts")],
    ]);
    const online = serve.errors.seen.filter((line) => line.includes(" is online on "));
    assert.equal(online.length, 1);
    assert.ok(online[0]?.includes(`online on ${topic}`));
    assert.equal(serve.errors.seen.filter((line) => line.includes(" connected to ")).length, 1);
  }
});

Deno.test("a server that comes and goes is told once each time, and what was never online does not go offline", async () => {
  const port = freePort();
  const address = ["--broker", `mqtt://127.0.0.1:${port}`, "--name", "echo"];
  await using serve = startProxy(["serve", "--log-level", "debug", ...address, "--", ...fixture("echo_server.ts")]);
  const { seen } = serve.errors;
  const lines = (text: string) => seen.filter((line) => line.includes(text)).length;
  await eventually("attempts fail", () => lines("no connection to") >= 4);
  {
    await using _broker = await embeddedBroker({ port });
    await eventually("both profiles are online", () => lines("is online on") === 2);
  }
  await eventually("attempts fail again", () => lines("no connection to") >= 8);
  const words = seen.flatMap((line) => /echo is (\w+) on/.exec(line)?.[1] ?? []);
  assert.deepEqual(words, ["online", "online", "offline", "offline"]);
});
