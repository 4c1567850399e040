import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generate, type Packet, parser } from "mqtt-packet";
import type { ConnectAnswer, ConnectionEnd, ConnectRequest } from "../../../src/mqtt/connection/connection.ts";
import { ClientProtocol } from "../../../src/mqtt/connection/protocol.ts";
import type { ConnectPlan, PublishPacket, ReceivedPacket } from "../../../src/mqtt/link.ts";
import { idleTurns } from "../../support/manual_clock.ts";
import { whole } from "../../support/packets.ts";

/** A client's end, and a broker's that speaks mqtt-packet. */
class Exchange {
  readonly protocol: ClientProtocol;
  readonly received: ReceivedPacket[] = [];
  readonly dropped: string[] = [];
  answer: ConnectAnswer | undefined;
  end: ConnectionEnd | undefined;
  /** What holds back everything behind a message. */
  hold: Promise<void> | undefined;
  readonly #version: 4 | 5;
  readonly #packets: Packet[] = [];
  readonly #parser: ReturnType<typeof parser>;

  constructor(version: 4 | 5 = 5, plan: Partial<ConnectPlan> = {}) {
    this.#version = version;
    const request: ConnectRequest = {
      broker: { url: "mqtt://broker", keepAlive: 60 },
      plan: { clientId: "me", ...plan },
      protocolVersion: version,
      dropped: (topic, cause) => void this.dropped.push(`${topic}: ${cause}`),
      received: (packet) => {
        this.received.push(packet);
        return this.hold;
      },
    };
    this.#parser = parser({ protocolVersion: version });
    this.#parser.on("packet", (packet) => this.#packets.push(packet));
    this.#parser.on("error", (error) => {
      throw error;
    });
    this.protocol = new ClientProtocol(request, {
      wrote: () => {},
      answered: (answer) => this.answer = answer,
      ended: (end) => this.end = end,
    });
    this.protocol.connect();
  }

  /** What the client has written since this was called last. */
  sent(): Packet[] {
    this.#parser.parse(Buffer.from(whole(this.protocol.output.take())));
    return this.#packets.splice(0);
  }

  /** The same, in short. */
  brief(): (string | number | undefined)[][] {
    return this.sent().map((packet) => [
      packet.cmd,
      packet.messageId,
      ...("reasonCode" in packet && packet.reasonCode !== 0 ? [packet.reasonCode] : []),
    ]);
  }

  /** The broker sends these, in one piece. */
  async arrive(...packets: (Partial<Packet> & { cmd: Packet["cmd"] })[]): Promise<void> {
    const chunks = packets.map((packet) => generate(packet as Packet, { protocolVersion: this.#version }));
    await this.protocol.receive(whole(chunks));
  }

  /** The broker lets the client in. */
  async connected(): Promise<this> {
    this.sent();
    await this.arrive({ cmd: "connack", sessionPresent: false, returnCode: 0, reasonCode: 0 } as Packet);
    return this;
  }

  publish(qos: 0 | 1 | 2, rest: Partial<PublishPacket> = {}): number[] {
    const codes: number[] = [];
    this.protocol.publish({ topic: "t", payload: Uint8Array.of(1), qos, ...rest }, (code) => codes.push(code));
    return codes;
  }
}

function publish(qos: 0 | 1 | 2, messageId: number, topic = "t"): Packet {
  return { cmd: "publish", topic, payload: Buffer.from("x"), qos, messageId, retain: false, dup: false };
}

for (const version of [4, 5] as const) {
  const name = version === 5 ? "MQTT 5" : "MQTT 3.1.1";

  Deno.test(`${name}: CONNECT and SUBSCRIBE may leave in one flight, and are answered one after the other`, async () => {
    const exchange = new Exchange(version);
    const subscribed = exchange.protocol.subscribe([{ filter: "a", qos: 1, noLocal: false }]);
    assert.deepEqual(exchange.sent().map(({ cmd }) => cmd), ["connect", "subscribe"]);
    assert.equal(exchange.protocol.silent, true);
    await exchange.arrive(
      { cmd: "connack", sessionPresent: true, returnCode: 0, reasonCode: 0 } as Packet,
      { cmd: "suback", messageId: 1, granted: [1] } as Packet,
    );
    assert.ok(exchange.answer !== undefined);
    assert.deepEqual(await subscribed, [1]);
    assert.equal(exchange.protocol.silent, false);
  });

  Deno.test(`${name}: a message of each QoS is acknowledged as its QoS wants it`, async () => {
    const exchange = await new Exchange(version).connected();
    assert.deepEqual(exchange.publish(0), [0], "written is all that there is");
    const [once, exactly] = [exchange.publish(1), exchange.publish(2)];
    assert.deepEqual(exchange.brief(), [["publish", undefined], ["publish", 1], ["publish", 2]]);
    await exchange.arrive({ cmd: "puback", messageId: 1 } as Packet);
    assert.deepEqual(once, [0]);
    await exchange.arrive({ cmd: "pubrec", messageId: 2 } as Packet);
    assert.deepEqual(exchange.brief(), [["pubrel", 2]]);
    assert.deepEqual(exactly, []);
    await exchange.arrive({ cmd: "pubcomp", messageId: 2 } as Packet);
    assert.deepEqual(exactly, [0]);
  });

  Deno.test(`${name}: what arrives is handed on and acknowledged as its QoS wants it`, async () => {
    const exchange = await new Exchange(version).connected();
    await exchange.arrive(publish(0, 0, "a"), publish(1, 7, "b"), publish(2, 8, "c"));
    assert.deepEqual(exchange.received.map(({ topic, qos }) => [topic, qos]), [["a", 0], ["b", 1], ["c", 2]]);
    assert.deepEqual(exchange.brief(), [["puback", 7], ["pubrec", 8]]);
    await exchange.arrive({ cmd: "pubrel", messageId: 8 } as Packet);
    assert.deepEqual(exchange.brief(), [["pubcomp", 8]]);
  });

  Deno.test(`${name}: a message of QoS 2 that comes again is acknowledged again but not handed on again`, async () => {
    const exchange = await new Exchange(version).connected();
    await exchange.arrive(publish(2, 8), { ...publish(2, 8), dup: true } as Packet);
    assert.equal(exchange.received.length, 1);
    assert.deepEqual(exchange.brief(), [["pubrec", 8], ["pubrec", 8]]);
    await exchange.arrive({ cmd: "pubrel", messageId: 8 } as Packet, publish(2, 8));
    assert.equal(exchange.received.length, 2, "the identifier stands for another message");
  });

  Deno.test(`${name}: a message that is held back holds back what is behind it, acknowledgements included`, async () => {
    const exchange = await new Exchange(version).connected();
    const held = Promise.withResolvers<void>();
    exchange.hold = held.promise;
    const receiving = exchange.arrive(publish(1, 7), publish(1, 8));
    await idleTurns();
    assert.equal(exchange.received.length, 1);
    assert.deepEqual(exchange.brief(), []);
    exchange.hold = undefined;
    held.resolve();
    await receiving;
    assert.deepEqual(exchange.brief(), [["puback", 7], ["puback", 8]]);
  });

  Deno.test(`${name}: a filter is left, a sign of life asked for, and a goodbye said`, async () => {
    const exchange = await new Exchange(version).connected();
    const left = exchange.protocol.unsubscribe("a");
    exchange.protocol.ping();
    exchange.protocol.disconnect();
    exchange.publish(1);
    exchange.protocol.disconnect();
    assert.deepEqual(exchange.sent().map(({ cmd }) => cmd), ["unsubscribe", "pingreq", "disconnect"]);
    assert.ok(exchange.end !== undefined);
    exchange.protocol.lost();
    await assert.rejects(left);
    await assert.rejects(exchange.protocol.subscribe([{ filter: "a", qos: 0, noLocal: false }]));
  });

  Deno.test(`${name}: identifiers go round and skip what is still waited for`, async () => {
    const exchange = await new Exchange(version).connected();
    exchange.publish(1);
    for (let identifier = 2; identifier <= 65_535; identifier++) {
      exchange.publish(1);
      exchange.protocol.output.take();
      await exchange.protocol.receive(Uint8Array.of(0x40, 2, identifier >> 8, identifier & 0xff));
    }
    exchange.publish(1);
    assert.deepEqual(exchange.brief(), [["publish", 2]], "1 is not acknowledged yet");
  });

  Deno.test(`${name}: acknowledgements that nobody waits for, or of the wrong kind, mean nothing`, async () => {
    const exchange = await new Exchange(version).connected();
    const codes = exchange.publish(1);
    exchange.sent();
    await exchange.arrive(
      { cmd: "puback", messageId: 99 } as Packet,
      { cmd: "suback", messageId: 1, granted: [0] } as Packet,
      { cmd: "pubcomp", messageId: 1 } as Packet,
      { cmd: "pubrel", messageId: 55 } as Packet,
      { cmd: "pubrec", messageId: 1 } as Packet,
    );
    assert.deepEqual(codes, []);
    const notFound = version === 5 ? [0x92] : [];
    assert.deepEqual(exchange.brief(), [["pubcomp", 55, ...notFound], ["pubrel", 1, ...notFound]]);
    assert.equal(exchange.end, undefined);
  });

  const violations: readonly (readonly [what: string, bytes: readonly number[]])[] = [
    ["a packet that only clients send", [0x82, 3, 0, 1, 0]],
    ["a type that does not exist", [0x00, 0]],
    ["a second CONNACK", version === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]],
    ["a PUBLISH that ends inside its topic", [0x30, 4, 0, 9, 65, 66]],
    ["a PUBLISH of QoS 3", [0x36, 5, 0, 1, 65, 0, 1]],
    ["a PUBACK without an identifier", [0x40, 1, 0]],
    ["a length without an end", [0x30, 0xff, 0xff, 0xff, 0xff, 1]],
  ];
  for (const [what, bytes] of violations) {
    Deno.test(`${name}: ${what} ends the connection`, async () => {
      const exchange = await new Exchange(version).connected();
      await exchange.protocol.receive(Uint8Array.from(bytes));
      assert.match(exchange.end?.cause ?? "", /the broker sent something that is not MQTT: ./);
      assert.deepEqual(exchange.brief(), version === 5 ? [["disconnect", undefined, 0x81]] : []);
      await exchange.arrive(publish(0, 0));
      assert.equal(exchange.received.length, 0, "nothing is read any more");
    });
  }

  Deno.test(`${name}: packets that come byte by byte are read all the same`, async () => {
    const exchange = new Exchange(version);
    const connack = { cmd: "connack", sessionPresent: false, returnCode: 0, reasonCode: 0 } as Packet;
    const stream = [connack, publish(1, 7)].map((packet) => generate(packet, { protocolVersion: version }));
    for (const byte of Buffer.concat(stream)) await exchange.protocol.receive(Uint8Array.of(byte));
    assert.equal(exchange.received.length, 1);
    assert.equal(exchange.end, undefined);
  });

  Deno.test(`${name}: what comes before CONNACK ends the connection, without a word`, async () => {
    const exchange = new Exchange(version);
    exchange.sent();
    await exchange.arrive(publish(0, 0));
    assert.match(exchange.end?.cause ?? "", /first byte is 0x30/);
    assert.deepEqual(exchange.sent(), []);
    assert.equal(exchange.received.length, 0);
  });
}

Deno.test("MQTT 5: a refusal of a message is its outcome, also in the first step of QoS 2", async () => {
  const exchange = await new Exchange().connected();
  const [once, exactly] = [exchange.publish(1), exchange.publish(2)];
  exchange.sent();
  await exchange.arrive(
    { cmd: "puback", messageId: 1, reasonCode: 0x87 } as Packet,
    { cmd: "pubrec", messageId: 2, reasonCode: 0x97 } as Packet,
  );
  assert.deepEqual([once, exactly], [[0x87], [0x97]]);
  assert.deepEqual(exchange.sent(), [], "a refused message is not released");
});

Deno.test("MQTT 5: no matching subscribers is a success", async () => {
  const exchange = await new Exchange().connected();
  const codes = exchange.publish(2);
  exchange.sent();
  await exchange.arrive({ cmd: "pubrec", messageId: 1, reasonCode: 0x10 } as Packet);
  assert.deepEqual(exchange.brief(), [["pubrel", 1]]);
  await exchange.arrive({ cmd: "pubcomp", messageId: 1 } as Packet);
  assert.deepEqual(codes, [0]);
});

Deno.test("MQTT 5: the broker's goodbye is the end, with its reason and its words", async () => {
  const exchange = await new Exchange().connected();
  await exchange.arrive(
    { cmd: "disconnect", reasonCode: 0x8e, properties: { reasonString: "two of you" } } as Packet,
  );
  assert.equal(exchange.end?.reasonCode, 0x8e);
  assert.match(exchange.end?.cause ?? "", /two of you/);
});

Deno.test("MQTT 5: a refusal of CONNECT is the end, with its reason", async () => {
  const exchange = new Exchange();
  await exchange.arrive({ cmd: "connack", sessionPresent: false, reasonCode: 0x86 } as Packet);
  assert.equal(exchange.end?.reasonCode, 0x86);
  assert.equal(exchange.answer, undefined);
  const older = new Exchange(4);
  await older.arrive({ cmd: "connack", sessionPresent: false, returnCode: 5 } as Packet);
  assert.equal(older.end?.reasonCode, 0x87);
});

Deno.test("MQTT 5: a message with more user properties than anybody sends is dropped with a word, and refused", async () => {
  const exchange = await new Exchange().connected();
  const userProperties = { a: Array.from({ length: 1000 }, () => "b") };
  for (const qos of [0, 1, 2] as const) {
    await exchange.arrive({ ...publish(qos, qos), properties: { userProperties } } as Packet);
  }
  assert.equal(exchange.received.length, 0);
  assert.deepEqual(exchange.dropped, Array(3).fill("t: it has more user properties than are read"));
  assert.deepEqual(exchange.brief(), [["puback", 1, 0x83], ["pubrec", 2, 0x83]]);
  assert.equal(exchange.end, undefined);
});

for (const version of [4, 5] as const) {
  const name = version === 5 ? "MQTT 5" : "MQTT 3.1.1";

  Deno.test(`${name}: a message that is too long is dropped with a word, and acknowledged, and the next one arrives`, async () => {
    const exchange = await new Exchange(version, { maximumPacket: 1_000_000 }).connected();
    const payload = Buffer.alloc(2_000_000);
    const long = (qos: 0 | 1 | 2, messageId: number) => ({ ...publish(qos, messageId, "long"), payload }) as Packet;
    const packets = [long(0, 0), publish(1, 1), long(1, 2), long(2, 3), publish(0, 0)];
    const bytes = Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: version })));
    for (let start = 0; start < bytes.length; start += 60_000) {
      await exchange.protocol.receive(new Uint8Array(bytes.subarray(start, start + 60_000)));
    }
    assert.deepEqual(exchange.received.map(({ topic }) => topic), ["t", "t"]);
    const [dropped] = exchange.dropped;
    assert.match(
      dropped ?? "",
      /^long: its packet has 20000\d\d bytes, and at most 1000000 are read; raise --max-message$/,
    );
    assert.equal(exchange.dropped.length, 3);
    const code = version === 5 ? [0x83] : [];
    assert.deepEqual(exchange.brief(), [["puback", 1], ["puback", 2, ...code], ["pubrec", 3, ...code]]);
    assert.equal(exchange.end, undefined);
  });
}

Deno.test("a long packet that is no message ends the connection", async () => {
  const exchange = await new Exchange(5, { maximumPacket: 1_000_000 }).connected();
  const suback = new Uint8Array(2_000_005);
  suback.set([0x90, 0x80, 0x89, 0x7a]);
  for (let start = 0; start < suback.length; start += 60_000) {
    await exchange.protocol.receive(suback.slice(start, start + 60_000));
  }
  assert.match(exchange.end?.cause ?? "", /no broker sends a packet of type 9 with 2000004 bytes/);
});

Deno.test("MQTT 5: a topic alias, of which we allow none, ends the connection", async () => {
  const exchange = await new Exchange().connected();
  await exchange.arrive({ ...publish(0, 0), properties: { topicAlias: 1 } } as Packet);
  assert.match(exchange.end?.cause ?? "", /Topic Alias/);
});

Deno.test("a message that does not fit into a packet is an error, and the identifier is free again", async () => {
  const exchange = await new Exchange().connected();
  assert.throws(() => exchange.publish(1, { topic: "x".repeat(70_000) }), RangeError);
  assert.deepEqual(exchange.sent(), []);
  const codes = exchange.publish(1);
  await exchange.arrive({ cmd: "puback", messageId: 2 } as Packet);
  assert.deepEqual(codes, [0]);
});

Deno.test("a limit of 0 is named, and is no refusal", async () => {
  for (
    const [property, name] of [[[0x21, 0, 0], "Receive Maximum"], [[0x27, 0, 0, 0, 0], "Maximum Packet Size"]] as const
  ) {
    const exchange = new Exchange();
    await exchange.protocol.receive(Uint8Array.of(0x20, 3 + property.length, 0, 0, property.length, ...property));
    assert.equal(exchange.end?.reasonCode, undefined);
    assert.match(exchange.end?.cause ?? "", new RegExp(`${name} is 0`));
  }
});
