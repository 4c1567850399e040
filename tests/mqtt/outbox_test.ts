import assert from "node:assert/strict";
import type { PublishPacket, QoS } from "../../src/mqtt/link.ts";
import { Failure } from "../../src/core/failure.ts";
import { Outbox } from "../../src/mqtt/outbox.ts";
import { FakeConnection, limits } from "../support/fake_connection.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { fc, holdsAsync } from "../support/properties.ts";

const MEGABYTE = 1024 * 1024;

function packet(topic: string, { qos = 1 as QoS, size = 1, ...rest }: Partial<PublishPacket> & { size?: number } = {}) {
  return { topic, payload: new Uint8Array(size), qos, ...rest };
}

function outbox() {
  const clock = new ManualClock();
  const box = new Outbox(clock);
  const outcomes: string[] = [];
  const connection = new FakeConnection();
  const add = (packet: PublishPacket, signal?: AbortSignal) =>
    box.add(packet, (failure) => outcomes.push(`${packet.topic} ${failure?.reason ?? "ok"}`), signal);
  return { clock, box, outcomes, connection, add };
}

Deno.test("messages wait for a connection and leave in order", () => {
  const { box, add, connection, outcomes } = outbox();
  add(packet("a"));
  add(packet("b", { qos: 0 }));
  assert.deepEqual(connection.topics, []);
  box.attach(connection, limits());
  add(packet("c"));
  assert.deepEqual(connection.topics, ["a", "b", "c"]);
  for (const { acknowledge } of connection.published) acknowledge();
  assert.deepEqual(outcomes, ["a ok", "b ok", "c ok"]);
  box.detach();
});

Deno.test("no more than Receive Maximum messages are on their way at a time", () => {
  const { box, add, connection } = outbox();
  box.attach(connection, limits({ receiveMaximum: 2 }));
  for (const topic of ["a", "b", "c", "d"]) add(packet(topic));
  assert.deepEqual(connection.topics, ["a", "b"]);
  connection.published[1]?.acknowledge();
  assert.deepEqual(connection.topics, ["a", "b", "c"]);
  connection.published[0]?.acknowledge();
  assert.deepEqual(connection.topics, ["a", "b", "c", "d"]);
  box.detach();
});

Deno.test("what takes no place in the broker's window does not wait for those that fill it, whatever its size", () => {
  const { box, add, connection } = outbox();
  add(packet("before", { qos: 0 }));
  box.attach(connection, limits({ receiveMaximum: 2 }));
  connection.published[0]?.acknowledge(); // it is written
  for (const topic of ["a", "b", "c", "d"]) add(packet(topic));
  add(packet("small", { qos: 0 }));
  add(packet("large", { qos: 0, size: 100_000 }));
  assert.deepEqual(connection.topics, ["before", "a", "b", "small", "large"]);
  box.detach();
  add(packet("e"));
  add(packet("f", { qos: 0 }));
  const next = new FakeConnection();
  box.attach(next, limits({ receiveMaximum: 9 }));
  assert.deepEqual(next.topics, ["a", "b", "c", "d", "e", "f"], "with room, in order");
  box.detach();
});

Deno.test("what may be sent once fails when the connection is lost before it is acknowledged", () => {
  const { box, add, connection, outcomes } = outbox();
  add(packet("waits", { once: true }));
  box.attach(connection, limits({ receiveMaximum: 2 }));
  add(packet("again"));
  add(packet("waits too", { once: true }));
  box.detach();
  assert.deepEqual(outcomes, ["waits broker-unreachable"]);
  const next = new FakeConnection();
  box.attach(next, limits());
  assert.deepEqual(next.topics, ["again", "waits too"]);
  box.detach();
});

Deno.test("the QoS is lowered to what the broker takes, and left alone otherwise", () => {
  for (const [maximumQoS, sent] of [[undefined, [0, 1, 2]], [1, [0, 1, 1]], [0, [0, 0, 0]]] as const) {
    const { box, add, connection } = outbox();
    box.attach(connection, limits({ maximumQoS }));
    for (const qos of [0, 1, 2] as const) add(packet("a", { qos }));
    assert.deepEqual(connection.published.map(({ packet }) => packet.qos), sent);
    box.detach();
  }
});

Deno.test("a message that is too large for the broker is never sent, and says how large it was", () => {
  const { box, connection } = outbox();
  box.attach(connection, limits({ maximumPacketSize: 1_000 }));
  const failures: (Failure | undefined)[] = [];
  box.add(packet("a", { size: 1_000 }), (failure) => failures.push(failure));
  box.add(packet("b", { size: 900 }), (failure) => failures.push(failure));
  assert.deepEqual(connection.topics, ["b"]);
  assert.equal(failures[0]?.reason, "too-large");
  assert.equal(failures[0]?.details.maximum, 1_000);
  assert.match(failures[0]?.message ?? "", /needs a packet of 10\d\d bytes, but the broker takes 1000 at most/);
  box.detach();
});

Deno.test("properties count when a message is too large", () => {
  const { box, add, connection, outcomes } = outbox();
  box.attach(connection, limits({ maximumPacketSize: 100_000 }));
  const large = "x".repeat(60_000);
  add(packet("a", { properties: { responseTopic: large, correlationData: new Uint8Array(60_000) } }));
  assert.deepEqual([connection.topics, outcomes], [[], ["a too-large"]]);
  box.detach();
});

Deno.test("a retained message is not sent to a broker that keeps none", () => {
  const { box, add, outcomes, connection } = outbox();
  box.attach(connection, limits({ retainAvailable: false }));
  add(packet("a", { retain: true }));
  assert.deepEqual([connection.topics, outcomes], [[], ["a publish-refused"]]);
  box.detach();
});

Deno.test("a message expires while it waits for a connection, as it would at the broker", async () => {
  const { clock, box, add, connection, outcomes } = outbox();
  add(packet("a", { properties: { messageExpiryInterval: 5 } }));
  add(packet("b", { properties: { messageExpiryInterval: 6 } }));
  await clock.advance(5_000);
  box.attach(connection, limits());
  assert.deepEqual([connection.topics, outcomes], [["b"], ["a timed-out"]]);
  box.detach();
});

Deno.test("a message that was taken back is not sent, and nobody is told", () => {
  const { box, add, connection, outcomes } = outbox();
  const abort = new AbortController();
  add(packet("a"), abort.signal);
  add(packet("b"));
  abort.abort();
  box.attach(connection, limits());
  assert.deepEqual([connection.topics, outcomes], [["b"], []]);
  box.detach();
});

Deno.test("what was not acknowledged is sent again, first and in order, and what was is not", () => {
  const { box, add, connection, outcomes } = outbox();
  box.attach(connection, limits());
  for (const topic of ["a", "b", "c"]) add(packet(topic));
  connection.published[1]?.acknowledge();
  box.detach();
  add(packet("d"));
  const next = new FakeConnection();
  box.attach(next, limits());
  assert.deepEqual(next.topics, ["a", "c", "d"]);
  for (const { acknowledge } of next.published) acknowledge();
  assert.deepEqual(outcomes, ["b ok", "a ok", "c ok", "d ok"]);
  box.detach();
});

Deno.test("a message of QoS 0 is not sent twice", () => {
  const { box, add, connection, outcomes } = outbox();
  box.attach(connection, limits());
  add(packet("a", { qos: 0 }));
  box.detach();
  const next = new FakeConnection();
  box.attach(next, limits());
  assert.deepEqual([next.topics, outcomes], [[], ["a ok"]]);
  box.detach();
});

Deno.test("a reason code of the broker's becomes a failure", () => {
  const expected = {
    0x00: "ok",
    0x10: "no-server-online",
    0x80: "publish-refused",
    0x87: "not-authorized",
    0x97: "publish-refused",
  };
  for (const [code, outcome] of Object.entries(expected)) {
    const { box, add, connection, outcomes } = outbox();
    box.attach(connection, limits());
    add(packet("a"));
    connection.published[0]?.acknowledge(Number(code));
    assert.deepEqual(outcomes, [`a ${outcome}`]);
    box.detach();
  }
});

Deno.test("a message that the broker does not acknowledge fails, and makes room for the next one", async () => {
  const { clock, box, add, connection, outcomes } = outbox();
  box.attach(connection, limits({ receiveMaximum: 1 }));
  add(packet("a"));
  add(packet("b"));
  await clock.advance(9_900);
  assert.deepEqual(outcomes, []);
  await clock.advance(200);
  assert.deepEqual([connection.topics, outcomes], [["a", "b"], ["a publish-refused"]]);
  connection.published[0]?.acknowledge();
  connection.published[1]?.acknowledge();
  assert.deepEqual(outcomes, ["a publish-refused", "b ok"]);
  box.detach();
  assert.equal(clock.timers, 0);
});

Deno.test("a large message may take as long as a slow network needs, and so may what is behind it", async () => {
  const { clock, box, add, connection, outcomes } = outbox();
  box.attach(connection, limits());
  add(packet("large", { size: 4_000_000 }));
  add(packet("small"));
  await clock.advance(250_000);
  assert.deepEqual(outcomes, []);
  await clock.advance(20_000);
  assert.deepEqual(outcomes, ["large publish-refused", "small publish-refused"]);
  add(packet("next"));
  await clock.advance(10_100);
  assert.equal(outcomes.at(-1), "next publish-refused");
  box.detach();
});

Deno.test("a message of QoS 0 is acknowledged by nobody, and so does not wait for that", async () => {
  const { clock, box, add, connection, outcomes } = outbox();
  box.attach(connection, limits());
  add(packet("a", { qos: 0 }));
  add(packet("b"));
  await clock.advance(60_000);
  assert.deepEqual(outcomes, ["b publish-refused"]);
  connection.published[0]?.acknowledge();
  assert.deepEqual(outcomes, ["b publish-refused", "a ok"]);
  box.detach();
});

Deno.test("a message over which the broker closes the connection is found, and nobody else suffers for it", () => {
  for (
    const [reasonCode, reason] of [[0x95, "too-large"], [0x81, "publish-refused"], [0x90, "publish-refused"]] as const
  ) {
    const { box, add, connection, outcomes } = outbox();
    box.attach(connection, limits());
    for (const topic of ["a", "poison", "b"]) add(packet(topic));
    box.detach(reasonCode);
    assert.deepEqual(outcomes, []);
    const second = new FakeConnection();
    box.attach(second, limits());
    add(packet("new", { qos: 0 }));
    assert.deepEqual(second.topics, ["a"]); // alone, until it is acknowledged
    second.published[0]?.acknowledge();
    assert.deepEqual(second.topics, ["a", "poison"]);
    box.detach(reasonCode);
    assert.deepEqual(outcomes, ["a ok", `poison ${reason}`]);
    const third = new FakeConnection();
    box.attach(third, limits());
    for (let next = 0; next < third.published.length; next++) third.published[next]?.acknowledge();
    assert.deepEqual([third.topics, outcomes.slice(2)], [["b", "new"], ["b ok", "new ok"]]);
    box.detach();
  }
});

Deno.test("a message of QoS 0 over which the broker closes the connection is found when it is sent again", () => {
  const { box, add, connection, outcomes } = outbox();
  box.attach(connection, limits());
  connection.publish({ topic: "warm", payload: new Uint8Array(), qos: 0 }, () => {});
  Object.assign(connection, { hasRoom: true });
  for (const topic of ["a", "poison"]) add(packet(topic, { qos: 0 }));
  assert.equal(connection.published.length, 3);
  box.detach(0x81);
  const second = new FakeConnection();
  box.attach(second, limits());
  for (const topic of ["a", "poison", "b"]) add(packet(topic, { qos: 0 }));
  assert.deepEqual(second.published.map(({ packet }) => [packet.topic, packet.qos]), [["a", 1]]);
  second.published[0]?.acknowledge();
  assert.deepEqual(second.topics, ["a", "poison"]);
  outcomes.length = 0;
  box.detach(0x81);
  assert.deepEqual(outcomes, ["poison publish-refused"]);
  const third = new FakeConnection();
  box.attach(third, limits());
  assert.deepEqual(third.published.map(({ packet }) => [packet.topic, packet.qos]), [["b", 0]]);
  box.detach();
});

Deno.test("a broker that closes without a word is believed less soon: it may be the network", () => {
  const { box, add, outcomes } = outbox();
  const lost = () => {
    const connection = new FakeConnection();
    box.attach(connection, limits());
    box.detach();
    return connection.topics;
  };
  for (const topic of ["poison", "b"]) add(packet(topic));
  assert.deepEqual([lost(), lost(), outcomes], [["poison", "b"], ["poison", "b"], []]);
  assert.deepEqual([lost(), outcomes], [["poison"], ["poison publish-refused"]]);
  assert.deepEqual([lost(), outcomes], [["b"], ["poison publish-refused"]]);
});

Deno.test("a message that the broker finds too large has failed for that reason, and with the size", () => {
  const { box, connection } = outbox();
  box.attach(connection, limits());
  let failure: Failure | undefined;
  box.add(packet("a", { size: 5_000 }), (reason) => failure = reason);
  connection.published[0]?.acknowledge(0x95);
  assert.deepEqual([failure?.reason, failure?.details.bytes], ["too-large", 5_000]);
  assert.match(failure?.message ?? "", /refused a message of 5000 bytes to "a": Packet too large \(0x95\)/);
  box.detach();
});

Deno.test("whoever publishes more than 4 MiB ahead is asked to wait until there is room", async () => {
  const { clock, box, add, connection } = outbox();
  box.attach(connection, limits());
  assert.equal(add(packet("a", { size: 3 * MEGABYTE })), undefined);
  let room = false;
  void add(packet("b", { size: 3 * MEGABYTE }))?.then(() => room = true);
  await clock.advance(0);
  assert.equal(room, false);
  connection.published[0]?.acknowledge();
  await clock.advance(0);
  assert.equal(room, true);
  box.detach();
});

Deno.test("whoever waits for room need not wait for a connection, when what fills it is taken back", async () => {
  const { clock, add, outcomes, box } = outbox();
  const abort = new AbortController();
  add(packet("a", { size: 3 * MEGABYTE }), abort.signal);
  let room = false;
  void add(packet("b", { size: 3 * MEGABYTE }), abort.signal)?.then(() => room = true);
  add(packet("other"));
  await clock.advance(0);
  assert.equal(room, false);
  abort.abort();
  await clock.advance(0);
  assert.equal(room, true);
  const next = new FakeConnection();
  box.attach(next, limits());
  assert.deepEqual([next.topics, outcomes], [["other"], []]);
  box.detach();
});

Deno.test("drained() resolves when everything is with the broker, or was given up", async () => {
  const { clock, box, add, connection } = outbox();
  await box.drained();
  const ways = [
    () => connection.published.at(-1)?.acknowledge(),
    () => box.fail(new Failure("broker-unreachable", "Closed")),
    () => clock.advance(11_000),
  ];
  box.attach(connection, limits());
  for (const way of ways) {
    add(packet("a"));
    let drained = false;
    void box.drained().then(() => drained = true);
    await clock.advance(0);
    assert.equal(drained, false);
    await way();
    await clock.advance(0);
    assert.equal(drained, true);
  }
  box.detach();
});

Deno.test("giving up tells everybody why, in order", () => {
  const { box, add, connection, outcomes } = outbox();
  box.attach(connection, limits({ receiveMaximum: 1 }));
  for (const topic of ["a", "b"]) add(packet(topic));
  box.fail(new Failure("broker-unreachable", "Closed"));
  assert.deepEqual(outcomes, ["a broker-unreachable", "b broker-unreachable"]);
  box.detach();
});

Deno.test("a callback may publish, and the order stays", () => {
  const { box, add, connection, outcomes } = outbox();
  box.attach(connection, limits({ maximumPacketSize: 100 }));
  box.add(packet("large", { size: 1_000 }), () => {
    outcomes.push("large");
    add(packet("instead"));
  });
  add(packet("next"));
  assert.deepEqual(connection.topics, ["instead", "next"]);
  box.detach();
});

Deno.test("every message has one outcome and none is lost, whatever the connections do", async () => {
  const step = fc.record({
    act: fc.constantFrom("add", "add", "acknowledge", "detach", "attach", "wait"),
    at: fc.nat(),
  });
  await holdsAsync(fc.array(step, { maxLength: 80 }), async (steps) => {
    const { clock, box, outcomes } = outbox();
    let connection: FakeConnection | undefined;
    let added = 0;
    for (const { act, at } of steps) {
      if (act === "add") {
        const topic = String(added++);
        box.add(packet(topic), () => outcomes.push(topic));
      } else if (act === "acknowledge") {
        connection?.published[at % (connection.published.length || 1)]?.acknowledge();
      } else if (act === "detach" && connection !== undefined) {
        connection = undefined;
        box.detach();
      } else if (act === "attach" && connection === undefined) {
        connection = new FakeConnection();
        box.attach(connection, limits({ receiveMaximum: 3 }));
      } else if (act === "wait") {
        await clock.advance(4_000);
      }
    }
    if (connection === undefined) {
      connection = new FakeConnection();
      box.attach(connection, limits({ receiveMaximum: 3 }));
    }
    for (let next = 0; next < connection.published.length; next++) connection.published[next]?.acknowledge();
    assert.deepEqual(outcomes.toSorted((a, b) => Number(a) - Number(b)), [...Array(added).keys()].map(String));
    await box.drained();
    box.detach();
    assert.equal(clock.timers, 0);
  });
});
