import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../../src/core/events.ts";
import { Failure } from "../../../../src/core/failure.ts";
import type { Message } from "../../../../src/core/message.ts";
import { type Frame, NOTHING } from "../../../../src/wire/request_response/session/frame.ts";
import {
  ServerSession,
  type ServerSessionOptions,
} from "../../../../src/wire/request_response/server/server_session.ts";
import { PathLimit } from "../../../../src/wire/request_response/session/path_limit.ts";
import { behind, START } from "../../../../src/wire/request_response/session/position.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { gist, notification, request, response } from "../../../support/messages.ts";
import { SERVER_OPTIONS } from "../../../support/wire_options.ts";
import { ScriptedLink } from "../../../support/scripted_link.ts";

const REFUSED = new Failure("not-authorized", "The broker refused it", { reasonCode: 0x87 });
const NOBODY = new Failure("no-server-online", "Nobody has subscribed", { reasonCode: 0x10 });

function serverSession(options: Partial<ServerSessionOptions> = {}) {
  const clock = new ManualClock();
  const link = new ScriptedLink("s1");
  const events: ProxyEvent[] = [];
  const received: Message[] = [];
  const session = new ServerSession({
    name: "c1",
    link,
    sessionId: "abc",
    format: 2,
    window: () => 64,
    limit: new PathLimit((event) => events.push(event)),
    responseTopic: "mcp/demo/response/c1",
    instanceTopic: "mcp/demo/instance/s1/c1",
    options: {
      ...SERVER_OPTIONS,
      serverName: "demo",
      clientId: "s1",
      opened: () => {},
      observe: (event) => events.push(event),
    },
    clock,
    ...options,
  });
  let ended: Failure | "left" | undefined;
  void session.closed.then((failure) => ended = failure ?? "left");
  return { clock, link, events, received, session, ended: () => ended };
}

/** A frame with a message in it. */
const frame = ({ bytes: payload }: Message, sequence?: number): Frame => ({
  payload,
  ...(sequence === undefined ? {} : { sequence, acknowledge: START }),
});

Deno.test("a client that is away for 15 s has gone, and one that says something before has not", async () => {
  const { clock, session, ended } = serverSession();
  session.receive(() => {});
  session.absent();
  await clock.advance(14_999);
  session.deliver(frame(request("1"), 1));
  await clock.advance(14_999);
  assert.equal(ended(), undefined);
  session.absent();
  session.absent(); // that it is still away makes it no later
  await clock.advance(15_000);
  assert.ok(ended() instanceof Failure);
  assert.equal((await session.closed)?.reason, "session-ended");
  assert.equal(clock.timers, 0);
});

Deno.test("a session that has ended says and hears nothing more", async () => {
  const { clock, link, session, received } = serverSession();
  session.receive((message) => void received.push(message));
  await session.close();
  const said = link.published.length;
  void session.send(response("1"));
  session.deliver(frame(request("2"), 1));
  session.absent();
  session.resume();
  await session.close(REFUSED);
  assert.deepEqual([link.published.length, received.length, clock.timers], [said, 0, 0]);
});

Deno.test("requests that nobody has received yet are answered when the session ends", async () => {
  const { link, session } = serverSession();
  session.deliver(frame(request("1"), 1));
  const closing = session.close(new Failure("too-many-sessions", "There are too many"));
  session.deliver({ payload: NOTHING, acknowledge: behind(1) });
  await closing;
  const [answer, _question, goodbye] = link.published;
  assert.match(new TextDecoder().decode(answer?.payload), /"id":1,"error":.*"too-many-sessions"/);
  assert.deepEqual(goodbye?.properties?.userProperties, {
    "mcp-session": "abc",
    "mcp-closed": "too-many-sessions",
    "mcp-ack": "1",
    "mcp-format": "2",
    "mcp-max": "67108864",
  });
});

Deno.test("a session ends when all that the server has said is taken, as long as that comes in time", async () => {
  for (const [reason, limit] of [["child-exited", 30_000], ["server-shutting-down", 1_000]] as const) {
    for (const late of [false, true]) {
      const { clock, link, session, received, ended } = serverSession();
      session.receive((message) => void received.push(message));
      session.deliver(frame(request("1"), 1));
      void session.send(response("1"));
      const closing = session.close(new Failure(reason, "It has ended"));
      const question = link.published.at(-1)?.properties?.userProperties;
      assert.deepEqual([question?.["mcp-sent"], ended()], ["1", undefined], "the client is asked");
      await clock.advance(limit - 1);
      session.deliver(frame(request("2"), 2));
      assert.deepEqual([received.length, ended()], [1, undefined], "what comes now is for the next session");
      if (late) await clock.advance(1);
      else session.deliver({ payload: NOTHING, acknowledge: behind(1) });
      await closing;
      const goodbye = link.published.at(-1)?.properties?.userProperties;
      assert.deepEqual([goodbye?.["mcp-closed"], goodbye?.["mcp-ack"]], [reason, "1"]);
      assert.equal(clock.timers, 0);
    }
  }
});

Deno.test("a client that takes what the server has said little by little gets all of it", async () => {
  const { clock, session, ended } = serverSession();
  session.receive(() => {});
  session.deliver(frame(request("1"), 1));
  for (let count = 1; count <= 5; count++) void session.send(notification("notifications/x"));
  void session.close(new Failure("child-exited", "It has exited"));
  for (let taken = 1; taken < 5; taken++) {
    await clock.advance(20_000);
    session.deliver({ payload: NOTHING, acknowledge: behind(taken) });
  }
  assert.equal(ended(), undefined);
  session.deliver({ payload: NOTHING, acknowledge: behind(5) });
  await clock.advance(0);
  assert.ok(ended() instanceof Failure);
});

Deno.test("a receiver that is slow makes the acknowledgement wait, and so the client", async () => {
  const { clock, link, session } = serverSession();
  const taken = Promise.withResolvers<void>();
  session.receive(() => taken.promise);
  session.deliver(frame(request("1"), 1));
  await clock.advance(1_000);
  assert.equal(link.published.length, 0);
  taken.resolve();
  await clock.advance(1_000);
  assert.deepEqual(link.published.map(({ properties }) => properties?.userProperties), [
    { "mcp-session": "abc", "mcp-ack": "1", "mcp-format": "2", "mcp-max": "67108864", "mcp-window": "64" },
  ]);
});

Deno.test("a numbered answer that cannot be published ends the session, once", async () => {
  const { link, session, ended, events, clock } = serverSession();
  link.outcome = () => REFUSED;
  session.receive(() => {});
  session.deliver(frame(request("1"), 1));
  void session.send(response("1"));
  void session.send(response("2"));
  await clock.advance(60_000);
  assert.equal(ended(), REFUSED);
  assert.equal(link.published.length, 1);
  assert.equal(events.filter(({ type }) => type === "publish.failed").length, 1);
});

Deno.test("when nobody listens to the answers, the client may be back: it has its time", async () => {
  const { link, session, ended, clock } = serverSession();
  link.outcome = () => NOBODY;
  void session.send(response("1"));
  await clock.advance(14_999);
  assert.equal(ended(), undefined);
  await clock.advance(1);
  assert.ok(ended() instanceof Failure);
});

const PLAIN = { sessionId: undefined, format: "plain", instanceTopic: undefined } as const;

Deno.test("a plain answer that cannot be published is replaced by one error, with its Correlation Data", async () => {
  const { link, session, ended, events } = serverSession(PLAIN);
  session.receive(() => {});
  const correlation = new Uint8Array([7]);
  session.deliver({ ...frame(request("1")), correlation });
  link.outcome = () => REFUSED; // that one neither
  void session.send(response("1"));
  assert.equal(link.published.length, 2);
  const [answer, error] = link.published.map(({ payload }) => new TextDecoder().decode(payload));
  assert.match(answer ?? "", /"id":1,"result"/);
  assert.match(error ?? "", /"id":1,"error":.*"not-authorized"/);
  assert.deepEqual(link.published.map(({ properties }) => properties?.correlationData), [correlation, correlation]);
  void session.send(notification("notifications/progress"));
  assert.equal(link.published.length, 3);
  await Promise.resolve();
  assert.equal(ended(), undefined);
  assert.equal(events.filter(({ type }) => type === "publish.failed").length, 2);
});

Deno.test("a plain question that cannot be published is answered to the server", () => {
  const { link, session, received } = serverSession(PLAIN);
  session.receive((message) => void received.push(message));
  link.outcome = () => REFUSED;
  void session.send(request('"q"'));
  assert.deepEqual(received.map(gist), ['error "q" not-authorized']);
  assert.equal(link.published.length, 1);
});

Deno.test("after a reconnection a client that is there says so, and one that has gone meanwhile loses its session", async () => {
  for (const answers of [true, false]) {
    const { clock, link, session, ended } = serverSession();
    session.receive(() => {});
    session.deliver(frame(request("1"), 1));
    session.absent();
    session.pause();
    await clock.advance(60_000); // it is we who are away
    assert.equal(ended(), undefined);
    const before = link.published.length;
    session.resume();
    assert.ok(
      link.published.slice(before).some(({ properties }) => properties?.userProperties?.["mcp-sent"] !== undefined),
    );
    if (answers) session.deliver({ payload: NOTHING, acknowledge: START });
    await clock.advance(15_000);
    assert.equal(ended() === undefined, answers);
    await session.close();
  }
});

Deno.test("a plain requester, who cannot be asked, keeps its session when we were away", async () => {
  const { clock, session, ended } = serverSession({ sessionId: undefined, format: "plain", instanceTopic: undefined });
  session.receive(() => {});
  session.deliver(frame(request("1")));
  session.pause();
  session.resume();
  await clock.advance(60_000);
  assert.equal(ended(), undefined);
  await session.close();
});
