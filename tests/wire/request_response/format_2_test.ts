/** Sessions in format 2, played by hand at either end. @module */
import assert from "node:assert/strict";
import type { Channel } from "../../../src/core/channel.ts";
import type { Acceptor, IncomingSession } from "../../../src/wire/mod.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import type { TestBroker } from "../../support/embedded_broker.ts";
import { TestLinks, type TestLinksOptions } from "../../support/links.ts";
import { gist, notification, request, response } from "../../support/messages.ts";
import { type Manner, type Seen, SessionPeer } from "../../support/session_peer.ts";
import { WireClient } from "../../support/wire_client.ts";
import { profileNamed, SERVER_OPTIONS } from "../../support/wire_options.ts";
import { eventually } from "../../support/wait.ts";

const BASE = "mcp/demo";
const REQUEST = `${BASE}/request/c1`;
const RESPONSE = `${BASE}/response/c1`;
const INSTANCE = `${BASE}/instance/s1/c1`;
const SESSION = "a".repeat(32);
const SMALL: TestLinksOptions = { maximumPacketSize: 2_000 };

const numbered = (session: string, seq: number, layer: Manner["layer"] = {}): Manner => ({
  layer: { session, seq, ack: 0, ...layer },
});

/** The layer of some packets, without what is the same in all of them. */
function layers(packets: readonly Seen[]): Record<string, string>[] {
  return packets.map(({ layer: { session: _, ack: __, window: ___, ...layer } }) => layer);
}

/** Takes packets with a payload until there are `count`. */
async function take(peer: SessionPeer, count: number): Promise<Seen[]> {
  const packets: Seen[] = [];
  while (packets.length < count) packets.push(await peer.message());
  return packets;
}

/** A server whose only session does what the test wants. */
class Server implements AsyncDisposable {
  readonly received: string[] = [];
  readonly #links: TestLinks;
  readonly #acceptor: Acceptor;
  #session: IncomingSession | undefined;

  constructor(broker: TestBroker, links: TestLinksOptions = {}, maxMessage = 1_000_000) {
    this.#links = new TestLinks(broker, links);
    this.#acceptor = profileNamed("request-response").accept(this.#links.make, {
      ...SERVER_OPTIONS,
      serverName: "demo",
      clientId: "s1",
      maxMessage,
      observe: this.#links.observe,
      opened: (session) => {
        this.#session = session;
        session.receive((message) => void this.received.push(gist(message)));
      },
    });
  }

  async online(): Promise<this> {
    await eventually("the server", () => this.#links.events.some(({ type }) => type === "server.online"));
    return this;
  }

  /** A client with an open session, which has been welcomed. */
  async client(broker: TestBroker): Promise<SessionPeer> {
    const peer = await SessionPeer.connect(broker.url, { clientId: "c1" }, RESPONSE);
    await peer.say(REQUEST, { jsonrpc: "2.0", id: 1, method: "ping" }, {
      ...numbered(SESSION, 1, { format: 2 }),
      responseTopic: RESPONSE,
      correlation: "k1",
    });
    const { layer } = await peer.next();
    assert.equal(layer.format, "2");
    assert.equal(layer.window, "512");
    await this.hasReceived(1);
    return peer;
  }

  get session(): IncomingSession {
    assert.ok(this.#session !== undefined);
    return this.#session;
  }

  async hasReceived(count: number): Promise<string[]> {
    await eventually(`${count} messages, of which there are ${this.received}`, () => this.received.length >= count);
    return this.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#acceptor[Symbol.asyncDispose]();
    await this.#links[Symbol.asyncDispose]();
  }
}

testOnBrokers(
  "what a server says in one turn comes in one packet; what does not belong there, alone",
  async (broker) => {
    await using server = await new Server(broker).online();
    await using client = await server.client(broker);
    for (const each of [notification("a"), response("1"), request('"q"')]) void server.session.send(each);
    void server.session.send(notification("long", JSON.stringify({ text: "x".repeat(9_000) })));
    void server.session.send(notification("b"));
    const packets = await take(client, 3);
    const both = { format: "2", max: "1000000" };
    assert.deepEqual(layers(packets), [
      { seq: "1", batch: "3", ...both },
      { seq: "4", ...both },
      { seq: "5", ...both },
    ]);
    const [batch] = packets;
    const lines = String(batch?.payload).split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ method, id }) => [method, id]), [["a", undefined], [undefined, 1], [
      "tools/call",
      "q",
    ]]);
    assert.equal(batch?.correlation, undefined);
  },
);

testOnBrokers("a large answer comes in pieces, from where the client says", async (broker) => {
  await using server = await new Server(broker, SMALL).online();
  await using client = await server.client(broker);
  const result = "\u20ac".repeat(1_000);
  void server.session.send(response("1", JSON.stringify(result)));
  const text = JSON.stringify({ jsonrpc: "2.0", id: 1, result });
  const { length } = new TextEncoder().encode(text);
  const pieces = [await client.message()];
  const size = ({ payload }: Seen) => new TextEncoder().encode(payload).length;
  const sum = () => pieces.reduce((bytes, piece) => bytes + size(piece), 0);
  while (sum() < length) pieces.push(await client.message());
  assert.ok(pieces.length > 2);
  assert.equal(pieces.map(({ payload }) => payload).join(""), text);
  let offset = 0;
  for (const piece of pieces) {
    assert.deepEqual([piece.layer.seq, piece.layer.piece], ["1", `${offset}/${length}`]);
    offset += size(piece);
  }
  assert.deepEqual([pieces[0]?.layer.id, pieces[0]?.correlation, pieces[1]?.correlation], [
    "response 1",
    "k1",
    undefined,
  ]);
  await client.say(INSTANCE, "", { layer: { session: SESSION, resume: "0/900" } });
  const again = await client.message();
  assert.deepEqual([again.layer.seq, again.layer.piece], ["1", `900/${length}`]);
});

testOnBrokers("batches and pieces of the client's become messages, in order", async (broker) => {
  await using server = await new Server(broker).online();
  await using client = await server.client(broker);
  const lines = [{ method: "a" }, { method: "b" }, { id: 2, method: "c" }].map((each) => JSON.stringify(each));
  await client.say(INSTANCE, lines.join("\n"), numbered(SESSION, 2, { batch: 3 }));
  const text = JSON.stringify({ id: 3, method: "d", params: { filler: "x".repeat(100) } });
  const { length } = text;
  await client.say(INSTANCE, text.slice(50), numbered(SESSION, 5, { piece: `50/${length}` }));
  const asked = await client.find(({ layer }) => layer.resume !== undefined);
  assert.equal(asked.layer.resume, "4");
  await client.say(INSTANCE, text.slice(0, 60), numbered(SESSION, 5, { piece: `0/${length}`, id: "request 3" }));
  await client.say(INSTANCE, "", { layer: { session: SESSION, sent: `4/${length - 1}` } });
  assert.equal((await client.find(({ layer }) => layer.resume === "4/60")).payload, "");
  await client.say(INSTANCE, text.slice(40, 90), numbered(SESSION, 5, { piece: `40/${length}` }));
  await client.say(INSTANCE, text.slice(90), numbered(SESSION, 5, { piece: `90/${length}` }));
  await client.say(INSTANCE, "", numbered(SESSION, 6));
  await client.say(INSTANCE, { method: "e" }, numbered(SESSION, 7));
  assert.deepEqual((await server.hasReceived(6)).slice(1), ["a", "b", "request 2 c", "request 3 d", "e"]);
});

testOnBrokers("a message over the limit is refused with its first piece", async (broker) => {
  await using server = await new Server(broker, {}, 100).online();
  await using client = await server.client(broker);
  const beginning = '{"id":2,"method":"';
  await client.say(INSTANCE, beginning, numbered(SESSION, 2, { piece: "0/1000000", id: "request 2" }));
  const { payload } = await client.message();
  assert.deepEqual([payload.id, payload.error.data], [2, { reason: "too-large", bytes: 1_000_000, maximum: 100 }]);
  await client.say(INSTANCE, { method: "after" }, numbered(SESSION, 3));
  assert.deepEqual((await server.hasReceived(2)).slice(1), ["after"]);
});

// The client.

/** A server that shows its presence and listens; what it says is the test's business. */
async function foreignServer(broker: TestBroker, meta: Record<string, unknown>): Promise<SessionPeer> {
  const peer = await SessionPeer.connect(broker.url, { clientId: "s1" }, `${BASE}/request/+`, `${BASE}/instance/s1/+`);
  const params = { server_name: "demo", meta };
  const online = { jsonrpc: "2.0", method: "notifications/server/online", params };
  await peer.say(`${BASE}/presence/s1`, online, { retain: true });
  return peer;
}

class Client extends WireClient {
  constructor(broker: TestBroker, links: TestLinksOptions = {}) {
    super("request-response", broker, { serverName: "demo", clientId: () => "c1", timeout: 10_000_000 }, links);
  }
}

/** Opens a session with request 1, and welcomes it in a format. */
async function open(peer: SessionPeer, session: Channel, layer: Manner["layer"]): Promise<string> {
  void session.send(request("1"));
  const { layer: { session: name = "", format } } = await peer.message();
  assert.equal(format, "2");
  await peer.say(RESPONSE, "", { layer: { session: name, ack: 0, ...layer }, responseTopic: INSTANCE });
  return name;
}

testOnBrokers(
  "a client whose server speaks format 2 sends batches and pieces, within the window it is granted",
  async (broker) => {
    await using peer = await foreignServer(broker, {});
    await using client = new Client(broker, SMALL);
    const session = await client.dial();
    const name = await open(peer, session, { format: 2, window: 4 });
    for (let id = 2; id <= 4; id++) void session.send(request(String(id)));
    const [batch] = await take(peer, 1);
    assert.deepEqual([batch?.layer.seq, batch?.layer.batch], ["2", "3"]);
    assert.equal(batch?.responseTopic, undefined);
    assert.equal(batch?.correlation, undefined);
    void session.send(request("5", "tools/call", JSON.stringify({ filler: "x".repeat(9_000) })));
    const pieces = await take(peer, 2);
    assert.deepEqual(pieces.map(({ layer: { seq } }) => seq), ["5", "5"]);
    const said = peer.all.length;
    await peer.say(RESPONSE, "", { layer: { session: name, sent: 0 } }); // the answer comes behind all that may be sent
    assert.equal((await peer.next()).payload, "");
    assert.equal(peer.all.length, said + 1, "the first message, the batch and two pieces are four packets");
    await peer.say(RESPONSE, "", { layer: { session: name, ack: 4 } });
    const more = await take(peer, 2);
    assert.deepEqual(more.map(({ layer: { seq } }) => seq), ["5", "5"]);
  },
);

testOnBrokers("a client whose server does not say so goes on in format 1", async (broker) => {
  await using peer = await foreignServer(broker, {});
  await using client = new Client(broker, SMALL);
  const session = await client.dial();
  const name = await open(peer, session, {});
  for (let id = 2; id <= 3; id++) void session.send(request(String(id)));
  void session.send(request("4", "tools/call", JSON.stringify({ filler: "x".repeat(2_000) })));
  const packets = await take(peer, 5);
  assert.deepEqual(layers(packets), [
    { seq: "2" },
    { seq: "3" },
    { seq: "4", more: "1", id: "request 4" },
    { seq: "5", more: "1" },
    { seq: "6" },
  ]);
  await peer.say(RESPONSE, "", { layer: { session: name, resume: 0 } });
  assert.equal((await peer.message()).payload.id, 1, "what was said before the welcome is kept as well");
});

testOnBrokers(
  "a first message that does not fit into a packet is in the format that all servers are known to speak",
  async (broker) => {
    for (const [meta, format] of [[{ format: 2 }, "2"], [{ numbered: true }, undefined]] as const) {
      await using peer = await foreignServer(broker, meta);
      await using client = new Client(broker, SMALL);
      const session = await client.dial();
      void session.send(request("1", "initialize", JSON.stringify({ filler: "x".repeat(2_000) })));
      const [first] = await take(peer, 1);
      assert.equal(first?.layer.format, format);
      assert.equal(first?.layer.more, format === undefined ? "1" : undefined);
      assert.equal(first?.layer.piece !== undefined, format !== undefined);
      if (format === undefined) continue;
      const before = peer.all.length;
      await peer.say(RESPONSE, "", {
        layer: { session: first?.layer.session ?? "", ack: 0, format: 2 },
        responseTopic: INSTANCE,
      });
      assert.deepEqual((await take(peer, 2)).map(({ topic }) => topic), [INSTANCE, INSTANCE]);
      assert.equal(before, 1, "where every server listens, only the first piece comes");
    }
  },
);
