import assert from "node:assert/strict";
import { connect } from "mqtt";
import { BROKER_PRESETS, BrokerLink, type MqttLink, type ReceivedPacket, whenOnline } from "../../src/mqtt/mod.ts";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";

function openLink(url: string, clientId = `test-${crypto.randomUUID().slice(0, 8)}`): BrokerLink {
  return new BrokerLink({
    broker: { url, keepAlive: 60 },
    plan: { clientId },
    preset: BROKER_PRESETS.standard,
    observe: () => {},
  }).open();
}

async function online(link: MqttLink): Promise<void> {
  await whenOnline(link, 10_000, new AbortController().signal);
}

function publish(link: MqttLink, topic: string, text: string, retain = false): Promise<void> {
  return new Promise((resolve, reject) => {
    const payload = new TextEncoder().encode(text);
    void link.publish({ topic, payload, qos: 1, retain }, (failure) => failure ? reject(failure) : resolve());
  });
}

testOnBrokers("a message says by its identifier which subscription it was sent for", async (broker) => {
  await using link = openLink(broker.url);
  await online(link);
  const seen: ReceivedPacket[] = [];
  await link.subscribe({ filter: "plain", qos: 0, handler: (packet) => void seen.push(packet) });
  await link.subscribe({ filter: "named/+", qos: 0, identifier: 7, handler: (packet) => void seen.push(packet) });
  await publish(link, "plain", "a");
  await publish(link, "named/x", "b");
  await link.roundTrip();
  assert.deepEqual(seen.map(({ topic, subscriptionIdentifiers }) => [topic, subscriptionIdentifiers]), [
    ["plain", undefined],
    ["named/x", [7]],
  ]);
});

testOnBrokers("filters that the client library has other uses for are filters all the same", async (broker) => {
  await using link = openLink(broker.url);
  await online(link);
  const seen: string[] = [];
  for (const filter of ["resubscribe", "10", "9"]) {
    await link.subscribe({ filter, qos: 0, identifier: 1, handler: ({ topic }) => void seen.push(topic) });
    await publish(link, filter, "x");
  }
  await link.roundTrip();
  assert.deepEqual(seen, ["resubscribe", "10", "9"]);
});

testOnMosquitto("after a round trip, what the broker had to send before has arrived", async () => {
  await using broker = await mosquitto();
  await using link = openLink(broker.url);
  await online(link);
  let count = 0;
  await link.subscribe({ filter: "many", qos: 0, handler: () => void count++ });
  for (let number = 0; number < 100; number++) void link.publish({ topic: "many", payload: new Uint8Array(1), qos: 0 });
  await link.roundTrip();
  assert.equal(count, 100);
});

Deno.test("a round trip fails when the connection is lost on the way", async () => {
  await using broker = await embeddedBroker();
  await using link = openLink(broker.url);
  await online(link);
  const trip = link.roundTrip();
  broker.disconnectAll();
  await assert.rejects(trip, { reason: "broker-unreachable" });
  await assert.rejects(link.roundTrip(), { reason: "broker-unreachable" });
});

Deno.test("a subscription made while the broker is still being asked for others is made too", async () => {
  await using broker = await embeddedBroker();
  const held = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  broker.aedes.authorizeSubscribe = (_client, subscription, done) => {
    asked.resolve();
    void held.promise.then(() => done(null, subscription));
  };
  await using link = openLink(broker.url);
  await link.subscribe({ filter: "first", qos: 0, handler: () => {} });
  await asked.promise;
  const arrived = Promise.withResolvers<string>();
  await link.subscribe({ filter: "second", qos: 0, handler: ({ topic }) => arrived.resolve(topic) });
  held.resolve();
  await online(link);
  await publish(link, "second", "x");
  assert.equal(await arrived.promise, "second");
});

testOnMosquitto("a link that is closed leaves no session at the broker", async () => {
  await using broker = await mosquitto();
  const link = openLink(broker.url, "one-and-the-same");
  await online(link);
  await link.subscribe({ filter: "a", qos: 1, handler: () => {} });
  await link.close();
  const client = connect(broker.url, { protocolVersion: 5, clean: false, clientId: "one-and-the-same" });
  const sessionPresent = await new Promise((resolve) =>
    client.once("connect", (packet) => resolve(packet.sessionPresent))
  );
  await client.endAsync();
  assert.equal(sessionPresent, false);
});

Deno.test("waiting for a link that stays away ends with the reason why it is away", async () => {
  await using link = openLink("mqtt://127.0.0.1:1");
  const waiting = whenOnline(link, 300, new AbortController().signal);
  await assert.rejects(waiting, {
    reason: "broker-unreachable",
    message: /^The broker mqtt:\/\/127\.0\.0\.1:1 cannot/,
  });
});

Deno.test("waiting for a link that was refused ends at once", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authenticate = (_client, _username, _password, done) =>
    done(Object.assign(new Error("no"), { returnCode: 5 }), false);
  await using link = openLink(broker.url);
  await assert.rejects(whenOnline(link, 60_000, new AbortController().signal), { reason: "login-refused" });
});

Deno.test("waiting for a link ends when it is cancelled or the link is closed", async () => {
  const link = openLink("mqtt://127.0.0.1:1");
  const cancel = new AbortController();
  const cancelled = whenOnline(link, 60_000, cancel.signal);
  cancel.abort(new Error("cancelled"));
  await assert.rejects(cancelled, /cancelled/);
  const closed = whenOnline(link, 60_000, new AbortController().signal);
  await link.close();
  await assert.rejects(closed, /The connection to the broker was closed/);
});

Deno.test("nothing that is said about a link shows what is to be redacted", async () => {
  const seen: string[] = [];
  await using link = new BrokerLink({
    broker: { url: "mqtt://127.0.0.1:1", keepAlive: 60, redact: (text) => text.replaceAll("127.0.0.1", "[HOST]") },
    plan: { clientId: "x" },
    preset: BROKER_PRESETS.standard,
    observe: (event) => void seen.push(JSON.stringify(event)),
  }).open();
  await assert.rejects(whenOnline(link, 300, new AbortController().signal), /The broker mqtt:\/\/\[HOST\]:1 cannot be/);
  assert.ok(seen.length >= 2);
  for (const line of seen) assert.doesNotMatch(line, /127\.0\.0\.1/);
});
