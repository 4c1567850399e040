import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../../src/core/events.ts";
import { Failure } from "../../../../src/core/failure.ts";
import { Message } from "../../../../src/core/message.ts";
import type { BrokerLimits, ReceivedPacket, UserProperties } from "../../../../src/mqtt/mod.ts";
import {
  ClientSession,
  type ClientSessionOptions,
} from "../../../../src/wire/request_response/client/client_session.ts";
import type { Opening } from "../../../../src/wire/request_response/client/instances.ts";
import { PathLimit } from "../../../../src/wire/request_response/session/path_limit.ts";
import { topicsFor } from "../../../../src/wire/request_response/topics.ts";
import { idleTurns, ManualClock } from "../../../support/manual_clock.ts";
import { gist, notification, request, response } from "../../../support/messages.ts";
import { CLIENT_OPTIONS } from "../../../support/wire_options.ts";
import { ScriptedLink } from "../../../support/scripted_link.ts";

const REFUSED = new Failure("not-authorized", "The broker refused it", { reasonCode: 0x87 });
const NOBODY = new Failure("no-server-online", "Nobody has subscribed", { reasonCode: 0x10 });
const INSTANCE = "mcp/demo/instance/s1/c1";

const WHICHEVER: Opening = {
  instance: undefined,
  direct: false,
  numbered: false,
  format: undefined,
  plain: false,
};

function clientSession(options: Partial<ClientSessionOptions> = {}, limits: Partial<BrokerLimits> = {}) {
  const clock = new ManualClock();
  const link = new ScriptedLink("c1", limits);
  const events: ProxyEvent[] = [];
  const received: Message[] = [];
  const session = new ClientSession({
    link,
    topics: topicsFor({ serverName: "demo" }),
    sessionId: "abc",
    opening: WHICHEVER,
    another: () => undefined,
    watches: () => true,
    limit: new PathLimit((event) => events.push(event)),
    options: {
      ...CLIENT_OPTIONS,
      serverName: "demo",
      clientId: () => "c1",
      connectTimeout: 30_000,
      timeout: 60_000,
      observe: (event) => events.push(event),
    },
    clock,
    ...options,
  });
  session.receive((message) => void received.push(message));
  let ended: Failure | "left" | undefined;
  void session.closed.then((failure) => ended = failure ?? "left");
  return { clock, link, events, received, session, ended: () => ended };
}

function packet(userProperties: UserProperties, message?: Message, responseTopic?: string): ReceivedPacket {
  return {
    topic: "mcp/demo/response/c1",
    payload: message?.bytes ?? new Uint8Array(),
    qos: 0,
    retain: false,
    properties: {
      userProperties: { "mcp-session": "abc", ...userProperties },
      ...(responseTopic === undefined ? {} : { responseTopic }),
    },
  };
}

/** A session whose server has said welcome to request 1. */
function openSession(options: Partial<ClientSessionOptions> = {}) {
  const parts = clientSession(options);
  void parts.session.send(request("1"));
  parts.session.deliver(packet({ "mcp-ack": "0" }, undefined, INSTANCE));
  return parts;
}

const layers = ({ published }: ScriptedLink) =>
  published.map(({ properties }) => properties?.userProperties).map((layer) => ({ ...layer }));

Deno.test("a server that says nothing in its time is given up", async () => {
  const { clock, session, ended } = clientSession();
  await clock.advance(60_000); // as long as nothing was said, nobody is waited for
  void session.send(request("1"));
  await clock.advance(29_999);
  assert.equal(ended(), undefined);
  await clock.advance(1);
  assert.equal((await session.closed)?.reason, "server-not-responding");
  assert.equal(clock.timers, 0);
});

Deno.test("the first message is repeated until the server has shown itself, but goes alone", async () => {
  const { clock, link, session } = clientSession();
  void session.send(request("1"));
  void session.send(request("2"));
  session.resume();
  await clock.advance(20_000);
  assert.deepEqual([...new Set(link.published.map(({ topic }) => topic))], ["mcp/demo/request/c1"]);
  assert.deepEqual([...new Set(layers(link).map((layer) => layer["mcp-seq"]))], ["1"]);
});

Deno.test("a server that is away for 5 s has gone, and what it has not answered may have run", async () => {
  const { clock, session, ended } = openSession();
  assert.equal(session.instance, "s1");
  session.absent();
  await clock.advance(4_999);
  assert.equal(ended(), undefined);
  await clock.advance(1);
  const failure = await session.closed;
  assert.deepEqual([failure?.reason, failure?.details], ["server-gone", { instance: "s1" }]);
  assert.deepEqual(session.unseen(), []);
  assert.equal(clock.timers, 0);
});

Deno.test("a server that is back in time, or still speaks, is there", async () => {
  const { clock, session, ended, link } = openSession();
  session.absent();
  await clock.advance(4_999);
  const before = layers(link).length;
  session.present();
  assert.deepEqual(layers(link).slice(before).map((layer) => layer["mcp-resume"]), ["0"]);
  session.absent();
  await clock.advance(4_999);
  session.deliver(packet({ "mcp-ack": "1" }));
  await clock.advance(60_000);
  assert.equal(ended(), undefined);
});

Deno.test("that a server is there, or gone, says nothing about a session that it does not have yet", async () => {
  const { clock, session, ended, link } = clientSession();
  void session.send(request("1"));
  session.absent();
  session.present();
  await clock.advance(10_000);
  assert.equal(ended(), undefined);
  assert.ok(layers(link).every((layer) => layer["mcp-resume"] === undefined));
});

Deno.test("requests beyond what the server has acknowledged at its end can be sent again", async () => {
  const { session } = openSession();
  for (const id of ["2", "3"]) void session.send(request(id));
  void session.send(notification("notifications/cancelled"));
  void session.send(request("4"));
  session.deliver(packet({ "mcp-ack": "1" }));
  assert.deepEqual(session.unseen(), []); // as long as it goes on
  session.deliver(packet({ "mcp-ack": "2", "mcp-closed": "server-shutting-down" }));
  assert.equal((await session.closed)?.reason, "server-shutting-down");
  assert.deepEqual(session.unseen().map(gist), ["request 3 tools/call", "request 4 tools/call"]);
});

Deno.test("a session that is refused before it was open gives nothing back, or it would be refused again and again", async () => {
  const { session } = clientSession();
  void session.send(request("1"));
  session.deliver(packet({ "mcp-ack": "0", "mcp-closed": "too-many-sessions" }));
  assert.equal((await session.closed)?.reason, "too-many-sessions");
  assert.deepEqual(session.unseen(), []);
});

Deno.test("a session that has ended says and hears nothing more", async () => {
  const { session, link, received, clock } = openSession();
  const closing = session.close();
  session.deliver(packet({ "mcp-ack": "1" })); // the server has taken everything
  await closing;
  const said = link.published.length;
  void session.send(request("2"));
  session.deliver(packet({ "mcp-seq": "1" }, request('"q"')));
  session.absent();
  session.pause();
  session.resume();
  session.present();
  await session.close();
  assert.deepEqual([link.published.length, received.length, clock.timers], [said, 0, 0]);
});

Deno.test("a session ends when the server has taken what the host has said, or after a second", async () => {
  const { session, link, clock } = openSession();
  const closing = session.close();
  await clock.advance(999);
  assert.equal(link.published.at(-1)?.topic, INSTANCE);
  await clock.advance(1);
  await closing;
  assert.equal(link.published.at(-1)?.topic, "mcp/demo/closed/c1");
});

Deno.test("what waits for the welcome is lost with the session, and nobody is told that it was sent", async () => {
  const { session, link } = clientSession();
  for (const id of ["1", "2"]) void session.send(request(id));
  await idleTurns();
  session.pause();
  assert.equal((await session.closed)?.reason, "broker-unreachable");
  assert.equal(link.published.length, 1);
});

Deno.test("a numbered message that cannot be published ends the session, once", async () => {
  const { session, link, ended, events, clock } = openSession();
  const before = link.published.length;
  link.outcome = () => REFUSED;
  void session.send(response('"q"'));
  void session.send(request("2"));
  await clock.advance(60_000);
  assert.equal(ended(), REFUSED);
  assert.equal(link.published.length, before + 1);
  assert.equal(events.filter(({ type }) => type === "publish.failed").length, 1);
});

Deno.test("a first message that nobody gets, or that the broker refuses, ends the session at once", async () => {
  for (const failure of [NOBODY, REFUSED]) {
    const { session, link } = clientSession();
    link.outcome = () => failure;
    void session.send(request("1"));
    assert.equal(await session.closed, failure);
    assert.equal(link.published.length, 1);
  }
});

Deno.test("when nobody listens to the instance's topic any more, the server has its time to be back", async () => {
  const { session, link, ended, clock } = openSession();
  link.outcome = () => NOBODY;
  const before = link.published.length;
  void session.send(request("2"));
  await clock.advance(4_999);
  assert.equal(ended(), undefined);
  assert.ok(link.published.length < before + 10, "it is asked now and then, not as fast as the broker answers");
  await clock.advance(1);
  assert.equal((await session.closed)?.reason, "server-gone");
});

Deno.test("a plain answer that cannot be published is replaced by one error, a plain request is answered", () => {
  const { session, link, received } = clientSession();
  void session.send(request("1"));
  session.deliver(packet({}, Message.from({ jsonrpc: "2.0", id: 1, result: {} }))); // without any number
  const before = link.published.length;
  link.outcome = () => REFUSED;
  void session.send(response('"q"'));
  const texts = link.published.slice(before).map(({ payload }) => new TextDecoder().decode(payload));
  assert.equal(texts.length, 2);
  assert.match(texts[1] ?? "", /"id":"q","error":.*"not-authorized"/);
  void session.send(request("2"));
  void session.send(notification("notifications/progress"));
  assert.equal(link.published.length, before + 4);
  assert.deepEqual(received.map(gist), ["result 1", "error 2 not-authorized"]);
});

Deno.test("MQTT 3.1.1 knows no welcome: there is no deadline, and every message goes at once", async () => {
  const { session, link, received, ended, clock } = clientSession({}, { protocolVersion: 4 });
  for (const id of ["1", "2"]) void session.send(request(id));
  assert.equal(link.published.length, 2);
  await clock.advance(60_000);
  assert.equal(ended(), undefined);
  session.deliver({ ...packet({}, response("1")), properties: {} });
  assert.deepEqual(received.map(gist), ["result 1"]);
  link.outcome = () => REFUSED;
  void session.send(response('"q"'));
  assert.equal(link.published.length, 4);
});

Deno.test("a first message that nobody listens to goes to the next instance, and is given up when there is none", async () => {
  const direct = (instance: string): Opening => ({ ...WHICHEVER, instance, direct: true });
  const left = [direct("s1"), direct("s2")];
  const { session, link, ended } = clientSession({ another: () => left.shift() });
  link.outcome = ({ topic }) => topic === "mcp/demo/instance/s2/c1" ? undefined : NOBODY;
  void session.send(request("1"));
  await idleTurns();
  assert.deepEqual(link.published.map(({ topic }) => topic), [
    "mcp/demo/request/c1",
    "mcp/demo/instance/s1/c1",
    "mcp/demo/instance/s2/c1",
  ]);
  assert.deepEqual(new Set(link.published.map(({ payload }) => new TextDecoder().decode(payload))).size, 1);
  assert.equal(ended(), undefined);
  await session.close();
  const alone = clientSession();
  alone.link.outcome = () => NOBODY;
  void alone.session.send(request("1"));
  assert.equal((await alone.session.closed)?.reason, "no-server-online");
});

Deno.test("what was sent without acknowledgement, and found nobody, goes to an instance as well", async () => {
  const left: Opening[] = [{ ...WHICHEVER, instance: "s1", direct: true }];
  const { session, link, clock } = clientSession({
    opening: { ...WHICHEVER, numbered: true },
    another: () => left.shift(),
  });
  link.outcome = ({ qos, topic }) => qos > 0 && topic === "mcp/demo/request/c1" ? NOBODY : undefined;
  void session.send(request("1"));
  await clock.advance(250);
  const sent = link.published.map(({ topic, qos, payload }) => [topic, qos, payload.length > 0]);
  assert.deepEqual(sent, [
    ["mcp/demo/request/c1", 0, true],
    ["mcp/demo/request/c1", 1, false],
    ["mcp/demo/instance/s1/c1", 1, true],
  ]);
  await session.close();
});

Deno.test("a request of a session without numbers is sent once: it could run twice", () => {
  const { session, link } = clientSession({}, { protocolVersion: 4 });
  void session.send(request("1"));
  void session.send(response('"q"'));
  assert.deepEqual(link.published.map(({ once }) => once), [true, undefined]);
});

Deno.test("on MQTT 3.1.1, a client that is back asks the server, which may have asked something in vain", () => {
  const { link, session } = clientSession({ opening: { ...WHICHEVER, plain: true } }, { protocolVersion: 4 });
  session.resume();
  assert.equal(link.published.length, 0, "what nobody has begun needs no question");
  void session.send(notification("notifications/initialized"));
  session.pause();
  session.resume();
  const [, question] = link.published.map(({ payload }) => new Message(payload));
  assert.equal(question?.method, "mcp-mqtt-proxy/pending");
});
