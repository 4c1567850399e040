import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { Overview, type Status } from "../../../src/observe/status/overview.ts";
import { type Need, Readiness } from "../../../src/observe/status/readiness.ts";

const SERVE: readonly Need[] = [{ server: "files" }, { processOf: "files" }];
const PLACE = { server: "files", profile: "p", session: "c/1" };
const OPENED: ProxyEvent = { type: "session.opened", ...PLACE };
const CARRIED: ProxyEvent = { type: "message.carried", ...PLACE, direction: "to-server", bytes: 1 };
const STARTED: ProxyEvent = { type: "request.started", ...PLACE, method: "ping" };

/** What is shown after these events. */
function after(needs: readonly Need[], ...events: readonly ProxyEvent[]): Status {
  const readiness = new Readiness(needs);
  const about = { title: "t", version: "1", broker: "mqtt://b", servers: ["files"], maximumSessions: 64 };
  const overview = new Overview(about, readiness);
  for (const event of events) {
    readiness.observe(event);
    overview.observe(event);
  }
  return overview.status;
}

const ended = (duration: number): ProxyEvent => ({ type: "request.ended", ...PLACE, method: "ping", duration });

Deno.test("a session has its process, its requests and its messages, and is gone when it has ended", () => {
  const events: ProxyEvent[] = [
    { type: "child.started", server: "files", session: "files/c/1", pid: 7 },
    OPENED,
    CARRIED,
    STARTED,
    STARTED,
    ended(1),
    { type: "session.retransmitted", session: "c/1", count: 3 },
  ];
  const { sessions: [session], servers: [server] } = after(SERVE, ...events);
  const { client, profile, pending, resent, pid, lastMessage } = session ?? {};
  assert.deepEqual([client, profile, pending, resent, pid], ["c/1", "p", 1, 3, 7]);
  assert.ok(lastMessage !== undefined);
  assert.equal(server?.sessions, 1);
  const end: ProxyEvent = { type: "session.ended", ...PLACE, cause: "left" };
  const { sessions } = after(SERVE, ...events, end, ended(1), CARRIED, STARTED);
  assert.deepEqual(sessions, [], "what is still told of it does not bring it back");
});

Deno.test("what connect carries is the host's session", () => {
  const carried: ProxyEvent = { type: "message.carried", server: "files", direction: "to-server", bytes: 1 };
  const { sessions } = after([{ broker: true }], carried, carried);
  assert.deepEqual(sessions.map(({ client, server }) => [client, server]), [["host", "files"]]);
});

Deno.test("a server has the quantiles of its last requests, and the number of all", () => {
  const { servers: [server] } = after(SERVE, ...Array.from({ length: 1_000 }, (_, index) => ended(index)));
  assert.equal(server?.calls, 1_000);
  assert.deepEqual([server?.p50, server?.p95], [744, 974]);
  assert.deepEqual(after(SERVE).servers[0]?.p50, undefined);
});

Deno.test("a server tells its profiles while it is online in them, and its failures", () => {
  const online = { server: "files", topic: "t" };
  const failed: ProxyEvent = { type: "request.failed", ...PLACE, method: "ping", reason: "timed-out", cause: "late" };
  const { servers: [server] } = after(
    SERVE,
    { type: "server.online", ...online, profile: "p" },
    { type: "server.online", ...online, topic: "u", profile: "q" },
    { type: "server.offline", ...online, profile: "p" },
    failed,
  );
  assert.deepEqual([server?.profiles, server?.errors, server?.online], [["q"], 1, true]);
});

Deno.test("the last 50 events are kept, without what processes say and what is only for debugging", () => {
  const warnings = Array.from({ length: 60 }, (_, index): ProxyEvent => ({ type: "warning", text: `${index}` }));
  const line: ProxyEvent = { type: "child.stderr", session: "files/c/1", line: "password" };
  const { events } = after(SERVE, ...warnings, line, CARRIED);
  assert.equal(events.length, 50);
  assert.deepEqual([events[0]?.text, events[0]?.failure, events.at(-1)?.text], ["59", true, "10"]);
});

Deno.test("a connection is there until it is closed, and says why it is lost", () => {
  const link = { broker: "mqtt://b", clientId: "c" };
  const connected: ProxyEvent = { type: "broker.connected", ...link, protocolVersion: 5 };
  const lost: ProxyEvent = { type: "broker.lost", ...link, cause: "cut", retryIn: 1 };
  assert.deepEqual(after(SERVE, connected, lost).connections.map(({ state, cause }) => [state, cause]), [[
    "lost",
    "cut",
  ]]);
  assert.deepEqual(after(SERVE, connected, { type: "broker.closed", ...link }).connections, []);
});
