import assert from "node:assert/strict";
import type { ReceivedPacket } from "../../../src/mqtt/mod.ts";
import { type Candidate, Overlaps } from "../../../src/tools/subscriptions/overlaps.ts";

class Subscriber implements Candidate {
  readonly got: string[] = [];
  acknowledged = true;

  constructor(readonly identifier: number) {}

  deliver(packet: ReceivedPacket): void {
    this.got.push(new TextDecoder().decode(packet.payload));
  }
}

function packet(text: string, ...subscriptionIdentifiers: number[]): ReceivedPacket {
  const payload = new TextEncoder().encode(text);
  const identifiers = subscriptionIdentifiers.length === 0 ? {} : { subscriptionIdentifiers };
  return { topic: "t", payload, qos: 0, retain: false, properties: {}, ...identifiers };
}

function setUp() {
  let trip = Promise.withResolvers<void>();
  const overlaps = new Overlaps<Subscriber>(() => trip.promise);
  const [a, b] = [new Subscriber(1), new Subscriber(2)];
  const receive = (...packets: ReceivedPacket[]) => packets.forEach((packet) => overlaps.receive(packet, [a, b]));
  const roundTrip = async () => {
    trip.resolve();
    trip = Promise.withResolvers();
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { overlaps, a, b, receive, roundTrip, fail: () => trip.reject(new Error("lost")) };
}

Deno.test("one copy that names every subscription goes to each of them at once", () => {
  const { a, b, receive } = setUp();
  receive(packet("x", 1, 2), packet("y", 2, 1));
  assert.deepEqual([a.got, b.got], [["x", "y"], ["x", "y"]]);
});

Deno.test("without identifiers one copy is taken to be for everybody", () => {
  const { a, b, receive } = setUp();
  receive(packet("x"), packet("x"));
  assert.deepEqual([a.got, b.got], [["x", "x"], ["x", "x"]]);
});

Deno.test("from a broker that sends a copy for each subscription, everybody gets a message once", async () => {
  const { a, b, receive, roundTrip } = setUp();
  receive(packet("x", 2), packet("x", 1), packet("y", 2), packet("y", 1));
  await roundTrip();
  receive(packet("y", 1), packet("y", 2), packet("z", 2));
  assert.deepEqual([a.got, b.got], [["x", "y", "y"], ["x", "y", "y", "z"]]);
});

Deno.test("from a broker that sends one copy and names one subscription, everybody gets a message once", async () => {
  const { a, b, receive, roundTrip } = setUp();
  receive(packet("x", 2), packet("y", 2));
  assert.deepEqual([a.got, b.got], [[], []]);
  await roundTrip();
  receive(packet("y", 2), packet("z", 1));
  assert.deepEqual([a.got, b.got], [["x", "y", "y", "z"], ["x", "y", "y", "z"]]);
});

Deno.test("a copy that comes later than the answer corrects the conclusion, and is not handed on twice", async () => {
  const { a, b, receive, roundTrip } = setUp();
  receive(packet("x", 2));
  await roundTrip();
  receive(packet("x", 1), packet("y", 1), packet("y", 2));
  assert.deepEqual([a.got, b.got], [["x", "y"], ["x", "y"]]);
});

Deno.test("a subscription that is not in force yet proves nothing by its missing copy", async () => {
  const { a, b, receive, roundTrip } = setUp();
  b.acknowledged = false;
  receive(packet("x", 1));
  await roundTrip();
  b.acknowledged = true;
  receive(packet("y", 1), packet("y", 2));
  await roundTrip();
  assert.deepEqual(a.got, ["x", "y"]);
  assert.deepEqual(b.got.at(-1), "y");
  assert.equal(b.got.filter((text) => text === "y").length, 1);
});

Deno.test("the order is kept while the habit of the broker is being learned", async () => {
  const { overlaps, a, b, receive, roundTrip } = setUp();
  receive(packet("1", 2));
  overlaps.receive(packet("2", 1), [a]);
  receive(packet("1", 1), packet("3", 2), packet("3", 1));
  await roundTrip();
  assert.deepEqual([a.got, b.got], [["2", "1", "3"], ["1", "3"]]);
});

Deno.test("what is held back when the connection is lost goes to those it names", async () => {
  const { overlaps, a, b, receive, roundTrip } = setUp();
  receive(packet("x", 2));
  overlaps.reset();
  await roundTrip();
  assert.deepEqual([a.got, b.got], [[], ["x"]]);
});

Deno.test("a flood is not held back for ever", () => {
  const { a, receive } = setUp();
  for (let number = 0; number <= 10_000; number++) receive(packet("x", 1));
  assert.equal(a.got.length, 10_001);
});
