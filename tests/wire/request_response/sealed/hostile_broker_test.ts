/**
 * Sealed sessions over a broker that does what it likes: it may deny service, and nothing else.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Clock } from "../../../../src/core/clock.ts";
import { Message } from "../../../../src/core/message.ts";
import type { Channel } from "../../../../src/core/channel.ts";
import type { PublishPacket, ReceivedPacket } from "../../../../src/mqtt/mod.ts";
import {
  clientSealing,
  generateKeyPair,
  type KeyPair,
  publicKeyText,
  serverSealing,
} from "../../../../src/seal/mod.ts";
import { RequestResponseClient } from "../../../../src/wire/request_response/client/client.ts";
import { RequestResponseServer } from "../../../../src/wire/request_response/server/server.ts";
import type { IncomingSession } from "../../../../src/wire/mod.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { LoopLink } from "../../../support/loop_link.ts";
import { CLIENT_OPTIONS, SERVER_OPTIONS } from "../../../support/wire_options.ts";
import { eventually } from "../../../support/wait.ts";

/** What a broker makes of a packet: any number of packets. */
type Broker = (packet: ReceivedPacket, direction: "to-server" | "to-client") => readonly ReceivedPacket[];

const HONEST: Broker = (packet) => [packet];
const SECRET = "the reactor is in hall 7";

/** A server and a client with a broker between them. */
class World implements AsyncDisposable {
  broker: Broker = HONEST;
  readonly seen: ReceivedPacket[] = [];
  readonly sessions: IncomingSession[] = [];
  readonly atServer: string[] = [];
  readonly serverKey: KeyPair;
  readonly clientKey = generateKeyPair();
  readonly authorized = new Map([[publicKeyText(this.clientKey.publicKey), "ada"]]);
  readonly server: RequestResponseServer;
  readonly serverLink: LoopLink;
  /** The last client's. */
  clientLink = new LoopLink("c1", () => {});
  readonly #clientLinks: LoopLink[] = [];
  readonly #abort = new AbortController();
  #changed = () => {};

  /** @param serverKey the key of a server that was there before */
  constructor(serverKey = generateKeyPair()) {
    this.serverKey = serverKey;
    this.serverLink = new LoopLink("s1", (packet) => this.carry(packet, "to-client"), 100_000);
    const authorized = { names: this.authorized, watch: (changed: () => void) => void (this.#changed = changed) };
    this.server = new RequestResponseServer(this.serverLink, {
      ...SERVER_OPTIONS,
      serverName: "demo",
      clientId: "s1",
      serverSealing: serverSealing(this.serverKey, authorized, false),
      opened: (session) => {
        this.sessions.push(session);
        session.receive((message) => {
          this.atServer.push(textOf(message));
          if (message.id !== undefined) void session.send(Message.from(`{"id":${message.id},"result":"${SECRET}"}`));
        });
      },
    });
  }

  client(
    key = this.clientKey,
    server = this.serverKey.publicKey,
    noDiscovery = true,
    clock?: Clock,
    sessionExpiry = 3_000,
  ): RequestResponseClient {
    this.clientLink = new LoopLink("c1", (packet) => this.carry(packet, "to-server"), 100_000);
    this.#clientLinks.push(this.clientLink);
    return new RequestResponseClient(this.clientLink, {
      ...CLIENT_OPTIONS,
      serverName: "demo",
      clientId: () => "c1",
      noDiscovery,
      pick: "first",
      connectTimeout: 3_000,
      sessionExpiry,
      clientSealing: clientSealing(key, server),
    }, clock);
  }

  carry(sent: PublishPacket, direction: "to-server" | "to-client"): void {
    const { topic, payload, qos, retain = false, properties = {}, common = {} } = sent;
    const userProperties = { ...common.userProperties, ...properties.userProperties };
    const packet = { topic, payload, qos, retain, properties: { ...common, ...properties, userProperties } };
    this.seen.push(packet);
    const targets = direction === "to-server" ? [this.serverLink] : this.#clientLinks;
    queueMicrotask(() => {
      for (const one of this.broker(packet, direction)) {
        for (const target of targets) target.deliver({ ...one, payload: one.payload.slice() });
      }
    });
  }

  /** Takes back what a key may do. */
  unauthorize(): void {
    this.authorized.clear();
    this.#changed();
  }

  /** Waits until a text has come. */
  async has(texts: readonly string[], count: number): Promise<void> {
    await eventually(`${count} messages`, () => texts.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.server[Symbol.asyncDispose]();
  }
}

function textOf({ bytes }: Message): string {
  return new TextDecoder().decode(bytes);
}

function request(id: number): Message {
  return Message.from(`{"id":${id},"method":"ask","params":"${SECRET}"}`);
}

/** A session, and what has come in it. */
async function dialed(client: RequestResponseClient): Promise<{ channel: Channel; answers: string[] }> {
  const channel = await client.dial(new AbortController().signal);
  const answers: string[] = [];
  channel.receive((message) => void answers.push(textOf(message)));
  return { channel, answers };
}

const isSealed = (packet: ReceivedPacket) => packet.properties.userProperties?.["mcp-sealed"] !== undefined;

Deno.test("a conversation arrives as it was said, and a tap sees no byte of it", async () => {
  await using world = new World();
  await using client = world.client();
  const { channel, answers } = await dialed(client);
  for (let id = 1; id <= 50; id++) void channel.send(request(id));
  await world.has(answers, 50);
  assert.deepEqual(world.atServer, Array.from({ length: 50 }, (_, index) => textOf(request(index + 1))));
  await channel.close();
  for (const packet of world.seen.filter(isSealed)) {
    const text = new TextDecoder("latin1").decode(packet.payload);
    for (const word of [SECRET, "jsonrpc", "method", "seq=", "ack=", "closed"]) assert.ok(!text.includes(word), word);
    const { userProperties = {}, contentType, payloadFormatIndicator } = packet.properties;
    const named = Object.keys(userProperties).toSorted();
    assert.deepEqual(named.filter((name) => !["mcp-sealed", "mcp-session", "mcp-instance"].includes(name)), []);
    assert.deepEqual([contentType, payloadFormatIndicator], ["application/octet-stream", false]);
  }
  assert.ok(world.seen.filter((packet) => packet.topic.includes("/closed/")).length === 0, "its goodbye is sealed too");
});

Deno.test("a broker that changes, repeats, drops and reorders whatever it likes changes nothing that is said", async () => {
  await using world = new World();
  let step = 0;
  const kept: ReceivedPacket[] = [];
  world.broker = (packet, direction) => {
    step++;
    kept.push(packet);
    const payload = packet.payload.slice();
    payload[step % payload.length] = (payload[step % payload.length] ?? 0) ^ (1 << step % 8);
    const replayed = kept[(step * 7) % kept.length];
    const forged = { ...packet, payload };
    const others = replayed === undefined || replayed.topic !== packet.topic ? [forged] : [forged, replayed];
    if (step % 11 === 0) return others; // lost
    return direction === "to-server" && step % 2 === 0 ? [packet, ...others] : [...others, packet, packet];
  };
  await using client = world.client();
  const { channel, answers } = await dialed(client);
  for (let id = 1; id <= 40; id++) void channel.send(request(id));
  await world.has(answers, 40);
  assert.deepEqual(world.atServer, Array.from({ length: 40 }, (_, index) => textOf(request(index + 1))));
  assert.deepEqual(answers.map((text) => JSON.parse(text).id), Array.from({ length: 40 }, (_, index) => index + 1));
  world.broker = HONEST;
  await channel.close();
});

Deno.test("what is not sealed never ends a session, opens one or is a message in one", async () => {
  await using world = new World();
  await using client = world.client();
  const { channel, answers } = await dialed(client);
  void channel.send(request(1));
  await world.has(answers, 1);
  const session = world.seen.find(isSealed)?.properties.userProperties?.["mcp-session"] ?? "";
  const forged = (topic: string, userProperties: Record<string, string>): ReceivedPacket => ({
    topic,
    payload: new TextEncoder().encode('{"id":9,"method":"forged"}'),
    qos: 1,
    retain: false,
    properties: { userProperties: { "mcp-session": String(session), ...userProperties } },
  });
  for (const properties of [{ "mcp-closed": "session-ended" }, { "mcp-seq": "2" }, {}]) {
    world.clientLink.deliver(forged("mcp/demo/response/c1", { ...properties, "mcp-ack": "1" }));
    world.serverLink.deliver(forged("mcp/demo/instance/s1/c1", properties));
    world.serverLink.deliver(forged("mcp/demo/request/c1", properties));
  }
  world.serverLink.deliver(forged("mcp/demo/closed/c1", {}));
  void channel.send(request(2));
  await world.has(answers, 2);
  assert.deepEqual([world.sessions.length, world.atServer.length, answers.length], [1, 2, 2]);
  await channel.close();
});

Deno.test("a first message that was recorded leads nowhere, here or at an instance that begins anew", async () => {
  await using world = new World();
  await using client = world.client();
  const { channel, answers } = await dialed(client);
  void channel.send(request(1));
  await world.has(answers, 1);
  const recorded = world.seen.filter((packet) => packet.topic.endsWith("/c1") && isSealed(packet));
  for (const packet of recorded) world.serverLink.deliver(packet);
  void channel.send(request(2));
  await world.has(answers, 2);
  assert.equal(world.sessions.length, 1);
  await channel.close();
  await using other = new World(world.serverKey);
  other.authorized.set(publicKeyText(world.clientKey.publicKey), "ada");
  for (const packet of recorded) other.serverLink.deliver(packet);
  assert.equal(other.sessions.length, 0);
});

Deno.test("a client that is not authorized is told so by nobody but the server, and costs no session", async () => {
  await using world = new World();
  await using client = world.client(generateKeyPair());
  await assert.rejects(dialed(client), /does not know this client's key/);
  assert.equal(world.sessions.length, 0);
  for (const packet of world.seen) {
    assert.ok(!new TextDecoder("latin1").decode(packet.payload).includes("key"), "the refusal can be read by others");
  }
});

Deno.test("a server with another key is not the server", async () => {
  await using world = new World();
  await using client = world.client(world.clientKey, generateKeyPair().publicKey);
  await assert.rejects(dialed(client), /No server with the key that was given has answered/);
});

Deno.test("a broker that names another instance than the server does is not believed", async () => {
  await using world = new World();
  world.broker = (packet, direction) => {
    if (direction !== "to-client" || packet.properties.responseTopic === undefined) return [packet];
    return [{ ...packet, properties: { ...packet.properties, responseTopic: "mcp/demo/instance/evil/c1" } }];
  };
  await using client = world.client();
  await assert.rejects(dialed(client), /No server with the key/);
});

Deno.test("a client whose key is taken away loses its session", async () => {
  await using world = new World();
  await using client = world.client();
  const { channel, answers } = await dialed(client);
  void channel.send(request(1));
  await world.has(answers, 1);
  world.unauthorize();
  assert.equal((await channel.closed)?.reason, "not-authorized");
});

Deno.test("a session replaces the one before of the same key and client, and none of another key", async () => {
  await using world = new World();
  await using one = world.client();
  const first = await dialed(one);
  void first.channel.send(request(1));
  await world.has(first.answers, 1);
  const stranger = generateKeyPair();
  world.authorized.set(publicKeyText(stranger.publicKey), "eve");
  await using two = world.client(stranger);
  const second = await dialed(two);
  void second.channel.send(request(2));
  await world.has(second.answers, 1);
  assert.equal(await Promise.race([world.sessions[0]?.closed, Promise.resolve("open")]), "open");
  await using three = world.client();
  const third = await dialed(three);
  void third.channel.send(request(3));
  await world.has(third.answers, 1);
  assert.equal((await world.sessions[0]?.closed)?.reason, "session-replaced");
  assert.equal((await first.channel.closed)?.reason, "session-replaced");
  await second.channel.close();
  await third.channel.close();
});

/** The presence of an instance, as somebody says it. */
function presence(instance: string, since: string): ReceivedPacket {
  const params = { meta: { direct: true, numbered: true, format: 2, since } };
  const online = { jsonrpc: "2.0", method: "notifications/server/online", params };
  const payload = new TextEncoder().encode(JSON.stringify(online));
  return { topic: `mcp/demo/presence/${instance}`, payload, qos: 1, retain: true, properties: {} };
}

Deno.test("an instance that is said to start again and again is asked, and has gone if it does not answer", async () => {
  await using world = new World();
  await using client = world.client(undefined, undefined, false, undefined, 200);
  world.clientLink.deliver(presence("s1", "1"));
  const { channel, answers } = await dialed(client);
  void channel.send(request(1));
  await world.has(answers, 1);
  world.clientLink.deliver(presence("s1", "forged"));
  void channel.send(request(2));
  await world.has(answers, 2);
  world.broker = () => [];
  void channel.send(request(3));
  let ended: string | undefined;
  void channel.closed.then((failure) => ended = failure?.reason);
  let starts = 1;
  await eventually("the session has ended", () => {
    world.clientLink.deliver(presence("s1", String(++starts)));
    return ended !== undefined;
  });
  assert.equal(ended, "server-gone");
});

Deno.test("an instance that is only said to be there holds nobody up: the handshake goes on to the next", async () => {
  await using world = new World();
  await using client = world.client(undefined, undefined, false);
  for (const instance of ["dead", "s1"]) world.clientLink.deliver(presence(instance, "1"));
  const { channel, answers } = await dialed(client);
  void channel.send(request(1));
  await world.has(answers, 1);
  assert.ok(world.seen.some(({ topic }) => topic.startsWith("mcp/demo/instance/dead/")), "the first one was asked");
  await channel.close();
});

Deno.test("after a day, and in a quiet moment, a session ends, and the next one has other keys", async () => {
  await using world = new World();
  const clock = new ManualClock();
  await using client = world.client(undefined, undefined, true, clock);
  const first = await dialed(client);
  void first.channel.send(request(1));
  await world.has(first.answers, 1);
  await clock.advance(24 * 60 * 60 * 1_000);
  for (let id = 2; id <= 10; id++) {
    void first.channel.send(request(id));
    await world.has(first.answers, id);
    await clock.advance(29_000);
  }
  assert.equal(await Promise.race([first.channel.closed, Promise.resolve("open")]), "open");
  await clock.advance(60_000);
  const failure = await first.channel.closed;
  assert.deepEqual([failure?.reason, failure?.message], ["session-ended", "The keys of the session are used up"]);
  await world.sessions[0]?.closed; // the server is told
  const second = await dialed(client);
  void second.channel.send(request(11));
  await world.has(second.answers, 1);
  const handshakes = world.seen.filter(({ payload }) => payload.length === 96).map(({ payload }) => payload.join());
  assert.deepEqual([new Set(handshakes).size, world.sessions.length], [2, 2]);
  await second.channel.close();
  assert.equal(clock.timers, 0);
});

Deno.test("who never is quiet gets new keys half an hour later", async () => {
  await using world = new World();
  const clock = new ManualClock();
  await using client = world.client(undefined, undefined, true, clock);
  const { channel, answers } = await dialed(client);
  let over = false;
  void channel.closed.then(() => over = true);
  await clock.advance(24 * 60 * 60 * 1_000);
  let asked = 0;
  for (; !over && asked < 200; asked++) {
    void channel.send(request(asked));
    await world.has(answers, asked + 1);
    await clock.advance(15_000);
  }
  assert.equal(asked, 2 * 60);
});
