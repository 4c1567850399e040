import assert from "node:assert/strict";
import type { Channel } from "../../../../src/core/channel.ts";
import type { ClientOptions } from "../../../../src/wire/mod.ts";
import { testOnBrokers } from "../../../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../../../support/embedded_broker.ts";
import type { TestLinksOptions } from "../../../support/links.ts";
import { gist, notification, request, response, textOf } from "../../../support/messages.ts";
import { type Manner, type Seen, SessionPeer } from "../../../support/session_peer.ts";
import { CLIENT_OPTIONS } from "../../../support/wire_options.ts";
import { WireClient } from "../../../support/wire_client.ts";
import { eventually } from "../../../support/wait.ts";

const BASE = "mcp/demo";
const REQUEST = `${BASE}/request/c1`;
const RESPONSE = `${BASE}/response/c1`;
const INSTANCE = `${BASE}/instance/s1/c1`;
const CLOSED = `${BASE}/closed/c1`;
const PRESENCE = `${BASE}/presence/s1`;
const ONLINE = { jsonrpc: "2.0", method: "notifications/server/online", params: { server_name: "demo" } };
const SHARED = { ...ONLINE, params: { ...ONLINE.params, meta: { shared: true } } };
const DISCONNECTED = { jsonrpc: "2.0", method: "notifications/disconnected" };
const FORMAT = "UTF-8 application/json";

/** A dialer with the client id `c1`. */
class Client extends WireClient {
  constructor(broker: TestBroker, options: Partial<ClientOptions> = {}, links: TestLinksOptions = {}) {
    const defaults = { serverName: "demo", clientId: () => "c1", clientInfo: {}, timeout: 10_000_000 };
    super("request-response", broker, { ...defaults, ...options }, links);
  }
}

/** A server that shows its presence and listens; what it says is the test's business. */
async function server(broker: TestBroker, id = "s1", presence: unknown = ONLINE): Promise<SessionPeer> {
  const filters = [`${BASE}/request/+`, `${BASE}/instance/${id}/+`, `${BASE}/closed/+`];
  const peer = await SessionPeer.connect(broker.url, { clientId: id }, ...filters);
  if (presence !== undefined) await peer.say(`${BASE}/presence/${id}`, presence, { retain: true });
  return peer;
}

/** How the message with this number of `first`'s session is published. */
const numbered = ({ layer: { session = "" } }: Pick<Seen, "layer">, seq: number, rest: Manner = {}): Manner => ({
  ...rest,
  layer: { session, seq, ack: 0, ...rest.layer },
});

/** The welcome to the session that `first` opens. */
async function welcome(peer: SessionPeer, { layer: { session = "" } }: Seen, responseTopic = INSTANCE): Promise<void> {
  await peer.say(RESPONSE, "", { layer: { session, ack: 0 }, responseTopic });
}

/** Opens a session with request 1, which is not answered, and gives that request. */
async function open(peer: SessionPeer, session: Channel): Promise<Seen> {
  void session.send(request("1"));
  const first = await peer.message();
  await welcome(peer, first);
  return first;
}

testOnBrokers(
  "a host that says a lot before the first answer is asked to wait, and nothing is lost",
  async (broker) => {
    await using peer = await server(broker);
    await using client = new Client(broker);
    const session = await client.dial();
    void session.send(request("0"));
    const first = await peer.message();
    const params = JSON.stringify({ text: "x".repeat(10_000) });
    let waits: Promise<void> | void = undefined;
    let sent = 0;
    while (waits === undefined) waits = session.send(request(String(++sent), "m", params));
    assert.ok(sent > 100 && sent < 110, `${sent} messages`);
    await welcome(peer, first);
    await waits;
    for (let id = 1; id <= sent; id++) {
      const { payload, layer: { seq } } = await peer.message();
      assert.equal(payload.id, id);
      await peer.say(RESPONSE, "", { layer: { session: first.layer.session ?? "", ack: Number(seq) } });
    }
  },
);

testOnBrokers("every message of a session is where the profile wants it, with its properties", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  void session.send(request("1", "initialize"));

  const { expiry = 0, layer: { session: name = "", ...layer }, ...first } = await peer.next();
  assert.match(name, /^[0-9a-f]{32}$/);
  assert.ok(expiry > 9_990 && expiry <= 10_000, "it expires when nobody waits for it any more");
  assert.deepEqual({ ...first, layer }, {
    topic: REQUEST,
    payload: { jsonrpc: "2.0", id: 1, method: "initialize", params: {} },
    qos: 1,
    retain: false,
    layer: { seq: "1", ack: "0", format: "2", max: "67108864", window: "512" },
    responseTopic: RESPONSE,
    correlation: "\0\0\0\0",
    format: FORMAT,
  });

  await peer.say(RESPONSE, "", { layer: { session: name, ack: 0 }, responseTopic: INSTANCE });
  const answer = { jsonrpc: "2.0", id: 1, result: {} };
  await peer.say(RESPONSE, answer, { layer: { session: name, seq: 1, ack: 1 }, correlation: "\0\0\0\0" });
  assert.deepEqual(await client.hasReceived(1), ["result 1"]);

  void session.send(notification("notifications/initialized"));
  void session.send(request('"two"', "tools/list"));
  void session.send(response('"q"'));
  const common = { topic: INSTANCE, qos: 0, retain: false, responseTopic: RESPONSE, format: FORMAT };
  const { expiry: _, ...second } = { ...await peer.message(), expiry: 0 };
  const { expiry: third = 0, ...asked } = await peer.message();
  assert.ok(third > 9_990 && third <= 10_000);
  assert.deepEqual([second, asked, await peer.message()], [
    {
      ...common,
      payload: { jsonrpc: "2.0", method: "notifications/initialized", params: {} },
      layer: { session: name, seq: "2", ack: "1" },
    },
    {
      ...common,
      payload: { jsonrpc: "2.0", id: "two", method: "tools/list", params: {} },
      layer: { session: name, seq: "3", ack: "1" },
      correlation: "\0\0\0\x01",
    },
    { ...common, payload: { jsonrpc: "2.0", id: "q", result: {} }, layer: { session: name, seq: "4", ack: "1" } },
  ]);

  await session.close();
  assert.deepEqual(await peer.message(), {
    topic: CLOSED,
    payload: DISCONNECTED,
    qos: 1,
    retain: false,
    layer: { session: name },
    format: FORMAT,
  });
  const [plan] = client.links.plans;
  assert.equal(plan?.clientId, "c1");
  const { payload, ...will } = plan?.will ?? {};
  assert.deepEqual(will, { topic: CLOSED, qos: 1, retain: false });
  assert.deepEqual(JSON.parse(new TextDecoder().decode(payload)), DISCONNECTED);
});

testOnBrokers("what has been taken is acknowledged, even if there is nothing to say", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const first = await open(peer, await client.dial());
  await peer.say(RESPONSE, { jsonrpc: "2.0", id: "q", method: "ping" }, numbered(first, 1));
  const { topic, payload, layer, responseTopic } = await peer.next();
  assert.deepEqual([topic, payload, responseTopic], [INSTANCE, "", undefined]);
  assert.deepEqual(layer, { session: first.layer.session, ack: "1" });
});

testOnBrokers(
  "a request without a timeout expires when a server that is gone is given up; with --qos 1 everything is sent with it",
  async (broker) => {
    await using peer = await server(broker);
    await using client = new Client(broker, { timeout: Infinity, qos: 1 });
    const session = await client.dial();
    const first = await open(peer, session);
    assert.equal(first.expiry, CLIENT_OPTIONS.sessionExpiry / 1000);
    void session.send(request("2"));
    const second = await peer.message();
    assert.deepEqual([second.qos, second.expiry], [1, first.expiry]);
  },
);

testOnBrokers(
  "what the host says before the server's first sign waits for it, and goes to the instance",
  async (broker) => {
    await using peer = await server(broker);
    await using client = new Client(broker);
    const session = await client.dial();
    for (const id of ["1", "2", "3"]) void session.send(request(id));
    const first = await peer.message();
    assert.deepEqual([first.topic, first.payload.id], [REQUEST, 1]);
    await welcome(peer, first);
    const others = [await peer.message(), await peer.message()];
    assert.deepEqual(others.map(({ topic, payload }) => [topic, payload.id]), [[INSTANCE, 2], [INSTANCE, 3]]);
  },
);

testOnBrokers("an instance's topic is not believed when it is none of this server and client", async (broker) => {
  for (const elsewhere of ["factory/valve", `${BASE}/instance/s1/c2`, "mcp/other/instance/s1/c1", `${INSTANCE}/more`]) {
    await using peer = await server(broker);
    await using watcher = await SessionPeer.connect(broker.url, {}, elsewhere);
    await using client = new Client(broker);
    const session = await client.dial();
    void session.send(request("1"));
    await welcome(peer, await peer.message(), elsewhere);
    void session.send(request("2"));
    assert.equal((await peer.message()).topic, REQUEST);
    assert.deepEqual(watcher.all, []);
  }
});

testOnBrokers("--request-topic and --response-topic are where a session is", async (broker) => {
  const own = { requestTopic: "plant/{client}/ask", responseTopic: "plant/{client}/tell" };
  await using peer = await server(broker);
  await peer.subscribe("plant/+/ask");
  await using client = new Client(broker, own);
  const session = await client.dial();
  void session.send(request("1"));
  const first = await peer.message();
  assert.deepEqual([first.topic, first.responseTopic], ["plant/c1/ask", "plant/c1/tell"]);
  await peer.say("plant/c1/tell", { jsonrpc: "2.0", id: 1, result: {} }, numbered(first, 1));
  assert.deepEqual(await client.hasReceived(1), ["result 1"]);
});

// Where servers are found.

testOnBrokers(
  "a server that comes online later is found; until then, the unavailableReason says what is missing",
  async (broker) => {
    await using client = new Client(broker);
    const dialled = client.dial();
    await eventually("the connection", () => client.unavailableReason().reason === "no-server-online");
    assert.deepEqual(client.unavailableReason().details, { topic: BASE });
    await using elsewhere = await SessionPeer.connect(broker.url, {});
    await elsewhere.say("mcp/other/presence/s1", ONLINE, { retain: true });
    await using peer = await server(broker);
    await open(peer, await dialled);
  },
);

testOnBrokers("without discovery a server is assumed to be there", async (broker) => {
  await using peer = await server(broker, "s1", undefined);
  await using client = new Client(broker, { noDiscovery: true });
  await open(peer, await client.dial());
});

testOnBrokers("of several instances that all get the first message, it is meant for one", async (broker) => {
  await using one = await server(broker, "s1");
  await using two = await server(broker, "s2");
  await using client = new Client(broker);
  {
    // Both presences are there when something has come that was said later.
    await using earlier = await client.dial();
    const { layer } = await open(one, earlier);
    await one.say(RESPONSE, { jsonrpc: "2.0", id: 1, result: {} }, numbered({ layer }, 1));
    await client.hasReceived(1);
    await two.message();
  }
  for (const peer of [one, two]) await peer.find(({ topic }) => topic === CLOSED);
  const session = await client.dial();
  void session.send(request("1"));
  const [first, same] = [await one.message(), await two.message()];
  assert.ok(["s1", "s2"].includes(first.layer.instance ?? ""));
  assert.equal(same.layer.instance, first.layer.instance);
  const chosen = first.layer.instance === "s1" ? one : two;
  await welcome(chosen, first, `${BASE}/instance/${first.layer.instance}/c1`);
  void session.send(request("2"));
  const second = await chosen.message();
  assert.deepEqual([second.payload.id, second.layer.instance], [2, undefined]);
});

const DIRECT = { ...ONLINE, params: { ...ONLINE.params, meta: { direct: true, numbered: true, format: 2 } } };

testOnBrokers(
  "an instance that listens on its own topic is addressed there, even if it is the only one",
  async (broker) => {
    await using one = await server(broker, "s1", DIRECT);
    await using client = new Client(broker);
    const session = await client.dial();
    void session.send(request("1"));
    const first = await one.message();
    assert.deepEqual([first.topic, first.layer.instance, first.qos], [INSTANCE, "s1", 1]);
    // Another instance that has opened it all the same is not listened to, also when its own is gone.
    const { layer: { session: name = "" } } = first;
    await using two = await server(broker, "s2", undefined);
    const stranger = { layer: { session: name, seq: 1, ack: 1 }, responseTopic: `${BASE}/instance/s2/c1` };
    await two.say(RESPONSE, { jsonrpc: "2.0", id: 1, result: "not this" }, stranger);
    await one.say(RESPONSE, { jsonrpc: "2.0", id: 1, result: {} }, {
      layer: { ...stranger.layer },
      responseTopic: INSTANCE,
    });
    await client.hasReceived(1);
    await two.say(RESPONSE, "", { ...stranger, layer: { session: name, closed: "session-ended" } });
    void session.send(request("2"));
    assert.equal((await one.message()).payload.id, 2);
    assert.deepEqual(client.received.map((message) => textOf(message)), ['{"jsonrpc":"2.0","id":1,"result":{}}']);
  },
);

testOnBrokers(
  "MQTT 3.1.1: everything goes to one instance, which is another when that is started anew",
  async (broker) => {
    const anew = (since: string) => ({ ...DIRECT, params: { ...DIRECT.params, meta: { direct: true, since } } });
    await using one = await server(broker, "s1", anew("1"));
    await using client = new Client(broker, {}, { protocolVersion: 4 });
    const session = await client.dial();
    for (const id of ["1", "2"]) {
      void session.send(request(id));
      assert.equal((await one.message()).topic, INSTANCE);
    }
    await one.say(PRESENCE, anew("1"), { retain: true });
    await one.say(PRESENCE, anew("2"), { retain: true });
    assert.equal((await session.closed)?.reason, "server-gone");
  },
);

testOnBrokers("of several instances that share their requests, the broker chooses", async (broker) => {
  await using one = await server(broker, "s1", SHARED);
  await using _two = await server(broker, "s2", SHARED);
  await using client = new Client(broker);
  void (await client.dial()).send(request("1"));
  assert.equal((await one.message()).layer.instance, undefined);
});

testOnBrokers("whoever waits for a server that has begun a session is not told that none is online", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  await open(peer, session);
  const { reason, details } = client.unavailableReason();
  assert.deepEqual([reason, details], ["server-not-responding", { topic: BASE }]);
});

testOnBrokers("a server that does not answer is given up in time, with its topic", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker, { connectTimeout: 200 });
  const session = await client.dial();
  void session.send(request("1"));
  await peer.message();
  const failure = await session.closed;
  assert.equal(failure?.reason, "server-not-responding");
  assert.match(failure?.message ?? "", /"mcp\/demo\/request\/c1" within 0\.2 s/);
});

Deno.test("without its broker a session lasts for the longer one of connect timeout and session expiry", async () => {
  for (const [connectTimeout, sessionExpiry] of [[500, 1_000], [1_000, 500]] as const) {
    await using broker = await embeddedBroker();
    await using peer = await server(broker);
    await using client = new Client(broker, { connectTimeout, sessionExpiry });
    const session = await client.dial();
    await open(peer, session);
    await broker[Symbol.asyncDispose]();
    const before = performance.now();
    assert.equal((await session.closed)?.reason, "broker-unreachable");
    assert.ok(performance.now() - before > 900);
  }
});

// What is not taken for the server's word.

testOnBrokers("only messages with the session's own name belong to it", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  const first = await open(peer, session);
  const lie = { jsonrpc: "2.0", id: 1, result: "a lie" };
  await peer.say(RESPONSE, lie);
  await peer.say(RESPONSE, lie, { layer: { seq: 1, ack: 1 } });
  await peer.say(RESPONSE, lie, { layer: { session: "0".repeat(32), seq: 1, ack: 1 } });
  await peer.say(RESPONSE, DISCONNECTED, { layer: { session: "0".repeat(32), closed: "session-ended" } });
  await peer.say(RESPONSE, lie, { layer: { session: first.layer.session ?? "" } }); // it has no number
  await peer.say(RESPONSE, "{", numbered(first, 1));
  await peer.say(RESPONSE, { jsonrpc: "2.0", id: 1, result: "the truth" }, numbered(first, 2));
  await client.hasReceived(1);
  assert.deepEqual(client.received.map((message) => message.parse()), [{ jsonrpc: "2.0", id: 1, result: "the truth" }]);
  const dropped = client.links.events.flatMap((event) => event.type === "message.dropped" ? [event.cause] : []);
  assert.deepEqual(dropped, ["it has no number", "it is not JSON"]);
});

testOnBrokers("a peer's notifications/disconnected is the host's when it does not end the session", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const first = await open(peer, await client.dial());
  await peer.say(RESPONSE, DISCONNECTED, numbered(first, 1));
  assert.deepEqual(await client.hasReceived(1), ["disconnected"]);
});

testOnBrokers("what comes twice is handed on once, what is missing is asked for", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const first = await open(peer, await client.dial());
  const ask = (id: number) => peer.say(RESPONSE, { jsonrpc: "2.0", id, method: "ping" }, numbered(first, id));
  for (const id of [1, 1, 3]) await ask(id);
  const { layer } = await peer.find(({ layer }) => layer.resume !== undefined);
  assert.equal(layer.resume, "1");
  for (const id of [2, 3]) await ask(id);
  assert.deepEqual(await client.hasReceived(3), ["request 1 ping", "request 2 ping", "request 3 ping"]);
});

// How sessions end, and how they do not.

testOnBrokers("a session that the server ends gives back the requests that it has not looked at", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  const first = await open(peer, session);
  for (const id of ["2", "3", "4"]) void session.send(request(id));
  void session.send(notification("notifications/progress"));
  void session.send(response('"q"'));
  await peer.find(({ payload }) => payload.id === "q");
  const params = { reason: "The server is shutting down", data: { reason: "server-shutting-down", since: 7 } };
  await peer.say(RESPONSE, { ...DISCONNECTED, params }, {
    layer: { session: first.layer.session ?? "", closed: "server-shutting-down", ack: 2 },
  });
  const failure = await session.closed;
  assert.deepEqual([failure?.reason, failure?.message, failure?.details], [
    "server-shutting-down",
    params.reason,
    { since: 7 },
  ]);
  assert.deepEqual(session.unseen?.().map(gist), ["request 3 tools/call", "request 4 tools/call"]);
});

testOnBrokers("a server that does not say how far it got gives no request back", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  const first = await open(peer, session);
  void session.send(request("2"));
  await peer.message();
  await peer.say(RESPONSE, "no JSON", { layer: { session: first.layer.session ?? "", closed: "session-ended" } });
  const failure = await session.closed;
  assert.deepEqual([failure?.reason, failure?.message], ["session-ended", "The server has ended the session"]);
  assert.deepEqual(session.unseen?.(), []);
});

testOnBrokers("a server whose presence goes and comes again is asked where the session stands", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  const first = await open(peer, session);
  await peer.say(PRESENCE, "", { retain: true });
  const gone = await peer.find(({ layer }) => layer.resume !== undefined);
  assert.deepEqual(gone.layer, { session: first.layer.session, ack: "0", resume: "0", sent: "1" });
  await peer.say(PRESENCE, ONLINE, { retain: true });
  const back = await peer.find(({ layer }) => layer.resume !== undefined);
  assert.deepEqual([back.topic, back.layer], [INSTANCE, gone.layer]);
  await peer.say(RESPONSE, { jsonrpc: "2.0", id: 1, result: {} }, numbered(first, 1, { layer: { ack: 1 } }));
  assert.deepEqual(await client.hasReceived(1), ["result 1"]);
});

testOnBrokers("another instance that goes is no concern of the session's", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  const first = await open(peer, session);
  await using other = await SessionPeer.connect(broker.url, {});
  await other.say(`${BASE}/presence/s2`, ONLINE, { retain: true });
  await other.say(`${BASE}/presence/s2`, "", { retain: true });
  await peer.say(RESPONSE, { jsonrpc: "2.0", id: "q", method: "ping" }, numbered(first, 1));
  await client.hasReceived(1);
  assert.ok(peer.all.every(({ layer }) => layer.resume === undefined));
});

testOnBrokers("a session outlives the connection: what was lost meanwhile is sent again, both ways", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  const first = await open(peer, session);
  await peer.say(RESPONSE, { jsonrpc: "2.0", id: "q", method: "ping" }, numbered(first, 1, { layer: { ack: 1 } }));
  await client.hasReceived(1);
  client.links.cut("c1");
  assert.deepEqual((await peer.find(({ topic }) => topic === CLOSED)).layer, {}, "a will knows no session");
  const { layer } = await peer.find(({ layer }) => layer.resume !== undefined);
  assert.deepEqual([layer.session, layer.resume, layer.sent], [first.layer.session, "1", "1"]);
  await peer.say(RESPONSE, "", { layer: { session: first.layer.session ?? "", resume: 0, ack: 0 } });
  await peer.say(RESPONSE, { jsonrpc: "2.0", id: 1, result: {} }, numbered(first, 2, { layer: { ack: 1 } }));
  assert.deepEqual(await client.hasReceived(2), ['request "q" ping', "result 1"]);
  void session.send(request("2"));
  assert.deepEqual((await peer.message()).layer.seq, "2");
});

testOnBrokers(
  "a session that is being opened ends with the connection, and does not open a second one",
  async (broker) => {
    await using peer = await server(broker);
    await using client = new Client(broker);
    const session = await client.dial();
    void session.send(request("1"));
    await peer.message();
    client.links.cut("c1");
    assert.equal((await session.closed)?.reason, "broker-unreachable");
    await using next = await client.dial();
    void next.send(request("2"));
    const { payload } = await peer.find(({ topic }) => topic === REQUEST);
    assert.equal(payload.id, 2);
  },
);

testOnBrokers("every session has a name of its own", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const names = new Set<string | undefined>();
  for (let round = 0; round < 3; round++) {
    const session = await client.dial();
    names.add((await open(peer, session)).layer.session);
    await session.close();
    await peer.find(({ topic }) => topic === CLOSED);
  }
  assert.equal(names.size, 3);
});

testOnBrokers("a session that has said nothing says no goodbye", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  await (await client.dial()).close();
  await open(peer, await client.dial());
  assert.equal(peer.all[0]?.topic, REQUEST);
});

// Sizes.

testOnBrokers("a message that does not fit into a packet goes in parts, also the first", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker, {}, { maximumPacketSize: 2_000 });
  const session = await client.dial();
  const first = request("1", "tools/call", JSON.stringify({ filler: "€".repeat(1_000) }));
  void session.send(first);
  const parts = [await peer.message()];
  while (parts.at(-1)?.layer.more === "1") parts.push(await peer.message());
  assert.ok(parts.length > 2);
  assert.equal(parts.map(({ payload }) => payload).join(""), new TextDecoder().decode(first.bytes));
  assert.deepEqual(parts.map(({ layer: { seq } }) => seq), parts.map((_, index) => String(index + 1)));
  assert.deepEqual(parts.map(({ layer: { id } }) => id), ["request 1", ...parts.slice(1).map(() => undefined)]);
  assert.deepEqual([...new Set(parts.map(({ topic }) => topic))], [REQUEST]);
});

testOnBrokers("parts of the server's are put together", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const first = await open(peer, await client.dial());
  const text = JSON.stringify({ jsonrpc: "2.0", id: 1, result: "€".repeat(10) });
  await peer.say(RESPONSE, text.slice(0, 10), numbered(first, 1, { layer: { more: 1, id: "response 1" } }));
  await peer.say(RESPONSE, text.slice(10), numbered(first, 2));
  await client.hasReceived(1);
  assert.equal(new TextDecoder().decode(client.received[0]?.bytes), text);
});

testOnBrokers("what is larger than --max-message is answered in its stead, wherever it comes from", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker, { maxMessage: 120 });
  const session = await client.dial();
  const first = await open(peer, session);
  void session.send(request("2", "tools/call", JSON.stringify({ filler: "x".repeat(100) })));
  void session.send(response('"q"', JSON.stringify({ filler: "x".repeat(100) })));
  const refusal = await peer.message();
  assert.deepEqual([refusal.payload.id, refusal.payload.error.data.reason], ["q", "too-large"]);
  const long = JSON.stringify({ jsonrpc: "2.0", id: 1, result: "y".repeat(100) });
  await peer.say(RESPONSE, long.slice(0, 100), numbered(first, 1, { layer: { more: 1, id: "response 1" } }));
  await peer.say(RESPONSE, long.slice(100), numbered(first, 2));
  assert.deepEqual(await client.hasReceived(2), ["error 2 too-large", "error 1 too-large"]);
});

// Peers that know nothing of sessions.

testOnBrokers("a server that does not number its messages is spoken to plainly", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  void session.send(request("1"));
  const first = await peer.message();
  const layer = { session: first.layer.session ?? "" };
  await peer.say(RESPONSE, { jsonrpc: "2.0", id: 1, result: {} }, { layer, correlation: first.correlation ?? "" });
  assert.deepEqual(await client.hasReceived(1), ["result 1"]);
  void session.send(request("2"));
  const second = await peer.message();
  assert.deepEqual([second.topic, second.qos, second.layer, second.responseTopic], [REQUEST, 1, layer, RESPONSE]);
});

testOnBrokers("MQTT 3.1.1: everything goes on the request topic at once, without properties", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker, {}, { protocolVersion: 4 });
  const session = await client.dial();
  for (const id of ["1", "2"]) void session.send(request(id));
  for (const id of [1, 2]) {
    const { topic, payload, layer, qos, responseTopic } = await peer.next();
    assert.deepEqual([topic, payload.id, layer, qos, responseTopic], [REQUEST, id, {}, 1, undefined]);
    await peer.say(RESPONSE, { jsonrpc: "2.0", id, result: {} });
  }
  assert.deepEqual(await client.hasReceived(2), ["result 1", "result 2"]);
  await session.close();
  assert.deepEqual((await peer.next()).topic, CLOSED);
});
