import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generate, type Packet, parser } from "mqtt-packet";
import type { ConnectRequest, MqttConnection } from "../../../src/mqtt/connection/connection.ts";
import { ConnectError } from "../../../src/mqtt/connection/connection.ts";
import { connectStream } from "../../../src/mqtt/connection/stream.ts";
import type { ReceivedPacket } from "../../../src/mqtt/link.ts";
import { eventually, within } from "../../support/wait.ts";

/** A broker that does as the test tells it, for one connection. */
class ScriptedBroker implements AsyncDisposable {
  readonly received: Packet[] = [];
  readonly url: string;
  /** The client has closed its side. */
  ended = false;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepted: Promise<Deno.TcpConn>;
  #reading: Promise<void> = Promise.resolve();

  constructor(readonly version: 4 | 5 = 5) {
    this.url = `mqtt://127.0.0.1:${this.#listener.addr.port}`;
    this.#accepted = this.#listener.accept();
    this.#reading = this.#read();
  }

  async send(...packets: (Partial<Packet> & { cmd: Packet["cmd"] })[]): Promise<void> {
    await this.sendBytes(
      Buffer.concat(packets.map((one) => generate(one as Packet, { protocolVersion: this.version }))),
    );
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    const connection = await this.#accepted;
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
  }

  /** Waits until a packet of this type has come. */
  async got<T extends Packet>(cmd: T["cmd"]): Promise<T> {
    await eventually(`a ${cmd}`, () => this.received.some((packet) => packet.cmd === cmd));
    return this.received.find((packet) => packet.cmd === cmd) as T;
  }

  async close(): Promise<void> {
    (await this.#accepted).close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    try {
      (await this.#accepted).close();
    } catch {
      // Nobody came, or it is closed.
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const reader = parser({ protocolVersion: this.version });
    reader.on("packet", (packet) => this.received.push(packet));
    reader.on("error", (error) => {
      throw error;
    });
    try {
      const connection = await this.#accepted;
      const buffer = new Uint8Array(65_536);
      while (true) {
        const count = await connection.read(buffer);
        if (count === null) break;
        reader.parse(Buffer.from(buffer.slice(0, count)));
      }
      connection.close();
    } catch {
      // Closed by the test or by the client.
    }
    this.ended = true;
  }
}

function attempt(broker: ScriptedBroker, rest: Partial<ConnectRequest> = {}): Promise<MqttConnection> {
  return connectStream({
    broker: { url: broker.url, keepAlive: 60 },
    plan: { clientId: "me" },
    protocolVersion: broker.version,
    received: () => {},
    ...rest,
  }, new AbortController().signal);
}

const CONNACK = { cmd: "connack", sessionPresent: false, returnCode: 0, reasonCode: 0 } as Packet;

async function opened(broker: ScriptedBroker, rest: Partial<ConnectRequest> = {}): Promise<MqttConnection> {
  const connecting = attempt(broker, rest);
  await broker.got("connect");
  await broker.send(CONNACK);
  return await connecting;
}

Deno.test("what is subscribed early leaves with CONNECT, before the broker has said anything", async () => {
  await using broker = new ScriptedBroker();
  const early = [[{ filter: "a", qos: 1, noLocal: false }], [{ filter: "b", qos: 0, noLocal: false }]] as const;
  const connecting = attempt(broker, { early });
  await eventually("both are there", () => broker.received.length === 3);
  assert.deepEqual(broker.received.map(({ cmd }) => cmd), ["connect", "subscribe", "subscribe"]);
  await broker.send(CONNACK, { cmd: "suback", messageId: 1, granted: [1] } as Packet);
  const connection = await connecting;
  await broker.send({ cmd: "suback", messageId: 2, granted: [0x87] } as Packet);
  assert.deepEqual(await Promise.all(connection.early), [[1], [0x87]]);
  connection.destroy();
});

Deno.test("what one turn has to send leaves in one piece", async () => {
  await using broker = new ScriptedBroker();
  const connection = await opened(broker);
  for (let index = 0; index < 100; index++) {
    connection.publish({ topic: `t/${index}`, payload: Uint8Array.of(index), qos: 0 }, () => {});
  }
  await eventually("all are there", () => broker.received.length === 101);
  const topics = broker.received.slice(1).map((packet) => "topic" in packet ? packet.topic : packet.cmd);
  assert.deepEqual(topics, Array.from({ length: 100 }, (_, index) => `t/${index}`));
  connection.destroy();
});

Deno.test("behind what has come, something is sent at once where the broker waits for it: an empty message", async () => {
  await using broker = new ScriptedBroker();
  const connection = await opened(broker, { nudgeTopic: "nobody" });
  assert.equal(connection.nudgedAt, undefined);
  await broker.send({ cmd: "publish", topic: "a", payload: "x", qos: 0, retain: false, dup: false } as Packet);
  const nudge = await broker.got("publish");
  assert.ok("topic" in nudge && nudge.topic === "nobody" && nudge.payload.length === 0 && nudge.qos === 0);
  assert.ok(connection.nudgedAt !== undefined);
  connection.destroy();
});

Deno.test("without a topic for them there are no empty messages", async () => {
  await using broker = new ScriptedBroker();
  const arrivals: ReceivedPacket[] = [];
  const connection = await opened(broker, { received: (packet) => void arrivals.push(packet) });
  await broker.send({ cmd: "publish", topic: "a", payload: "x", qos: 0, retain: false, dup: false } as Packet);
  await eventually("it is there", () => arrivals.length === 1);
  await connection.end();
  await eventually("the goodbye is there", () => broker.ended);
  assert.deepEqual(broker.received.map(({ cmd }) => cmd), ["connect", "disconnect"]);
});

Deno.test("the broker's keep alive is kept, and a broker that stays silent loses the connection", async () => {
  await using broker = new ScriptedBroker();
  const connecting = attempt(broker);
  await broker.got("connect");
  await broker.send({ ...CONNACK, properties: { serverKeepAlive: 1 } } as Packet);
  const connection = await connecting;
  await broker.got("pingreq");
  const { cause, reasonCode } = await within("the end", connection.closed);
  assert.match(cause, /silent/);
  assert.equal(reasonCode, undefined);
});

Deno.test("a broker that answers to signs of life keeps the connection", async () => {
  await using broker = new ScriptedBroker();
  const connection = await opened(broker, { broker: { url: broker.url, keepAlive: 1 } });
  let ended = false;
  void connection.closed.then(() => ended = true);
  for (let round = 1; round <= 4; round++) {
    const pings = () => broker.received.filter(({ cmd }) => cmd === "pingreq").length;
    await eventually("a ping", () => pings() >= round);
    await broker.send({ cmd: "pingresp" } as Packet);
  }
  assert.equal(ended, false);
  connection.destroy();
});

Deno.test("a broker is not silent while nobody reads what it sends", async () => {
  await using broker = new ScriptedBroker();
  const held = Promise.withResolvers<void>();
  const connection = await opened(broker, { broker: { url: broker.url, keepAlive: 1 }, received: () => held.promise });
  let ended = false;
  void connection.closed.then(() => ended = true);
  await broker.send(
    { cmd: "publish", topic: "a", payload: "x", qos: 1, messageId: 1, retain: false, dup: false } as Packet,
  );
  const pings = () => broker.received.filter(({ cmd }) => cmd === "pingreq").length;
  await eventually("more than 1.5 intervals have passed", () => pings() >= 4);
  assert.equal(ended, false);
  held.resolve();
  await broker.got("puback");
  connection.destroy();
});

Deno.test("goodbye comes behind everything that was published, however much that is", async () => {
  await using broker = new ScriptedBroker();
  const connection = await opened(broker);
  const payload = new Uint8Array(3_000_000);
  let sent = 0;
  for (let index = 0; index < 3; index++) connection.publish({ topic: "t", payload, qos: 0 }, () => sent++);
  assert.equal(sent, 0, "so much counts as sent when it is written");
  await connection.end();
  await eventually("the goodbye is there", () => broker.ended);
  assert.deepEqual(broker.received.map(({ cmd }) => cmd), ["connect", "publish", "publish", "publish", "disconnect"]);
});

Deno.test("the broker's last words are the end's reason", async () => {
  await using broker = new ScriptedBroker();
  const connection = await opened(broker);
  await broker.send({ cmd: "disconnect", reasonCode: 0x8b } as Packet);
  const end = await within("the end", connection.closed);
  assert.equal(end.reasonCode, 0x8b);
});

Deno.test("a connection that the broker closes has ended, and fails what waits for an answer", async () => {
  await using broker = new ScriptedBroker();
  const connection = await opened(broker);
  const subscribed = connection.subscribe([{ filter: "a", qos: 1, noLocal: false }]);
  subscribed.catch(() => {});
  await broker.got("subscribe");
  await broker.close();
  assert.equal((await within("the end", connection.closed)).cause, "the broker closed the connection");
  await assert.rejects(subscribed);
});

Deno.test("a broker that cuts its answer short is told from one that is silent", async () => {
  const answers: readonly (readonly [bytes: readonly number[], silent: boolean])[] = [
    [[], true],
    [[0x20], true],
    [[0x20, 9, 0, 0], true],
    [[0x20, 3, 0, 0x87, 0], false],
    [[0x99, 0x99], false],
    [[...new TextEncoder().encode("HTTP/1.1 400 Bad Request")], false],
    [[0x15, 3], false],
  ];
  for (const [bytes, silent] of answers) {
    await using broker = new ScriptedBroker();
    const connecting = attempt(broker);
    connecting.catch(() => {});
    await broker.got("connect");
    await broker.sendBytes(Uint8Array.from(bytes));
    if (silent) await broker.close();
    await assert.rejects(within("the refusal", connecting), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.equal(error.silent, silent, error.message);
      return true;
    });
  }
});

Deno.test("a port that accepts and closes is told from a broker, with what it may be", async () => {
  for (const reads of [true, false]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = listener.accept().then(async (connection) => {
      if (reads) await connection.read(new Uint8Array(1_000)); // if not, the system resets the connection
      else await new Promise((resolve) => setTimeout(resolve, 50));
      connection.close();
    });
    const connecting = connectStream({
      broker: { url: `mqtt://127.0.0.1:${listener.addr.port}`, keepAlive: 60 },
      plan: { clientId: "me" },
      protocolVersion: 5,
      received: () => {},
    }, new AbortController().signal);
    await assert.rejects(within("the refusal", connecting), (error) => {
      assert.ok(error instanceof ConnectError && error.silent);
      assert.match(error.message, /closed without an answer to CONNECT.*mqtts:.*ws:.*load balancer/);
      return true;
    });
    await accepted;
  }
});

Deno.test("what a broker does wrong is the end's cause, also when the connection is dropped meanwhile", async () => {
  await using broker = new ScriptedBroker();
  const connection = await opened(broker);
  await broker.send(CONNACK);
  await eventually("the violation is answered", () => broker.received.some(({ cmd }) => cmd === "disconnect"));
  connection.destroy();
  assert.match((await connection.closed).cause, /a second CONNACK came/);
});

Deno.test("a client id that cannot stand in topics is not taken from a broker, nor more of its words than a line", async () => {
  for (
    const [assigned, taken] of [["other", "other"], ["a/b", undefined], ["#", undefined], [
      "x".repeat(60_000),
      undefined,
    ]]
  ) {
    await using broker = new ScriptedBroker();
    const connecting = attempt(broker);
    await broker.got("connect");
    await broker.send({ ...CONNACK, properties: { assignedClientIdentifier: assigned } } as Packet);
    const connection = await connecting;
    assert.equal(connection.answer.assignedClientIdentifier, taken);
    await broker.send(
      {
        cmd: "disconnect",
        reasonCode: 0x8b,
        properties: { reasonString: `\u001b[2J\n\u202e${"y".repeat(60_000)}` },
      } as Packet,
    );
    const { cause } = await connection.closed;
    assert.match(cause, /Server shutting down \(0x8b\): \\u001b\[2J\\n\\u202ey+…$/);
    assert.ok(cause.length < 300);
  }
});

Deno.test("whatever a broker sends, at any point, the connection ends in order", async () => {
  const packets = [
    { ...CONNACK, properties: { reasonString: "welcome", receiveMaximum: 9 } },
    { cmd: "suback", messageId: 1, granted: [1] },
    { cmd: "publish", topic: "t", payload: "text", qos: 2, messageId: 5, properties: { contentType: "x" } },
    { cmd: "pubrel", messageId: 5 },
    { cmd: "puback", messageId: 2 },
    { cmd: "pubrec", messageId: 3, reasonCode: 0 },
    { cmd: "pubcomp", messageId: 3 },
    { cmd: "unsuback", messageId: 4, granted: [0] },
    { cmd: "pingresp" },
    { cmd: "disconnect", reasonCode: 0x8e, properties: { reasonString: "bye" } },
  ].map((packet) => generate(packet as unknown as Packet, { protocolVersion: 5 }));
  for (const [index, packet] of packets.entries()) {
    for (let length = 1; length < packet.length; length++) {
      const before = Buffer.concat(packets.slice(0, index));
      await using broker = new ScriptedBroker();
      const connecting = attempt(broker, { early: [[{ filter: "t", qos: 2, noLocal: false }]] });
      const ended = connecting.then((connection) => connection.closed, (error) => {
        assert.ok(error instanceof ConnectError);
      });
      await broker.got("subscribe");
      await broker.sendBytes(Buffer.concat([before, packet.subarray(0, length)]));
      await broker.close();
      await within("the end", ended);
    }
  }
});
