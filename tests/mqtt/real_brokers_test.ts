import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { Failure } from "../../src/core/failure.ts";
import { Secret } from "../../src/core/secret.ts";
import { embeddedBroker, oldBroker, type TestBroker } from "../support/embedded_broker.ts";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { retained, TestClient } from "../support/mqtt_client.ts";
import { freePort } from "../support/net.ts";
import { Link } from "../support/test_link.ts";
import { eventually, within } from "../support/wait.ts";

testOnBrokers("a link carries messages with all their properties, in order, at every QoS", async (broker) => {
  await using link = new Link(broker.url);
  void link.hear("a/#", { qos: 2 });
  await link.online();
  const properties = {
    responseTopic: "b/ü",
    correlationData: Uint8Array.of(0, 255, 128),
    messageExpiryInterval: 100,
    payloadFormatIndicator: true,
    contentType: "application/json",
    userProperties: { one: "1", several: ["a", "b"], "": "ü😀" },
  };
  for (const qos of [0, 1, 2] as const) assert.equal(await link.say(`a/${qos}`, { qos, properties }), undefined);
  await eventually("everything is there", () => link.arrivals.length === 3);
  assert.deepEqual(link.topics, ["a/0", "a/1", "a/2"]);
  for (const { properties: got, retain } of link.arrivals) {
    assert.equal(retain, false);
    assert.equal(got.responseTopic, "b/ü");
    assert.deepEqual(new Uint8Array(got.correlationData ?? []), Uint8Array.of(0, 255, 128));
    assert.equal(got.contentType, "application/json");
    assert.equal(got.payloadFormatIndicator, true);
    const { one, several, "": empty } = got.userProperties ?? {};
    assert.deepEqual({ one, several, empty }, { one: "1", several: ["a", "b"], empty: "ü😀" });
  }
});

testOnBrokers(
  "what is not to be heard locally is not, and what is retained is told from what is new",
  async (broker) => {
    await using other = await TestClient.connect(broker.url);
    await other.publish("old", "retained", { qos: 1, retain: true });
    await using link = new Link(broker.url);
    void link.hear("a", { noLocal: true });
    void link.hear("old");
    void link.hear("end");
    await link.online();
    await link.say("a");
    await other.publish("a", "theirs");
    await other.publish("old", "new", { qos: 1, retain: true });
    await link.say("end");
    await eventually("the end is there", () => link.topics.includes("end"));
    const texts = link.arrivals.map(({ payload, retain }) => `${new TextDecoder().decode(payload)} ${retain}`);
    assert.deepEqual(texts, ["retained true", "theirs false", "new false", "end false"]);
  },
);

testOnBrokers("a handler that is not ready holds the next message back, and loses none", async (broker) => {
  await using link = new Link(broker.url);
  const ready = Promise.withResolvers<void>();
  const got: string[] = [];
  void link.subscribe({
    filter: "a",
    qos: 1,
    handler: ({ payload }) => {
      got.push(new TextDecoder().decode(payload));
      return got.length === 1 ? ready.promise : undefined;
    },
  });
  await link.online();
  await using other = await TestClient.connect(broker.url);
  for (const text of ["1", "2", "3"]) await other.publish("a", text);
  await eventually("the first one is there", () => got.length === 1);
  await other.publish("b", "");
  assert.deepEqual(got, ["1"]);
  ready.resolve();
  await eventually("all are there", () => got.length === 3);
  assert.deepEqual(got, ["1", "2", "3"]);
});

testOnBrokers("a goodbye sends no will, and a connection that is cut does", async (broker) => {
  await using witness = await TestClient.connect(broker.url, {}, "will/#", "marker");
  const plan = (name: string) => ({
    will: {
      topic: `will/${name}`,
      payload: new TextEncoder().encode("gone"),
      qos: 1 as const,
      retain: false,
    },
  });
  const polite = await new Link(broker.url, { plan: plan("polite") }).online();
  await polite.close();
  await witness.publish("marker", "");
  await witness.arrival("the marker is there", ({ topic }) => topic === "marker");
  assert.deepEqual(witness.arrivals.map(({ topic }) => topic), ["marker"]);

  const script = `
    const { BrokerLink, BROKER_PRESETS } = await import("${new URL("../../src/mqtt/mod.ts", import.meta.url).href}");
    const link = new BrokerLink({
      broker: { url: "${broker.url}", keepAlive: 60 }, preset: BROKER_PRESETS.standard, observe() {},
      plan: { clientId: "rude", will: { topic: "will/rude", payload: new Uint8Array(1), qos: 1, retain: false } },
    });
    link.watch(({ status }) => { if (status === "online") Deno.kill(Deno.pid, "SIGKILL"); });
    link.open();`;
  await new Deno.Command(Deno.execPath(), { args: ["eval", script], stdout: "null", stderr: "null" }).output();
  await witness.arrival("the will is there", ({ topic }) => topic === "will/rude");
});

testOnBrokers("a client id that is used twice goes to the newcomer, and the first one says so", async (broker) => {
  await using first = await new Link(broker.url, { plan: { clientId: "twin" } }).online();
  await using second = await TestClient.connect(broker.url, { clientId: "twin", clean: true });
  const failure = await eventually("the first one is told", () => first.failure);
  assert.equal(failure.reason, "broker-unreachable");
  assert.ok(second.connected);
});

/** Starts a broker of one kind on a port of its own, again and again. */
type Start = (port: number) => Promise<TestBroker>;

const STARTS: readonly [kind: string, start: Start, declare: (name: string, body: () => Promise<void>) => void][] = [
  ["embedded", (port) => embeddedBroker({ port }), (name, body) => Deno.test(`${name} [embedded]`, body)],
  ["mosquitto", (port) => mosquitto({ port }), testOnMosquitto],
];

for (const [, start, declare] of STARTS) {
  declare(
    "a link comes online when its broker comes, and again after the broker's restart, with its subscriptions",
    async () => {
      const port = freePort();
      await using link = new Link(`mqtt://127.0.0.1:${port}`);
      void link.hear("a/#");
      assert.match((await link.failing()).message, /cannot be reached: .*(refused|ECONNREFUSED)/i);
      for (let round = 0; round < 2; round++) {
        await eventually("the link is offline", () => link.state.status === "connecting");
        await using broker = await start(port);
        await eventually("the link is online", () => link.state.status === "online", 30_000);
        await using other = await TestClient.connect(broker.url);
        await other.publish(`a/${round}`, "");
        await eventually("the message is there", () => link.topics.includes(`a/${round}`));
        assert.deepEqual(link.arrivals.length, round + 1);
      }
      await eventually("the link is offline", () => link.state.status === "connecting");
    },
  );

  declare("what is published while the broker is away arrives in order when it is back", async () => {
    const port = freePort();
    await using link = new Link(`mqtt://127.0.0.1:${port}`);
    {
      await using _broker = await start(port);
      void link.hear("a");
      await link.online();
    }
    await eventually("the link is offline", () => link.state.status === "connecting");
    const outcomes = Array.from({ length: 50 }, (_, number) => link.say("a", { payload: Uint8Array.of(number) }));
    await using _broker = await start(port);
    assert.deepEqual(await Promise.all(outcomes), Array(50).fill(undefined));
    await eventually("everything is there", () => link.arrivals.length === 50, 30_000);
    assert.deepEqual(link.arrivals.map(({ payload }) => payload[0]), [...Array(50).keys()]);
  });
}

Deno.test("a link survives a cut in the middle of everything, without losing what QoS 1 promises", async () => {
  await using broker = await embeddedBroker();
  await using witness = await TestClient.connect(broker.url, {}, "a");
  await using link = await new Link(broker.url).online();
  const outcomes: Promise<Failure | undefined>[] = [];
  for (let number = 0; number < 200; number++) {
    outcomes.push(link.say("a", { payload: Uint8Array.of(number) }));
    if (number === 50) broker.disconnect(link.clientId);
    if (number % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.deepEqual(await Promise.all(outcomes), Array(200).fill(undefined));
  await eventually(
    "everything is there",
    () => new Set(witness.arrivals.map(({ payload }) => payload[0])).size === 200,
  );
});

Deno.test("a broker that accepts and says nothing is given up after its time, and closing does not wait for it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connection = listener.accept();
  const link = new Link(`mqtt://127.0.0.1:${listener.addr.port}`);
  link.open();
  (await connection).readable;
  await within("closing", link.close(), 3_000);
  (await connection).close();
});

Deno.test("a port on which no MQTT is spoken gets an error, not a crash", async () => {
  const replies = [
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "\xff\xff\xff\xff\xff\xff",
    "SSH-2.0-OpenSSH\r\n",
    "\x20\x02\x00",
  ];
  for (const reply of replies) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = (async () => {
      for await (const connection of listener) {
        await connection.write(Uint8Array.from(reply, (character) => character.charCodeAt(0))).catch(() => {});
        connection.close();
      }
    })();
    await using link = new Link(`mqtt://127.0.0.1:${listener.addr.port}`);
    assert.equal((await link.failing()).reason, "broker-unreachable", reply);
    await link.close();
    listener.close();
    await serving.catch(() => {});
  }
});

Deno.test("a host that does not exist is an error that names it", async () => {
  await using link = new Link("mqtt://no-such-host.invalid:1883");
  assert.match((await link.failing()).message, /no-such-host\.invalid/);
});

Deno.test("a password that is wrong is refused with the settings to check, and shown nowhere", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authenticate = (_client, username, password, done) =>
    done(null, username === "me" && password?.toString() === "right");
  await using welcome = new Link(broker.url, { username: "me", password: new Secret("right") });
  await welcome.online();
  await using link = new Link(broker.url, { username: "me", password: new Secret("wrong-password") });
  const failure = await link.refused();
  assert.equal(failure.reason, "login-refused");
  assert.match(failure.message, /refused the login: .*check the username/);
  assert.ok(!JSON.stringify([link.events, failure.message, failure.details]).includes("wrong-password"));
});

testOnMosquitto("a password that is wrong is refused by mosquitto as well", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const file = `${directory}/passwords`;
    await new Deno.Command("mosquitto_passwd", { args: ["-b", "-c", file, "me", "right"] }).output();
    await Deno.chmod(directory, 0o755);
    await Deno.chmod(file, 0o644);
    await using broker = await mosquitto({ configuration: ["allow_anonymous false", `password_file ${file}`] });
    await using welcome = new Link(broker.url, { username: "me", password: new Secret("right") });
    await welcome.online();
    for (const protocolVersion of [4, 5] as const) {
      const password = new Secret("wrong-password");
      await using link = new Link(broker.url, { username: "me", password, protocolVersion });
      const failure = await link.refused();
      assert.equal(failure.reason, "login-refused");
      assert.match(failure.message, /Not authorized \(0x87\); check the username, the password/);
    }
    await using anonymous = new Link(broker.url);
    assert.equal((await anonymous.refused()).reason, "login-refused");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a subscription that the broker does not grant is named, with its reason code", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
    done(null, subscription.topic.startsWith("forbidden") ? null : subscription);
  await using link = new Link(broker.url);
  void link.hear("allowed");
  void link.hear("forbidden/#");
  const failure = await link.refused();
  assert.equal(failure.reason, "not-authorized");
  assert.match(failure.message, /"forbidden\/#"/);
});

Deno.test("a message that the broker does not let through fails, and no other one", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizePublish = (_client, packet, done) =>
    done(packet.topic === "forbidden" ? new Error("forbidden") : null);
  await using link = await new Link(broker.url).online();
  const failure = await link.say("forbidden");
  assert.equal(failure?.reason, "not-authorized");
  assert.match(failure?.message ?? "", /refused a message to "forbidden": Not authorized \(0x87\)/);
  assert.equal(await link.say("allowed"), undefined);
});

testOnMosquitto("what mosquitto says in CONNACK is obeyed", async () => {
  await using broker = await mosquitto({
    configuration: [
      "allow_anonymous true",
      "max_qos 1",
      "max_packet_size 2000",
      "max_keepalive 30",
      "retain_available false",
    ],
  });
  await using link = new Link(broker.url);
  void link.hear("a/#", { qos: 1 });
  await link.online();
  assert.ok(link.state.status === "online");
  const { maximumQoS, maximumPacketSize, keepAlive, retainAvailable } = link.state.limits;
  assert.deepEqual([maximumQoS, maximumPacketSize, keepAlive, retainAvailable], [1, 2_000, 30, false]);
  assert.equal(await link.say("a/qos", { qos: 2 }), undefined);
  assert.equal((await link.say("a/retain", { retain: true }))?.reason, "publish-refused");
  assert.equal((await link.say("a/large", { payload: new Uint8Array(2_000) }))?.reason, "too-large");
  const fits = 2_000 - 40;
  assert.equal(await link.say("a/fits", { payload: new Uint8Array(fits) }), undefined);
  await eventually("what fits is there", () => link.topics.includes("a/fits"));
  assert.deepEqual(link.arrivals.map(({ topic, qos }) => [topic, qos]), [["a/qos", 1], ["a/fits", 1]]);
  assert.equal(link.state.status, "online");
});

testOnMosquitto("a message to nobody is known not to have arrived", async () => {
  await using broker = await mosquitto();
  await using link = await new Link(broker.url).online();
  const failure = await link.say("nobody/listens");
  assert.deepEqual([failure?.reason, failure?.details], ["no-server-online", { reasonCode: 0x10 }]);
});

Deno.test("a broker of MQTT 3.1.1 is spoken to in 3.1.1, and the log says so", async () => {
  await using broker = await oldBroker();
  await using link = new Link(broker.url);
  void link.hear("a");
  await link.online();
  assert.ok(link.state.status === "online" && link.state.limits.protocolVersion === 4);
  assert.ok(link.events.some(({ type }) => type === "broker.downgraded"));
  assert.equal(await link.say("a", { properties: { responseTopic: "b" } }), undefined);
  await eventually("the message is there", () => link.topics.includes("a"));
});

testOnBrokers("MQTT 3.1.1 is spoken when it is asked for, and shared subscriptions are left out", async (broker) => {
  await using link = new Link(broker.url, { protocolVersion: 4 });
  void link.hear("a", { share: "group" });
  await link.online();
  assert.ok(link.state.status === "online" && link.state.limits.protocolVersion === 4);
  assert.equal(await link.say("a"), undefined);
  await eventually("the message is there", () => link.topics.includes("a"));
});

testOnMosquitto("members of a group share the messages", async () => {
  await using broker = await mosquitto();
  await using first = new Link(broker.url);
  await using second = new Link(broker.url);
  for (const link of [first, second]) {
    void link.hear("a", { share: "group" });
    await link.online();
  }
  await using other = await TestClient.connect(broker.url);
  for (let number = 0; number < 20; number++) await other.publish("a", String(number));
  await eventually("everything is there", () => first.arrivals.length + second.arrivals.length === 20);
  assert.ok(first.arrivals.length > 0 && second.arrivals.length > 0);

  await first.unsubscribe("a");
  const before = second.arrivals.length;
  for (let number = 0; number < 10; number++) await other.publish("a", String(number));
  await eventually("all of it is with the one that has stayed", () => second.arrivals.length === before + 10);
});

testOnBrokers("a retained message can be taken back", async (broker) => {
  await using link = await new Link(broker.url).online();
  await link.say("kept", { retain: true });
  assert.equal(await retained(broker.url, "kept"), "kept");
  await link.say("kept", { retain: true, payload: new Uint8Array() });
  assert.equal(await retained(broker.url, "kept"), undefined);
});

testOnMosquitto("a member of a group that has said goodbye gets no more messages", async () => {
  await using broker = await mosquitto();
  for (let round = 0; round < 2; round++) {
    await using link = new Link(broker.url);
    void link.hear("a", { share: "group" });
    await link.online();
  }
  await using link = new Link(broker.url);
  void link.hear("a", { share: "group" });
  await link.online();
  await using other = await TestClient.connect(broker.url);
  for (let number = 0; number < 10; number++) await other.publish("a", String(number));
  await eventually("everything is there", () => link.arrivals.length === 10);
});

testOnMosquitto("nothing of a link is left on the broker after its goodbye, on either version of MQTT", async () => {
  await using broker = await mosquitto();
  for (const protocolVersion of [4, 5] as const) {
    const plan = { clientId: `leaver-${protocolVersion}` };
    {
      await using link = new Link(broker.url, { plan, protocolVersion });
      void link.hear("a");
      await link.online();
      // Another one with its id cuts it off.
      await using _other = await TestClient.connect(broker.url, { clientId: plan.clientId, clean: false });
      await eventually("the link is offline", () => link.state.status === "connecting");
      await link.online();
    }
    await using heir = await TestClient.connect(broker.url, { clientId: plan.clientId, clean: false, protocolVersion });
    assert.equal(heir.sessionPresent, false, `MQTT ${protocolVersion}`);
  }
});

testOnMosquitto("a broker that freezes is noticed by Keep Alive, and met again when it thaws", async () => {
  await using broker = await mosquitto();
  await using link = await new Link(broker.url, { keepAlive: 1 }).online();
  Deno.kill(broker.pid, "SIGSTOP");
  try {
    await eventually("the link is offline", () => link.state.status === "connecting");
    assert.match(link.failure?.message ?? "", /cannot be reached: .*silent for 1.5 s, which Keep Alive/);
  } finally {
    Deno.kill(broker.pid, "SIGCONT");
  }
  await eventually("the link is online", () => link.state.status === "online", 30_000);
  assert.equal(await link.say("a", { qos: 0 }), undefined);
});

Deno.test("a broker can be named by an IPv6 address and by a name", async () => {
  await using broker = await embeddedBroker();
  const relay = createServer((socket) => {
    const onward = connect(broker.port, "127.0.0.1");
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) {
      end.on("error", () => {}).on("close", () => (socket.destroy(), onward.destroy()));
    }
  });
  const listening = await new Promise<boolean>((resolve) => {
    relay.once("error", () => resolve(false)).listen(0, "::1", () => resolve(true));
  });
  if (listening) {
    const address = relay.address();
    assert.ok(address !== null && typeof address === "object");
    const link = await new Link(`mqtt://[::1]:${address.port}`).online();
    await link.close();
    await new Promise((resolve) => relay.close(resolve));
  }
  await using named = new Link(broker.url.replace("127.0.0.1", "localhost"));
  await named.online();
});
