import assert from "node:assert/strict";
import { ConnectError, type ConnectRequest, type MqttConnection } from "../../../src/mqtt/connection/connection.ts";
import { connectToBroker } from "../../../src/mqtt/connection/connect.ts";
import type { PublishPacket, ReceivedPacket } from "../../../src/mqtt/link.ts";
import { testOnBrokers, testOnMosquitto } from "../../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../../support/embedded_broker.ts";
import { mosquitto } from "../../support/mosquitto.ts";
import { freePort } from "../../support/net.ts";
import { eventually, within } from "../../support/wait.ts";

async function open(
  url: string,
  received: ConnectRequest["received"] = () => {},
  rest: Partial<ConnectRequest> = {},
): Promise<MqttConnection> {
  return await connectToBroker({
    broker: { url, keepAlive: 60 },
    plan: { clientId: `test-${crypto.randomUUID().slice(0, 8)}` },
    protocolVersion: 5,
    received,
    ...rest,
  }, new AbortController().signal);
}

/** Declares a test for both kinds of connections: our own, and those of MQTT.js. */
function testConnections(name: string, body: (broker: TestBroker) => Promise<void>): void {
  testOnBrokers(name, body);
  testOnMosquitto(`${name}, over a websocket`, async () => {
    await using broker = await mosquitto({ scheme: "ws" });
    await body(broker);
  });
}

function packet(rest: Partial<PublishPacket> = {}): PublishPacket {
  return { topic: "a", payload: new Uint8Array(), qos: 1, ...rest };
}

function published(connection: MqttConnection, packet: PublishPacket): Promise<number> {
  return new Promise((resolve) => connection.publish(packet, resolve));
}

for (const protocolVersion of [4, 5] as const) {
  testConnections(
    `messages of every QoS and size arrive whole and once, MQTT version ${protocolVersion}`,
    async (broker) => {
      const arrivals: ReceivedPacket[] = [];
      const early = [[{ filter: "a/#", qos: 2, noLocal: false }, { filter: "b", qos: 0, noLocal: false }]] as const;
      const connection = await open(broker.url, (packet) => void arrivals.push(packet), { protocolVersion, early });
      assert.deepEqual(await within("the early grants", Promise.all(connection.early)), [[2, 0]]);
      assert.deepEqual(await connection.subscribe([{ filter: "c", qos: 1, noLocal: false }]), [1]);
      // Mosquitto 2.0.11 reads nothing more from a websocket once it has sent a large message there.
      const sizes = [0, 1, 127, 128, 20_000, broker.url.startsWith("ws") ? 100_000 : 1_000_000];
      const topics = ["a/\u20ac", "b", "c"];
      const qoses = [2, 0, 1] as const;
      for (const size of sizes) {
        for (const [index, topic] of topics.entries()) {
          const payload = new Uint8Array(size).fill(index + 1);
          const outcome = published(connection, packet({ topic, payload, qos: qoses[index] ?? 0 }));
          assert.equal(await within("the acknowledgement", outcome), 0);
        }
      }
      await eventually("everything is there", () => arrivals.length >= sizes.length * topics.length);
      for (const [index, topic] of topics.entries()) {
        const ofTopic = arrivals.filter((packet) => packet.topic === topic);
        assert.deepEqual(ofTopic.map(({ payload }) => payload.length), sizes);
        assert.ok(
          ofTopic.every(({ payload, qos }) => payload.every((byte) => byte === index + 1) && qos === qoses[index]),
        );
      }
      await connection.unsubscribe("c");
      const before = arrivals.length;
      await published(connection, packet({ topic: "c" }));
      await published(connection, packet({ topic: "b" }));
      await eventually("what is behind it is there", () => arrivals.length > before);
      assert.deepEqual(arrivals.slice(before).map(({ topic }) => topic), ["b"]);
      await connection.end();
    },
  );
}

testConnections("what is retained comes with its flag, and properties come as they were given", async (broker) => {
  const arrivals: ReceivedPacket[] = [];
  const connection = await open(broker.url, (packet) => void arrivals.push(packet));
  const properties = {
    responseTopic: "r/\u20ac",
    correlationData: Uint8Array.of(0, 255),
    messageExpiryInterval: 1000,
    payloadFormatIndicator: true,
    contentType: "text/plain",
    userProperties: { one: "1", two: ["a", "b"] },
  };
  await published(connection, packet({ topic: "kept", payload: Uint8Array.of(65), retain: true, properties }));
  await connection.subscribe([{ filter: "kept", qos: 1, noLocal: false }]);
  await eventually("it is there", () => arrivals.length === 1);
  const [arrival] = arrivals;
  assert.equal(arrival?.retain, true);
  const { correlationData, userProperties, messageExpiryInterval, ...rest } = arrival?.properties ?? {};
  assert.deepEqual([...correlationData ?? []], [0, 255]);
  assert.deepEqual({ ...userProperties }, properties.userProperties);
  assert.ok(messageExpiryInterval !== undefined && messageExpiryInterval > 900);
  assert.deepEqual(rest, { responseTopic: "r/\u20ac", payloadFormatIndicator: true, contentType: "text/plain" });
  await connection.end();
});

testConnections("a goodbye keeps the will back, and an end without one lets it go", async (broker) => {
  const wills: string[] = [];
  const watcher = await open(broker.url, ({ topic }) => void wills.push(topic));
  await watcher.subscribe([{ filter: "will/#", qos: 1, noLocal: false }]);
  const will = (topic: string) => ({ topic, payload: new Uint8Array(), qos: 1, retain: false }) as const;
  const polite = await open(broker.url, undefined, { plan: { clientId: "polite", will: will("will/polite") } });
  await polite.end();
  const rude = await open(broker.url, undefined, { plan: { clientId: "rude", will: will("will/rude") } });
  rude.destroy();
  await eventually("the will is there", () => wills.length > 0);
  assert.deepEqual(wills, ["will/rude"]);
  await watcher.end();
});

testConnections("properties that are empty or out of bounds do no harm", async (broker) => {
  const arrivals: ReceivedPacket[] = [];
  const connection = await open(broker.url, (packet) => void arrivals.push(packet));
  await connection.subscribe([{ filter: "a", qos: 1, noLocal: false }]);
  const odd = [
    {},
    { messageExpiryInterval: 1e12 },
    { messageExpiryInterval: 2 ** 32 },
    { userProperties: {} },
    { userProperties: { a: [] } },
    { correlationData: new Uint8Array() },
    { contentType: "" },
  ];
  for (const properties of odd) {
    assert.equal(await within("the acknowledgement", published(connection, packet({ properties }))), 0);
  }
  await eventually("everything is there", () => arrivals.length === odd.length);
  await connection.end();
});

testConnections("a message that is handed over while the connection ends does not count as sent", async (broker) => {
  for (const qos of [0, 1] as const) {
    const connection = await open(broker.url);
    let acknowledged = false;
    const ending = connection.end();
    connection.publish(packet({ qos }), () => acknowledged = true);
    await ending;
    assert.equal(acknowledged, false);
  }
});

testConnections("a connection that was dropped acknowledges nothing any more", async (broker) => {
  const connection = await open(broker.url);
  let acknowledged = false;
  connection.publish(packet(), () => acknowledged = true);
  connection.destroy();
  await connection.closed;
  connection.destroy();
  await connection.end();
  assert.equal(acknowledged, false);
  await assert.rejects(connection.subscribe([{ filter: "a", qos: 1, noLocal: false }]));
});

Deno.test("no connection is an error with the platform's reason, and an abort ends the attempt", async () => {
  await assert.rejects(open(`mqtt://127.0.0.1:${freePort()}`), (error) => {
    assert.ok(error instanceof ConnectError);
    assert.deepEqual([error.reasonCode, error.silent], [undefined, false]);
    assert.match(error.message, /ECONNREFUSED|refused/);
    return true;
  });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const abort = new AbortController();
  const attempt = connectToBroker({
    broker: { url: `mqtt://127.0.0.1:${listener.addr.port}`, keepAlive: 60 },
    plan: { clientId: "me" },
    protocolVersion: 5,
    received: () => {},
  }, abort.signal);
  const connection = await accepted;
  abort.abort();
  await within("the end of the attempt", attempt.then(() => assert.fail("it succeeded"), () => {}));
  connection.close();
  await assert.rejects(async () => {
    await connectToBroker({
      broker: { url: "mqtt://127.0.0.1", keepAlive: 60 },
      plan: { clientId: "me" },
      protocolVersion: 5,
      received: () => {},
    }, abort.signal);
  });
});

Deno.test("a broker that closes without a word is told from one that says why", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(100));
    connection.close();
  })();
  await assert.rejects(open(`mqtt://127.0.0.1:${listener.addr.port}`), (error) => {
    return error instanceof ConnectError && error.silent && error.reasonCode === undefined;
  });
  await serving;
  await using broker = await embeddedBroker();
  broker.aedes.authenticate = (_client, _username, _password, done) => done(null, false);
  await assert.rejects(open(broker.url), (error) => {
    return error instanceof ConnectError && !error.silent && (error.reasonCode ?? 0) >= 0x80;
  });
});
