import assert from "node:assert/strict";
import { Failure } from "../../../../src/core/failure.ts";
import { Message } from "../../../../src/core/message.ts";
import type { Acceptor, IncomingSession, ServerOptions } from "../../../../src/wire/mod.ts";
import { testOnBrokers } from "../../../support/brokers.ts";
import type { TestBroker } from "../../../support/embedded_broker.ts";
import { TestLinks, type TestLinksOptions } from "../../../support/links.ts";
import { request, response, textOf } from "../../../support/messages.ts";
import { retained } from "../../../support/mqtt_client.ts";
import { type Manner, type Seen, SessionPeer } from "../../../support/session_peer.ts";
import { profileNamed, SERVER_OPTIONS } from "../../../support/wire_options.ts";
import { eventually } from "../../../support/wait.ts";

const BASE = "mcp/demo";
const REQUEST = `${BASE}/request/c1`;
const RESPONSE = `${BASE}/response/c1`;
const INSTANCE = `${BASE}/instance/s1/c1`;
const CLOSED = `${BASE}/closed/c1`;
const PRESENCE = `${BASE}/presence/s1`;
const SESSION = "0123456789abcdef0123456789abcdef";
const PING = { jsonrpc: "2.0", id: 1, method: "ping" };
const DISCONNECTED = { jsonrpc: "2.0", method: "notifications/disconnected" };
const FORMAT = "UTF-8 application/json";

/** A server whose sessions keep what they get; it answers when the test says so. */
class Server implements AsyncDisposable {
  readonly links: TestLinks;
  readonly sessions: IncomingSession[] = [];
  readonly received: string[] = [];
  readonly ended: string[] = [];
  readonly acceptor: Acceptor;

  constructor(broker: TestBroker, options: Partial<ServerOptions> = {}, links: TestLinksOptions = {}) {
    this.links = new TestLinks(broker, links);
    this.acceptor = profileNamed("request-response").accept(this.links.make, {
      ...SERVER_OPTIONS,
      serverName: "demo",
      clientId: "s1",
      clientInfo: {},
      description: "shows",
      meta: { room: "attic" },
      share: undefined,
      qos: "auto",
      observe: this.links.observe,
      opened: (session) => this.#opened(session),
      ...options,
    });
  }

  /** Resolves when clients can reach it. */
  async online(): Promise<this> {
    await eventually("the server", () => this.links.events.some(({ type }) => type === "server.online"));
    return this;
  }

  get last(): IncomingSession {
    const session = this.sessions.at(-1);
    assert.ok(session !== undefined);
    return session;
  }

  answer(id: string | number, result: unknown = {}): void {
    void this.last.send(response(JSON.stringify(id), JSON.stringify(result)));
  }

  /** Why messages were dropped. */
  get dropped(): string[] {
    return this.links.events.flatMap((event) => event.type === "message.dropped" ? [event.cause] : []);
  }

  async hasReceived(count: number): Promise<string[]> {
    await eventually(`${count} messages, of which there are ${this.received}`, () => this.received.length >= count);
    return this.received;
  }

  #opened(session: IncomingSession): void {
    this.sessions.push(session);
    void session.closed.then((failure) => this.ended.push(failure?.reason ?? "left"));
    session.receive(({ method, id }) => void this.received.push(`${method ?? "answer"} ${id ?? ""}`.trim()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.acceptor[Symbol.asyncDispose]();
    await this.links[Symbol.asyncDispose]();
  }
}

function peer(broker: TestBroker, clientId = "c1", version: 4 | 5 = 5): Promise<SessionPeer> {
  const will = { topic: `${BASE}/closed/${clientId}`, payload: JSON.stringify(DISCONNECTED), qos: 1 as const };
  return SessionPeer.connect(
    broker.url,
    { clientId, protocolVersion: version, will: { ...will, retain: false } } as Parameters<
      typeof SessionPeer.connect
    >[1],
    `${BASE}/response/${clientId}`,
  );
}

/** How the message with this number of a session is published. */
const numbered = (seq: number, rest: Manner = {}): Manner => ({
  ...rest,
  layer: { session: SESSION, seq, ack: 0, ...rest.layer },
});

/** Opens a session with a ping that is not answered, and gives the welcome. */
async function open(server: Server, client: SessionPeer, manner: Manner = {}): Promise<Seen> {
  const sessions = server.sessions.length;
  await client.say(REQUEST, PING, numbered(1, { responseTopic: RESPONSE, correlation: "k1", ...manner }));
  const welcome = await client.next();
  await eventually("the session", () => server.sessions.length > sessions);
  return welcome;
}

/** Has the server answer a message, which shows that everything before it has been dealt with. */
async function isAlive(server: Server, client: SessionPeer, seq: number): Promise<void> {
  const id = `alive ${seq}`;
  await client.say(INSTANCE, { ...PING, id }, numbered(seq));
  await eventually("the last message", () => server.received.includes(`ping "${id}"`));
  server.answer(id);
  assert.equal((await client.find(({ payload }) => payload.id === id)).payload.id, id);
}

testOnBrokers("the presence is retained, says what the server is, and is gone when the server is", async (broker) => {
  const server = await new Server(broker).online();
  await using watcher = await SessionPeer.connect(broker.url, {}, `${BASE}/presence/+`);
  const { topic, payload, retain, format } = await watcher.next();
  assert.deepEqual([topic, retain, format], [PRESENCE, true, FORMAT]);
  const { since, ...meta } = payload.params.meta;
  assert.ok(Date.parse(since) <= Date.now());
  assert.deepEqual(meta, { room: "attic", shared: false, numbered: true, format: 2, direct: true, joining: true });
  assert.deepEqual(payload, {
    jsonrpc: "2.0",
    method: "notifications/server/online",
    params: { server_name: "demo", description: "shows", meta: payload.params.meta },
  });
  assert.equal(server.acceptor.topic, `${BASE}/request`);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(await watcher.next().then(({ topic, payload }) => [topic, payload]), [PRESENCE, ""]);
  assert.equal(await retained(broker.url, PRESENCE), undefined);
});

testOnBrokers("the presence of a server that is cut off goes by its will, and comes again with it", async (broker) => {
  await using server = await new Server(broker).online();
  const [plan] = server.links.plans;
  assert.equal(plan?.clientId, "s1");
  const { insteadOfEmpty: _, ...will } = plan?.will ?? {};
  assert.deepEqual(will, { topic: PRESENCE, payload: new Uint8Array(), qos: 1, retain: true });
  await using watcher = await SessionPeer.connect(broker.url, {}, PRESENCE);
  await watcher.next();
  server.links.cut("s1");
  assert.equal((await watcher.next()).payload, "");
  assert.equal((await watcher.next()).payload.method, "notifications/server/online");
  assert.ok(await retained(broker.url, PRESENCE) !== undefined);
});

testOnBrokers("a server that withdraws takes no more sessions, and goes on with those it has", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await open(server, client);
  server.acceptor.withdraw();
  await eventually("the withdrawal", () => server.links.events.some(({ type }) => type === "server.offline"));
  await isAlive(server, client, 2);
  assert.equal(await retained(broker.url, PRESENCE), undefined);
  await using late = await peer(broker, "c2");
  const rest = { layer: { session: "b".repeat(32) }, responseTopic: `${BASE}/response/c2` };
  await late.say(`${BASE}/request/c2`, PING, numbered(1, rest));
  await isAlive(server, client, 3);
  assert.equal(server.sessions.length, 1);
});

testOnBrokers("every message of a session is where the profile wants it, with its properties", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);

  // The welcome names the instance and says what has been taken, before the server process has said anything.
  assert.deepEqual(await open(server, client), {
    topic: RESPONSE,
    payload: "",
    qos: 0,
    retain: false,
    layer: { session: SESSION, ack: "1" },
    responseTopic: INSTANCE,
    format: FORMAT,
  });
  server.answer(1, "pong");
  assert.deepEqual(await client.message(), {
    topic: RESPONSE,
    payload: { jsonrpc: "2.0", id: 1, result: "pong" },
    qos: 0,
    retain: false,
    layer: { session: SESSION, seq: "1", ack: "1" },
    responseTopic: INSTANCE,
    correlation: "k1",
    format: FORMAT,
  });

  // Once the client has shown that it knows its instance, that is not told any more.
  const manner = numbered(2, { layer: { ack: 1 }, correlation: "k2" });
  await client.say(INSTANCE, { jsonrpc: "2.0", id: "two", method: "tools/list" }, manner);
  assert.deepEqual(await server.hasReceived(2), ["ping 1", 'tools/list "two"']);
  void server.last.send(Message.from({ jsonrpc: "2.0", method: "notifications/progress" }));
  void server.last.send(request('"q"', "roots/list"));
  server.answer("two");
  const common = { topic: RESPONSE, qos: 0, retain: false, format: FORMAT };
  assert.deepEqual([await client.message(), await client.message(), await client.message()], [
    {
      ...common,
      payload: { jsonrpc: "2.0", method: "notifications/progress" },
      layer: { session: SESSION, seq: "2", ack: "2" },
    },
    {
      ...common,
      payload: { jsonrpc: "2.0", id: "q", method: "roots/list", params: {} },
      layer: { session: SESSION, seq: "3", ack: "2" },
    },
    {
      ...common,
      payload: { jsonrpc: "2.0", id: "two", result: {} },
      layer: { session: SESSION, seq: "4", ack: "2" },
      correlation: "k2",
    },
  ]);
});

testOnBrokers("with --qos 1 everything is sent with it, and the client's QoS 1 is taken", async (broker) => {
  await using server = await new Server(broker, { qos: 1 }).online();
  await using client = await peer(broker);
  assert.equal((await open(server, client)).qos, 1);
  server.answer(1);
  assert.equal((await client.message()).qos, 1);
});

testOnBrokers("a message that comes twice is handed on once, one that is missing is asked for", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await open(server, client);
  await client.say(INSTANCE, { ...PING, id: 2 }, numbered(2));
  await client.say(INSTANCE, { ...PING, id: 2 }, numbered(2));
  await client.say(INSTANCE, { ...PING, id: 4 }, numbered(4));
  const { layer } = await client.find(({ layer }) => layer.resume !== undefined);
  assert.equal(layer.resume, "2");
  await client.say(INSTANCE, { ...PING, id: 3 }, numbered(3));
  await client.say(INSTANCE, { ...PING, id: 4 }, numbered(4));
  assert.deepEqual(await server.hasReceived(4), ["ping 1", "ping 2", "ping 3", "ping 4"]);
  assert.ok(server.links.events.some(({ type }) => type === "session.duplicate"));
});

testOnBrokers("a client that asks again gets what it has missed, as it was", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await open(server, client);
  server.answer(1, "pong");
  void server.last.send(request('"q"', "roots/list"));
  const first = [await client.message(), await client.message()];
  await client.say(INSTANCE, "", { layer: { session: SESSION, resume: 0 } });
  const again = [await client.message(), await client.message()];
  assert.deepEqual(again.map(({ payload, layer: { seq } }) => [payload, seq]), [
    [first[0]?.payload, "1"],
    [first[1]?.payload, "2"],
  ]);
});

// What the server trusts, and what it does not.

const BARE = `${BASE}/request`;

const DISHONOURED: readonly [what: string, topic: string, responseTopic: string | undefined][] = [
  ["of another server", REQUEST, "mcp/other/response/c1"],
  ["of another client", REQUEST, `${BASE}/response/c2`],
  ["that is no response topic", REQUEST, PRESENCE],
  ["that the client owns, but for something else", REQUEST, INSTANCE],
  ["below the client's own", REQUEST, `${RESPONSE}/more`],
  ["somewhere else, without a client", BARE, "factory/valve"],
  ["above all clients'", BARE, `${BASE}/response`],
  ["that begins like the right one", BARE, `${BASE}/responses/c1`],
  ["that is missing where nothing tells who asks", BARE, undefined],
];

testOnBrokers("a Response Topic is not honoured where no response of this client belongs", async (broker) => {
  await using server = await new Server(broker).online();
  await using watcher = await SessionPeer.connect(broker.url, {}, "#");
  await using client = await peer(broker);
  for (const [, topic, responseTopic] of DISHONOURED) {
    const rest = responseTopic === undefined ? {} : { responseTopic };
    await client.say(topic, PING, { correlation: "k", ...rest });
    await client.say(topic, PING, numbered(1, { correlation: "k", ...rest }));
  }
  await client.say(`${REQUEST}/more`, PING, { responseTopic: RESPONSE });
  await eventually("the end of all of them", () => server.dropped.length >= DISHONOURED.length * 2 + 1);
  assert.equal(server.sessions.length, 0);
  const topics = new Set(watcher.all.map(({ topic }) => topic));
  assert.deepEqual([...topics].toSorted(), [PRESENCE, BARE, REQUEST, `${REQUEST}/more`]);
});

testOnBrokers("who asks on the bare topic is answered wherever responses are, and told no instance", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await SessionPeer.connect(broker.url, {}, `${BASE}/response/#`);
  for (const topic of [`${BASE}/response/c1`, `${BASE}/response/any/where`]) {
    await client.say(BARE, PING, { responseTopic: topic, correlation: "k" });
    await eventually("the session", () => server.sessions.at(-1)?.name === topic);
    server.answer(1);
    const { layer, responseTopic, ...packet } = await client.message();
    assert.deepEqual([packet.topic, packet.correlation, layer, responseTopic], [topic, "k", {}, undefined]);
  }
});

testOnBrokers("without a Response Topic, a client that its topic names is answered on its own", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await client.say(REQUEST, PING);
  await server.hasReceived(1);
  server.answer(1);
  assert.deepEqual((await client.message()).payload, { jsonrpc: "2.0", id: 1, result: {} });
});

testOnBrokers("--request-topic and --response-topic are where a session is, and nowhere else", async (broker) => {
  const own = { requestTopic: "plant/{client}/ask", responseTopic: "plant/{client}/tell" };
  await using server = await new Server(broker, own).online();
  await using client = await SessionPeer.connect(broker.url, { clientId: "c1" }, "plant/c1/tell", RESPONSE);
  await client.say(REQUEST, PING, { responseTopic: RESPONSE });
  await client.say("plant/c1/ask", PING, numbered(1, { responseTopic: RESPONSE }));
  await client.say("plant/c1/ask", PING, numbered(1, { responseTopic: "plant/c2/tell" }));
  await client.say("plant/c1/ask", PING, numbered(1, { responseTopic: "plant/c1/tell" }));
  const welcome = await client.next();
  assert.deepEqual([welcome.topic, welcome.responseTopic], ["plant/c1/tell", INSTANCE]);
  assert.equal(server.dropped.length, 2);
  assert.equal(server.acceptor.topic, own.requestTopic);
});

testOnBrokers("a stranger cannot use the session of a client on the instance's topic", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await open(server, client);
  await using stranger = await peer(broker, "c2");
  // With a session that is not its own, it hears that it has none; without one, it is a plain requester.
  await stranger.say(`${BASE}/instance/s1/c2`, { ...PING, id: 666 }, numbered(2));
  const { topic, layer } = await stranger.next();
  assert.deepEqual([topic, layer.closed], [`${BASE}/response/c2`, "session-ended"]);
  await stranger.say(`${BASE}/instance/s1/c2`, { ...PING, id: 667 });
  await eventually("its own session", () => server.sessions.length === 2);
  await stranger.say(`${BASE}/closed/c2`, DISCONNECTED, { layer: { session: SESSION } });
  const [session] = server.sessions;
  await client.say(INSTANCE, { ...PING, id: 2 }, numbered(2));
  await eventually("the message behind it", () => server.received.includes("ping 2"));
  void session?.send(response("2"));
  assert.equal((await client.find(({ payload }) => payload.id === 2)).payload.id, 2);
  assert.deepEqual(server.ended, []);
});

testOnBrokers(
  "a client whose session the server does not know any more is told so, and not that its requests have not run",
  async (broker) => {
    await using server = await new Server(broker).online();
    await using client = await peer(broker);
    await client.say(INSTANCE, { ...PING, id: 5 }, numbered(5));
    const { payload, layer, topic } = await client.next();
    assert.deepEqual([topic, payload.method], [RESPONSE, DISCONNECTED.method]);
    assert.deepEqual(layer, { session: SESSION, closed: "session-ended" });
    assert.equal(server.sessions.length, 0);
  },
);

const BUSY = new Failure("too-many-sessions", "All sessions are in use", { maximum: 1 });

testOnBrokers(
  "a client that can have no session gets the reason, and may go elsewhere with its request",
  async (broker) => {
    const asked: string[] = [];
    await using server = await new Server(broker, {
      refusal: (client, name) => {
        asked.push(`${client} ${name}`);
        return BUSY;
      },
    }).online();
    await using client = await peer(broker);
    await client.say(REQUEST, PING, numbered(1, { responseTopic: RESPONSE }));
    const goodbye = await client.next();
    assert.deepEqual(goodbye.layer, { session: SESSION, closed: "too-many-sessions", ack: "0" });
    const data = { reason: "too-many-sessions", maximum: 1 };
    assert.deepEqual(goodbye.payload, { ...DISCONNECTED, params: { reason: BUSY.message, data } });

    await client.say(REQUEST, { ...PING, id: "plain" }, { responseTopic: RESPONSE, correlation: "k" });
    const { payload, correlation, layer } = await client.next();
    assert.deepEqual(payload, { jsonrpc: "2.0", id: "plain", error: { code: -32000, message: BUSY.message, data } });
    assert.deepEqual([correlation, layer], ["k", {}]);

    await client.say(REQUEST, { ...PING, id: 3 }, { responseTopic: RESPONSE, layer: { session: "unnumbered" } });
    assert.deepEqual((await client.next()).payload.id, 3);
    assert.deepEqual((await client.next()).layer, { session: "unnumbered", closed: "too-many-sessions", ack: "0" });
    assert.deepEqual(asked, ["c1 c1/01234567", "c1 c1", "c1 c1/unnumber"]);
    assert.equal(server.sessions.length, 0);
  },
);

testOnBrokers("a client that has a session gets the next one in its place, when that one has ended", async (broker) => {
  const free = [1];
  await using server = await new Server(broker, {
    refusal: () => free.length === 0 ? BUSY : undefined,
    opened: (session) => {
      assert.equal(free.pop(), 1, "the session before has ended");
      server.sessions.push(session);
      void session.closed.then(() => free.push(1));
    },
  }).online();
  await using client = await peer(broker);
  await open(server, client);
  await client.say(REQUEST, PING, { responseTopic: RESPONSE, layer: { session: "next", seq: 1, ack: 0 } });
  const replaced = await client.find(({ layer }) => layer.closed !== undefined);
  assert.deepEqual([replaced.layer.session, replaced.layer.closed], [SESSION, "session-replaced"]);
  await eventually("the next session", () => server.sessions.length === 2);

  await using other = await peer(broker, "c2");
  await other.say(`${BASE}/request/c2`, PING, numbered(1));
  assert.equal((await other.next()).layer.closed, "too-many-sessions");
});

testOnBrokers("a client that opens one session after the other is stopped, and no other client is", async (broker) => {
  const refused: string[] = [];
  await using server = await new Server(broker, {
    refused: (name, { reason }) => void refused.push(`${name} ${reason}`),
  }).online();
  await using client = await peer(broker);
  for (let count = 0; count < 200; count++) {
    await client.say(REQUEST, PING, { responseTopic: RESPONSE, layer: { session: `s${count}`, seq: 1, ack: 0 } });
  }
  const { payload } = await client.find(({ layer }) => layer.closed === "too-many-sessions");
  assert.equal(payload.params.reason, "This client opens sessions too often; try again in a second");
  assert.match(refused[0] ?? "", /^c1\/s\d+ too-many-sessions$/);
  await using other = await peer(broker, "c2");
  await other.say(`${BASE}/request/c2`, PING, numbered(1));
  await eventually("the other's session", () => server.last.name.startsWith("c2/"));
  assert.ok(server.sessions.length < 100, `${server.sessions.length} sessions`);
});

testOnBrokers("requesters without a client id that share a response topic do not stop each other", async (broker) => {
  const shared = { requestTopic: "plant/ask", responseTopic: "plant/tell" };
  await using server = await new Server(broker, shared).online();
  await using client = await peer(broker);
  for (let count = 0; count < 15; count++) {
    await client.say(shared.requestTopic, PING, {
      responseTopic: shared.responseTopic,
      layer: { session: `s${count}`, seq: 1, ack: 0 },
    });
  }
  await eventually("all sessions", () => server.sessions.length === 15);
});

testOnBrokers("a first message that is meant for another instance is left alone", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  const session = "e".repeat(32);
  await client.say(REQUEST, PING, { responseTopic: RESPONSE, layer: { session, seq: 1, ack: 0, instance: "s2" } });
  const welcome = await open(server, client, { layer: { instance: "s1" } });
  assert.equal(welcome.layer.session, SESSION);
  assert.equal(server.sessions.length, 1);
});

testOnBrokers("an echo of a session that is over opens none", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await client.say(REQUEST, { ...PING, id: 7 }, { ...numbered(7), responseTopic: RESPONSE });
  await client.say(REQUEST, "", { layer: { session: SESSION, sent: 7, ack: 0 }, responseTopic: RESPONSE });
  await open(server, client);
  assert.deepEqual(await server.hasReceived(1), ["ping 1"]);
});

// How sessions end.

testOnBrokers(
  "a session ends when its client says so, and not when it is another one's or retained",
  async (broker) => {
    await using server = await new Server(broker).online();
    await using client = await peer(broker);
    await open(server, client);
    await client.say(CLOSED, DISCONNECTED, { layer: { session: "f".repeat(32) } });
    await isAlive(server, client, 2);
    assert.deepEqual(server.ended, []);
    await client.say(CLOSED, DISCONNECTED, { layer: { session: SESSION } });
    await eventually("the end of the session", () => server.ended.length === 1);
    assert.deepEqual(server.ended, ["left"]);
    const heard = client.all.length;
    await client.say(INSTANCE, { ...PING, id: 9 }, numbered(3));
    await eventually("the answer", () => client.all.length > heard);
    assert.equal(client.all.at(-1)?.layer.closed, "session-ended");
  },
);

testOnBrokers("what is retained on a client's closed topic ends nothing", async (broker) => {
  await using client = await peer(broker);
  await client.say(CLOSED, DISCONNECTED, { layer: { session: SESSION }, retain: true });
  await using server = await new Server(broker).online();
  await open(server, client);
  server.links.cut("s1"); // and gets the message again
  await eventually("the server", () => server.links.events.filter(({ type }) => type === "server.online").length === 2);
  await isAlive(server, client, 2);
  assert.deepEqual(server.ended, []);
});

testOnBrokers("a client that is cut off, and so has sent its will, goes on when it is back", async (broker) => {
  await using server = await new Server(broker).online();
  await using watcher = await SessionPeer.connect(broker.url, {}, CLOSED);
  {
    await using client = await peer(broker);
    await open(server, client);
    client.drop();
    assert.equal((await watcher.next()).layer.session, undefined);
  }
  await using client = await peer(broker);
  await isAlive(server, client, 2);
  assert.deepEqual(server.ended, []);
});

testOnBrokers("another session of the same client ends the one before, which hears how far it got", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await open(server, client);
  const session = "d".repeat(32);
  await client.say(REQUEST, { ...PING, id: 2 }, { responseTopic: RESPONSE, layer: { session, seq: 1, ack: 0 } });
  const goodbye = await client.find(({ layer }) => layer.closed !== undefined);
  assert.deepEqual(goodbye.layer, { session: SESSION, closed: "session-replaced", ack: "1" });
  assert.equal(goodbye.payload.params.data.reason, "session-replaced");
  await eventually("the second session", () => server.sessions.length === 2);
  server.answer(2);
  const answer = await client.message();
  assert.deepEqual([answer.payload.id, answer.layer.session, answer.layer.seq], [2, session, "1"]);
  assert.deepEqual(server.ended, ["session-replaced"]);
});

testOnBrokers("a server that shuts down ends its sessions with the reason before its presence", async (broker) => {
  const server = await new Server(broker).online();
  await using client = await peer(broker);
  await client.subscribe(PRESENCE);
  await client.next();
  await open(server, client);
  await server[Symbol.asyncDispose]();
  const goodbye = await client.message();
  assert.deepEqual([goodbye.topic, goodbye.layer.closed], [RESPONSE, "server-shutting-down"]);
  assert.deepEqual(goodbye.payload, {
    jsonrpc: "2.0",
    method: DISCONNECTED.method,
    params: { reason: "The server is shutting down", data: { reason: "server-shutting-down" } },
  });
  const gone = await client.next();
  assert.deepEqual([gone.topic, gone.payload], [PRESENCE, ""]);
});

testOnBrokers("the end of a session says how far the server has looked at what the client said", async (broker) => {
  let session: IncomingSession | undefined;
  const server = new Server(broker, {
    opened: (opened) => {
      session = opened;
      // It never takes the second message.
      opened.receive(({ id }) => id === "2" ? new Promise(() => {}) : undefined);
    },
  });
  await using _server = await server.online();
  await using client = await peer(broker);
  await client.say(REQUEST, PING, numbered(1, { responseTopic: RESPONSE }));
  await client.say(INSTANCE, { ...PING, id: 2 }, numbered(2));
  await client.say(INSTANCE, { ...PING, id: 3 }, numbered(3));
  await client.say(INSTANCE, "", { layer: { session: SESSION, sent: 3 } });
  // Acknowledged is what was taken; what the server has been handed may have had its effect.
  const { layer: acknowledgement } = await client.find(({ layer: { ack } }) => ack !== "0");
  assert.deepEqual(acknowledgement, { session: SESSION, ack: "1" });
  void session?.close(new Failure("child-exited", "It is gone", { exitCode: 3 }));
  const { payload, layer } = await client.find(({ layer }) => layer.closed !== undefined);
  assert.deepEqual(layer, { session: SESSION, closed: "child-exited", ack: "2" });
  assert.deepEqual(payload.params, { reason: "It is gone", data: { reason: "child-exited", exitCode: 3 } });
});

// Sizes.

const SMALL: TestLinksOptions = { maximumPacketSize: 2_000 };

testOnBrokers("a message that does not fit into a packet goes in parts", async (broker) => {
  await using server = await new Server(broker, {}, SMALL).online();
  await using client = await peer(broker);
  await open(server, client);
  const result = "€".repeat(1_000);
  server.answer(1, result);
  const parts = [await client.message()];
  while (parts.at(-1)?.layer.more === "1") parts.push(await client.message());
  assert.ok(parts.length > 2);
  const text = JSON.stringify({ jsonrpc: "2.0", id: 1, result });
  assert.equal(parts.map(({ payload }) => payload).join(""), text);
  assert.deepEqual(parts.map(({ layer: { seq } }) => seq), parts.map((_, index) => String(index + 1)));
  assert.deepEqual(parts.map(({ layer: { id } }) => id), ["response 1", ...parts.slice(1).map(() => undefined)]);
  assert.deepEqual(parts.map(({ correlation }) => correlation), parts.map(() => "k1"));
  assert.deepEqual([...new Set(parts.map(({ format }) => format))], [FORMAT]);
});

testOnBrokers(
  "parts are put together, also when they come twice, and other messages wait behind them",
  async (broker) => {
    await using server = await new Server(broker).online();
    await using client = await peer(broker);
    await open(server, client);
    const text = JSON.stringify({ ...PING, id: 2, method: "tools/call" });
    await client.say(
      INSTANCE,
      text.slice(0, 20),
      numbered(2, { layer: { more: 1, id: "request 2" }, correlation: "k2" }),
    );
    await client.say(
      INSTANCE,
      text.slice(0, 20),
      numbered(2, { layer: { more: 1, id: "request 2" }, correlation: "k2" }),
    );
    await client.say(INSTANCE, text.slice(20, 40), numbered(3, { layer: { more: 1 } }));
    await client.say(INSTANCE, text.slice(40), numbered(4));
    await client.say(INSTANCE, { ...PING, id: 3 }, numbered(5));
    assert.deepEqual(await server.hasReceived(3), ["ping 1", "tools/call 2", "ping 3"]);
    server.answer(2);
    assert.equal((await client.message()).correlation, "k2");
  },
);

testOnBrokers("what is larger than --max-message is answered in its stead, in parts or whole", async (broker) => {
  await using server = await new Server(broker, { maxMessage: 100 }).online();
  await using client = await peer(broker);
  await open(server, client);
  const long = JSON.stringify({ ...PING, id: 2, params: { filler: "x".repeat(150) } });
  await client.say(INSTANCE, long.slice(0, 90), numbered(2, { layer: { more: 1, id: "request 2" } }));
  await client.say(INSTANCE, long.slice(90), numbered(3));
  const refusal = await client.message();
  assert.deepEqual([refusal.payload.id, refusal.payload.error.data], [2, {
    reason: "too-large",
    bytes: long.length,
    maximum: 100,
  }]);
  server.answer(1, "y".repeat(200));
  const answer = await client.message();
  assert.deepEqual([answer.payload.id, answer.payload.error.data.reason], [1, "too-large"]);
  await isAlive(server, client, 4);
  assert.deepEqual(server.received, ["ping 1", 'ping "alive 4"']);
});

testOnBrokers("a question of the server that is too large is answered to the server", async (broker) => {
  const received: Message[] = [];
  await using server = new Server(broker, {
    maxMessage: 300,
    opened: (session) => {
      session.receive((message) => void received.push(message));
      void session.send(request('"q"', "roots/list", JSON.stringify({ filler: "z".repeat(500) })));
    },
  });
  await server.online();
  await using client = await peer(broker);
  await client.say(REQUEST, PING, numbered(1, { responseTopic: RESPONSE }));
  await eventually("the answer", () => received.length === 2);
  const answer = received.find(({ kind }) => kind === "response");
  assert.match(textOf(answer), /"id":"q","error":.*"reason":"too-large"/);
});

// Peers that know nothing of sessions.

testOnBrokers("a plain requester gets its Correlation Data back, and nothing that it does not know", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await client.say(REQUEST, PING, { responseTopic: RESPONSE, correlation: "mine" });
  await server.hasReceived(1);
  server.answer(1);
  const answer = await client.next();
  assert.deepEqual(answer, {
    topic: RESPONSE,
    payload: { jsonrpc: "2.0", id: 1, result: {} },
    qos: 1,
    retain: false,
    layer: {},
    correlation: "mine",
    format: FORMAT,
  });
});

testOnBrokers("a plain request that comes twice is dropped while the first one is worked on", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  const manner = { responseTopic: RESPONSE, correlation: "k" };
  for (let time = 0; time < 3; time++) await client.say(REQUEST, PING, manner);
  await client.say(REQUEST, { ...PING, id: 2 }, manner);
  assert.deepEqual(await server.hasReceived(2), ["ping 1", "ping 2"]);
  server.answer(1);
  assert.equal((await client.next()).payload.id, 1);
  await client.say(REQUEST, PING, manner); // a new one
  assert.deepEqual(await server.hasReceived(3), ["ping 1", "ping 2", "ping 1"]);
  assert.equal(server.sessions.length, 1);
});

testOnBrokers("a plain requester that sends no JSON is told so, one that sends no request is not", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await client.say(REQUEST, "{", { responseTopic: RESPONSE, correlation: "k" });
  const { payload, correlation } = await client.next();
  assert.deepEqual([payload.id, payload.error.code, correlation], [null, -32700, "k"]);
  await client.say(REQUEST, { jsonrpc: "2.0", method: "notifications/initialized" }, { responseTopic: RESPONSE });
  await eventually("the end of the notification", () => server.dropped.length === 2);
  assert.equal(server.sessions.length, 0);
});

testOnBrokers("a client that names its session but does not number its messages is served plainly", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await peer(broker);
  await client.say(REQUEST, PING, { responseTopic: RESPONSE, correlation: "k", layer: { session: SESSION } });
  const welcome = await client.next();
  assert.deepEqual([welcome.payload, welcome.responseTopic, welcome.layer], ["", INSTANCE, { session: SESSION }]);
  await server.hasReceived(1);
  server.answer(1);
  const { layer, correlation, qos } = await client.next();
  assert.deepEqual({ layer, correlation, qos }, { layer: { session: SESSION }, correlation: "k", qos: 1 });
});

for (
  const [who, clientVersion, serverVersion] of [["the client", 4, 5], ["the server", 5, 4], [
    "both ends",
    4,
    4,
  ]] as const
) {
  testOnBrokers(`MQTT 3.1.1 at ${who}: the topic tells who asks, and where the answer goes`, async (broker) => {
    const links: TestLinksOptions = serverVersion === 4 ? { protocolVersion: 4 } : {};
    await using server = await new Server(broker, {}, links).online();
    await using client = await peer(broker, "c1", clientVersion);
    await client.say(REQUEST, PING);
    await server.hasReceived(1);
    server.answer(1);
    const { topic, payload, layer, qos } = await client.next();
    assert.deepEqual({ topic, payload, layer, qos }, {
      topic: RESPONSE,
      payload: { jsonrpc: "2.0", id: 1, result: {} },
      layer: {},
      qos: 1,
    });
    await client.say(CLOSED, DISCONNECTED);
    await client.say(REQUEST, { ...PING, id: 2 });
    assert.deepEqual(await server.hasReceived(2), ["ping 1", "ping 2"]);
  });
}

testOnBrokers("a plain requester may name its instance by its topic, on any version of MQTT", async (broker) => {
  for (const version of [4, 5] as const) {
    await using server = await new Server(broker, {}, version === 4 ? { protocolVersion: 4 } : {}).online();
    await using client = await peer(broker, "c1", version);
    await client.say(INSTANCE, PING);
    await server.hasReceived(1);
    server.answer(1);
    assert.deepEqual((await client.next()).payload, { jsonrpc: "2.0", id: 1, result: {} });
  }
});

// Several instances that all get everything.

for (const [who, links] of [["on MQTT 3.1.1", { protocolVersion: 4 }], ["with --no-share", {}]] as const) {
  testOnBrokers(`what names no instance is answered by one of several, ${who}`, async (broker) => {
    const start = (clientId: string) => new Server(broker, { clientId, share: undefined }, links);
    const [one, two] = [start("s1"), start("s2")];
    await using _one = await one.online();
    await using _two = await two.online();
    await using client = await peer(broker);
    const ran = async (id: number) => {
      await client.say(REQUEST, { ...PING, id });
      // What is behind it on the topic of each shows that both have seen it.
      await Promise.all([one, two].map(async (server) => {
        const instance = server === one ? "s1" : "s2";
        if (server === one && !alive) return;
        await client.say(`${BASE}/instance/${instance}/c1`, { ...PING, id: id + 1 });
        await eventually(`the message behind ${id}`, () => server.received.includes(`ping ${id + 1}`));
      }));
      return [one, two].map(({ received }) => received.filter((message) => message === `ping ${id}`).length);
    };
    let alive = true;
    assert.deepEqual(await ran(10), [1, 0]);
    alive = false;
    await one[Symbol.asyncDispose]();
    await using watcher = await SessionPeer.connect(broker.url, {}, `${BASE}/presence/+`);
    await watcher.find(({ topic }) => topic === `${BASE}/presence/s2`);
    assert.deepEqual(await ran(20), [0, 1]);
  });
}

testOnBrokers(
  "a session may be opened on the topic of its instance by whoever says that it is meant",
  async (broker) => {
    await using server = await new Server(broker).online();
    await using client = await peer(broker);
    await client.say(INSTANCE, PING, numbered(1, { responseTopic: RESPONSE }));
    assert.equal((await client.next()).layer.closed, "session-ended", "it may be a late copy");
    await client.say(INSTANCE, PING, numbered(1, { responseTopic: RESPONSE, layer: { instance: "s1" } }));
    const { responseTopic, layer } = await client.next();
    assert.deepEqual([responseTopic, layer.ack], [INSTANCE, "1"]);
    assert.deepEqual(await server.hasReceived(1), ["ping 1"]);
    server.acceptor.withdraw();
    const another = { session: "b".repeat(32), instance: "s1" };
    await client.say(INSTANCE, PING, numbered(1, { responseTopic: RESPONSE, layer: another }));
    const refusal = await client.find(({ layer }) => layer.closed !== undefined);
    assert.deepEqual([refusal.layer.closed, refusal.layer.ack], ["server-shutting-down", "0"]);
  },
);
