import assert from "node:assert/strict";
import { testOnBrokers } from "../../support/brokers.ts";
import { run, runOnTerminal } from "../../support/command_line.ts";
import { connack, granted, publish } from "../../faults/hostile/bytes.ts";
import { type Guest, HostileBroker, type Mode } from "../../faults/hostile/broker.ts";
import { embeddedBroker, type TestBroker } from "../../support/embedded_broker.ts";
import { TestLinks } from "../../support/links.ts";
import { MqttPeer } from "../../support/mqtt_peer.ts";
import { startProxy } from "../../support/proxy.ts";
import { profileNamed, SERVER_OPTIONS } from "../../support/wire_options.ts";

const QUIET = ["--wait", "0.1", "--log-level", "off"];

/** One instance of a server, in one profile. */
async function instance(broker: TestBroker, profile: "request-response" | "mcp-over-mqtt", name: string, id: string) {
  const links = new TestLinks(broker);
  const online = Promise.withResolvers<void>();
  const acceptor = profileNamed(profile).accept(links.make, {
    ...SERVER_OPTIONS,
    serverName: name,
    clientId: id,
    description: `about ${name}`,
    observe: (event) => event.type === "server.online" ? online.resolve() : undefined,
    opened: () => {},
  });
  await online.promise;
  return {
    async [Symbol.asyncDispose]() {
      await acceptor[Symbol.asyncDispose]();
      await links[Symbol.asyncDispose]();
    },
  };
}

testOnBrokers("list shows every server of either profile, with its instances", async (broker) => {
  await using _one = await instance(broker, "request-response", "files", "a");
  await using _two = await instance(broker, "request-response", "files", "b");
  await using _three = await instance(broker, "mcp-over-mqtt", "home/attic/files", "c");
  await using peer = await MqttPeer.connect(broker.url);
  // Of others, with less in it, or with something else altogether.
  const presence = { jsonrpc: "2.0", method: "notifications/server/online", params: { description: "other\nlines" } };
  await peer.publish("$mcp-server/presence/d/demo/echo", presence, { retain: true });
  await peer.publish("$mcp-server/presence/e/demo/rubbish", "{", { retain: true });
  await peer.publish("home/phone/presence/state", "away", { retain: true });

  const { code, output, errors } = await run("list", "--broker", broker.url, ...QUIET);
  assert.equal(errors, "");
  assert.equal(code, 0);
  const [headings, ...rows] = output.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(headings, ["NAME", "PROFILES", "INSTANCES", "SINCE", "DESCRIPTION"]);
  assert.deepEqual(rows.map(([name, profile, count, _since, description]) => [name, profile, count, description]), [
    ["demo/echo", "mcp-over-mqtt", "1", "other lines"],
    ["files", "request-response", "2", "about files"],
    ["home/attic/files", "mcp-over-mqtt", "1", "about home/attic/files"],
  ]);

  const json = JSON.parse((await run("list", "--broker", broker.url, "--json", ...QUIET)).output);
  assert.deepEqual(json.map(({ name, topic }: { name: string; topic: string }) => [name, topic]), [
    ["demo/echo", "$mcp-server/d/demo/echo"],
    ["files", "mcp/files"],
    ["home/attic/files", "$mcp-server/c/home/attic/files"],
  ]);
  const [unknown, { instances: [a, b] }] = json;
  assert.deepEqual(unknown.profiles, ["mcp-over-mqtt"]);
  assert.deepEqual(unknown.instances, [{ id: "d", profile: "mcp-over-mqtt", topic: "$mcp-server/d/demo/echo" }]);
  assert.deepEqual([a.id, b.id], ["a", "b"]);
  assert.ok(Date.parse(a.since) <= Date.now());

  const filtered = await run("list", "--broker", broker.url, "--profile", "request-response", "--json", ...QUIET);
  assert.deepEqual(JSON.parse(filtered.output).map(({ name }: { name: string }) => name), ["files"]);
  for (const topic of ["$mcp-server/presence/d/demo/echo", "$mcp-server/presence/e/demo/rubbish"]) {
    await peer.publish(topic, "", { retain: true });
  }
});

testOnBrokers("list shows a server once that is there in several profiles", async (broker) => {
  await using _one = await instance(broker, "request-response", "files", "a");
  await using _two = await instance(broker, "mcp-over-mqtt", "files", "a-open");
  await using _three = await instance(broker, "request-response", "files", "b");
  const { output } = await run("list", "--broker", broker.url, ...QUIET);
  const rows = output.trimEnd().split("\n").slice(1).map((line) => line.split(/ {2,}/));
  assert.deepEqual(rows.map((row) => row.slice(0, 3)), [["files", "request-response, mcp-over-mqtt", "2"]]);
  const [server] = JSON.parse((await run("list", "--broker", broker.url, "--json", ...QUIET)).output);
  assert.deepEqual(server.profiles, ["request-response", "mcp-over-mqtt"]);
  assert.deepEqual(server.instances.map(({ id, topic }: { id: string; topic: string }) => [id, topic]), [
    ["a", "mcp/files"],
    ["b", "mcp/files"],
    ["a-open", "$mcp-server/a-open/files"],
  ]);
});

Deno.test("list on a terminal shows that it looks, and leaves nothing of that behind", async () => {
  await using broker = await embeddedBroker();
  const { errors } = await runOnTerminal("list", "--broker", broker.url, ...QUIET);
  assert.equal(errors, `\r\u001b[Klooking for servers on ${broker.url}\r\u001b[KNo server is online.\n`);
});

testOnBrokers("list says so when nobody is there", async (broker) => {
  assert.deepEqual(await run("list", "--broker", broker.url, ...QUIET), {
    code: 0,
    output: "",
    errors: "No server is online.\n",
  });
  assert.equal((await run("list", "--broker", broker.url, "--json", ...QUIET)).output, "[]\n");
});

testOnBrokers("list --watch shows who is there, who comes and who goes", async (broker) => {
  await using first = await instance(broker, "request-response", "files", "a");
  await using watch = startProxy(["list", "--watch", "--json", "--broker", broker.url]);
  const change = async () => {
    const { online, name, profile, instance } = await watch.output.nextJson();
    return [online, name, profile, instance];
  };
  assert.deepEqual(await change(), [true, "files", "request-response", "a"]);
  {
    await using _second = await instance(broker, "mcp-over-mqtt", "demo/echo", "b");
    assert.deepEqual(await change(), [true, "demo/echo", "mcp-over-mqtt", "b"]);
  }
  assert.deepEqual(await change(), [false, "demo/echo", "mcp-over-mqtt", "b"]);
  await first[Symbol.asyncDispose]();
  assert.deepEqual(await change(), [false, "files", "request-response", "a"]);
  watch.kill("SIGINT");
  assert.equal((await watch.status).code, 0);
});

Deno.test("list --watch tells who has gone while the broker was away", async () => {
  const broker = await embeddedBroker();
  const peer = await MqttPeer.connect(broker.url);
  const presence = { jsonrpc: "2.0", method: "notifications/server/online", params: { description: "an echo" } };
  await peer.publish("$mcp-server/presence/a/demo/echo", presence, { retain: true });
  await using watch = startProxy(["list", "--watch", "--broker", broker.url]);
  assert.match(await watch.output.next(), / \+ demo\/echo {2}mcp-over-mqtt {2}a {2}an echo$/);
  await peer[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose](); // and what it retained goes with it
  await using _again = await embeddedBroker({ port: broker.port });
  assert.match(await watch.output.next(), / - demo\/echo {2}mcp-over-mqtt {2}a {2}an echo$/);
});

Deno.test("list fails when the broker cannot be reached", async () => {
  const { code, errors } = await run("list", "--broker", "mqtt://127.0.0.1:1", "--connect-timeout", "2");
  assert.equal(code, 1);
  assert.match(errors, /^error: The broker mqtt:\/\/127\.0\.0\.1:1 cannot be reached: [^\n]*\n$/);
});

/** Asserts that `list` fails, and says that the broker has closed the connection. */
async function failsAsClosed(url: string, ...args: readonly string[]): Promise<void> {
  const { code, errors } = await run("list", "--broker", url, ...args);
  assert.equal(errors, `error: The broker ${url} cannot be reached: the broker closed the connection\n`);
  assert.equal(code, 1);
}

Deno.test("list fails when the broker closes each connection as soon as it has accepted it", async () => {
  const mode: Mode = {
    name: "closes after CONNACK",
    on: {
      connect: async (guest) => {
        await guest.send(connack());
        guest.close();
        return true;
      },
    },
  };
  await using broker = new HostileBroker(mode);
  await failsAsClosed(broker.url, "--connect-timeout", "2", ...QUIET);
});

Deno.test("list fails when the connection is lost before the broker has told who is there", async () => {
  await using broker = new HostileBroker({
    name: "closes at UNSUBSCRIBE",
    on: { unsubscribe: (guest) => guest.close() },
  });
  await failsAsClosed(broker.url, ...QUIET);
});

Deno.test("list fails when the connection is lost and the next one does not tell in time who is there", async () => {
  let closed = false;
  await using broker = new HostileBroker({
    name: "closes at the first UNSUBSCRIBE, and answers no other",
    on: {
      unsubscribe: (guest) => {
        if (closed) return true;
        closed = true;
        guest.close();
      },
    },
  });
  await failsAsClosed(broker.url, "--wait", "0.3", "--log-level", "off");
});

Deno.test("list --watch goes on when the connection is lost before the broker has told who is there", async () => {
  let closed = false;
  await using broker = new HostileBroker({
    name: "closes at the first UNSUBSCRIBE",
    on: {
      unsubscribe: (guest) => {
        if (!closed) guest.close();
        closed = true;
      },
    },
    beside: (guest) => closed ? guest.send(presence("late")) : undefined,
  });
  await using watch = startProxy(["list", "--watch", "--broker", broker.url, "--wait", "0.01"]);
  assert.match(await watch.output.next(), / \+ mcp\/late {2}request-response {2}a/);
});

const presence = (name: string) =>
  publish(`mcp/${name}/presence/a`, '{"jsonrpc":"2.0","method":"notifications/server/online","params":{}}', {
    retain: true,
  });

Deno.test("list waits for a broker that pauses in the middle of what it has to tell", async () => {
  const mode: Mode = {
    name: "pauses",
    beside: (guest) => guest.send(presence("first")),
    on: {
      unsubscribe: async (guest, { messageId = 0 }) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        await guest.send(presence("last"), granted(0xb0, messageId, [0]));
        return true;
      },
    },
  };
  await using broker = new HostileBroker(mode);
  const { code, output, errors } = await run("list", "--broker", broker.url, "--json", ...QUIET);
  assert.deepEqual(JSON.parse(output).map(({ name }: { name: string }) => name), ["mcp/first", "mcp/last"]);
  assert.deepEqual([code, errors], [0, ""]);
});

Deno.test("list says so when it does not know whether the broker has told of all", async () => {
  const mode = {
    name: "never answers",
    beside: (guest: Guest) => guest.send(presence("first")),
    on: { unsubscribe: () => true },
  };
  await using broker = new HostileBroker(mode);
  const { code, output, errors } = await run("list", "--broker", broker.url, "--json", ...QUIET);
  assert.deepEqual(JSON.parse(output).map(({ name }: { name: string }) => name), ["mcp/first"]);
  assert.match(errors, /^There may be more servers: [^\n]*--wait\.\n$/);
  assert.equal(code, 0);
});

Deno.test("list --wait 0 does not wait, and --connect-timeout 0 waits until it is asked to end", async () => {
  {
    await using broker = await embeddedBroker();
    assert.equal((await run("list", "--broker", broker.url, "--wait", "0")).code, 0);
  }
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    const at = ["--broker", "mqtt://127.0.0.1:1", "--connect-timeout", "0", "--log-level", "info"];
    await using list = startProxy(["list", ...at]);
    await list.errors.find((line) => line.includes("no connection to"));
    list.kill(signal);
    assert.equal((await list.status).code, code);
    await list.errors.ended;
    assert.ok(!list.errors.seen.some((line) => line.includes("error:")));
  }
});

Deno.test("list and check have a will, and say goodbye before they go, as the convention wants it", async () => {
  await using broker = await embeddedBroker();
  const wills = new Map<string, string>();
  broker.aedes.on(
    "client",
    (client) => wills.set(client.id, (client as { will?: { topic: string } }).will?.topic ?? ""),
  );
  await using watcher = await MqttPeer.connect(broker.url);
  await watcher.subscribe("$mcp-client/presence/+");
  for (const command of [["list", ...QUIET], ["check", "--json"]]) {
    const clientId = `me-${command[0]}`;
    const { code } = await run(...command, "--broker", broker.url, "--client-id", clientId);
    assert.equal(code, 0);
    const { topic } = await watcher.nextOn(`$mcp-client/presence/${clientId}`);
    assert.equal(wills.get(clientId), topic);
  }
});

testOnBrokers("list ends in its time, whoever keeps announcing servers", async (broker) => {
  await using peer = await MqttPeer.connect(broker.url);
  let number = 0;
  const presence = { jsonrpc: "2.0", method: "notifications/server/online", params: {} };
  const announce = setInterval(() => {
    void peer.publish(`mcp/s${++number}/presence/a`, presence, { retain: true });
    void peer.publish("mcp/same/presence/a", presence, { retain: true });
  }, 20);
  try {
    const { code, output, errors } = await run("list", "--broker", broker.url, "--wait", "0.1", "--json");
    assert.equal(code, 0);
    assert.match(errors, /^There may be more servers: /);
    assert.ok(JSON.parse(output).length > 1);
  } finally {
    clearInterval(announce);
  }
});
