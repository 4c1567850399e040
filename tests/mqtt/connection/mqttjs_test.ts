import assert from "node:assert/strict";
import { ConnectError, type ConnectRequest, type MqttConnection } from "../../../src/mqtt/connection/connection.ts";
import { connectMqttJs } from "../../../src/mqtt/connection/mqttjs.ts";
import type { PublishPacket, ReceivedPacket } from "../../../src/mqtt/link.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { freePort } from "../../support/net.ts";
import { eventually, within } from "../../support/wait.ts";

async function open(url: string, received: ConnectRequest["received"] = () => {}): Promise<MqttConnection> {
  return await connectMqttJs({
    broker: { url, keepAlive: 60 },
    plan: { clientId: `test-${crypto.randomUUID().slice(0, 8)}` },
    protocolVersion: 5,
    cleanStart: true,
    received,
  }, new AbortController().signal);
}

function packet(rest: Partial<PublishPacket> = {}): PublishPacket {
  return { topic: "a", payload: new Uint8Array(), qos: 1, ...rest };
}

function published(connection: MqttConnection, packet: PublishPacket): Promise<number> {
  return new Promise((resolve) => connection.publish(packet, resolve));
}

testOnBrokers("properties that MQTT.js trips over do no harm", async (broker) => {
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

testOnBrokers("a message that is handed over while the connection ends does not count as sent", async (broker) => {
  for (const qos of [0, 1] as const) {
    const connection = await open(broker.url);
    let acknowledged = false;
    const ending = connection.end();
    connection.publish(packet({ qos }), () => acknowledged = true);
    await ending;
    assert.equal(acknowledged, false);
  }
});

testOnBrokers("a connection that was dropped acknowledges nothing any more", async (broker) => {
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
  const attempt = connectMqttJs({
    broker: { url: `mqtt://127.0.0.1:${listener.addr.port}`, keepAlive: 60 },
    plan: { clientId: "me" },
    protocolVersion: 5,
    cleanStart: true,
    received: () => {},
  }, abort.signal);
  const connection = await accepted;
  abort.abort();
  await within("the end of the attempt", attempt.then(() => assert.fail("it succeeded"), () => {}));
  connection.close();
  await assert.rejects(async () => {
    await connectMqttJs({
      broker: { url: "mqtt://127.0.0.1", keepAlive: 60 },
      plan: { clientId: "me" },
      protocolVersion: 5,
      cleanStart: true,
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
