import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { Failure } from "../../../src/core/failure.ts";
import { Message } from "../../../src/core/message.ts";
import type { ReceivedPacket } from "../../../src/mqtt/mod.ts";
import { ClientSession } from "../../../src/wire/mcp_over_mqtt/client_session.ts";
import { ServerSession } from "../../../src/wire/mcp_over_mqtt/server_session.ts";
import { Topics } from "../../../src/wire/mcp_over_mqtt/topics.ts";
import { idleTurns, ManualClock } from "../../support/manual_clock.ts";
import { gist, notification, request, response } from "../../support/messages.ts";
import { CLIENT_OPTIONS, SERVER_OPTIONS } from "../../support/wire_options.ts";
import { ScriptedLink } from "../../support/scripted_link.ts";

const REFUSED = new Failure("not-authorized", "The broker refused it", { reasonCode: 0x87 });
const SERVER = { serverId: "s1", serverName: "demo" };
const RPC = "$mcp-rpc/c1/s1/demo";

/** What both kinds of session have in common: a link, and what it was told. */
function parts(clientId: string) {
  const link = new ScriptedLink(clientId);
  const events: ProxyEvent[] = [];
  const received: Message[] = [];
  const common = {
    link,
    topics: new Topics("$"),
    server: SERVER,
  };
  const options = {
    ...CLIENT_OPTIONS,
    ...SERVER_OPTIONS,
    serverName: SERVER.serverName,
    maxMessage: 200,
    timeout: 10_000,
    observe: (event: ProxyEvent) => void events.push(event),
  };
  const said = () => link.published.map(({ payload }) => gist(new Message(payload)));
  const failures = () => events.filter(({ type }) => type === "publish.failed").length;
  return { link, events, received, common, options, said, failures };
}

function packet(message: Message): ReceivedPacket {
  return { topic: RPC, payload: message.bytes, qos: 1, retain: false, properties: {} };
}

/** A server's session that is open. */
async function serverSession() {
  const all = parts("s1");
  const session = new ServerSession({
    ...all.common,
    clientId: "c1",
    options: { ...all.options, clientId: "s1", opened: () => {} },
    leftBehind: () => {},
  });
  session.receive((message) => void all.received.push(message));
  await idleTurns(); // the subscriptions are granted
  let ended = false;
  void session.closed.then(() => ended = true);
  return { ...all, session, ended: () => ended };
}

/** A client's session that is open. */
function clientSession() {
  const all = parts("c1");
  const clock = new ManualClock();
  const session = new ClientSession({
    ...all.common,
    options: { ...all.options, clientId: () => "c1" },
    another: () => Promise.resolve(undefined),
    release: () => Promise.resolve(),
    clock,
  });
  session.receive((message) => void all.received.push(message));
  void session.send(request("1"));
  session.deliver(packet(response("1")));
  all.link.published.length = 0;
  all.received.length = 0;
  let ended = false;
  void session.closed.then(() => ended = true);
  return { ...all, session, ended: () => ended };
}

for (const [end, open] of [["server", serverSession], ["client", clientSession]] as const) {
  Deno.test(`when nothing can be published, an answer of the ${end} is replaced by one error and no more`, async () => {
    const { session, link, said, failures, received, ended } = await open();
    link.outcome = () => REFUSED;
    void session.send(response("7"));
    await idleTurns();
    assert.deepEqual(said(), ["result 7", "error 7 not-authorized"]);
    assert.ok(failures() >= 1);
    assert.deepEqual([received.length, ended()], [0, false]);
  });

  Deno.test(`the error in the place of an answer of the ${end} is published where that was`, async () => {
    const { session, link, said } = await open();
    link.outcome = () => link.published.length === 1 ? REFUSED : undefined;
    void session.send(response("7"));
    assert.deepEqual(said(), ["result 7", "error 7 not-authorized"]);
    assert.deepEqual(link.published.map(({ topic }) => topic), [RPC, RPC]);
  });

  Deno.test(`when nothing can be published, a request of the ${end} is answered, and a notification is lost`, async () => {
    const { session, link, said, received } = await open();
    link.outcome = () => REFUSED;
    void session.send(request("8"));
    void session.send(notification("notifications/progress"));
    await idleTurns();
    assert.deepEqual(said(), ["request 8 tools/call", "progress"]);
    assert.deepEqual(received.map(gist), ["error 8 not-authorized"]);
  });

  Deno.test(`when nothing can be published, an answer of the ${end} that is too large is replaced once as well`, async () => {
    const { session, link, said, received } = await open();
    link.outcome = () => REFUSED;
    void session.send(response("9", JSON.stringify("x".repeat(300))));
    void session.send(request("10", "tools/call", JSON.stringify({ filler: "x".repeat(300) })));
    await idleTurns();
    assert.deepEqual(said(), ["error 9 too-large"]);
    assert.deepEqual(received.map(gist), ["error 10 too-large"]);
  });
}

Deno.test("a server that ends a session whose broker takes nothing is done with it", async () => {
  const { session, link, said, ended } = await serverSession();
  for (const id of ["1", "2"]) session.deliver(packet(request(id)));
  link.outcome = () => REFUSED;
  await session.close(new Failure("server-shutting-down", "over"));
  await idleTurns();
  assert.equal(ended(), true);
  const [one, two] = [1, 2].map((id) => [`error ${id} server-shutting-down`, `error ${id} not-authorized`]);
  assert.deepEqual(said(), [...one ?? [], ...two ?? [], "disconnected"]);
});

Deno.test("a client whose first request the broker refuses ends at once, and says no more", async () => {
  const { common, options, link, said } = parts("c1");
  link.outcome = () => REFUSED;
  const session = new ClientSession({
    ...common,
    options: { ...options, clientId: () => "c1" },
    another: () => Promise.resolve(undefined),
    release: () => Promise.resolve(),
    clock: new ManualClock(),
  });
  void session.send(request("1"));
  assert.equal(await session.closed, REFUSED);
  assert.deepEqual(said(), ["request 1 tools/call"]);
});
