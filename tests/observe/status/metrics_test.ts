import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { Metrics } from "../../../src/observe/status/metrics.ts";
import { type Family, readMetrics, sumOf, valueOf } from "../../support/prometheus.ts";
import { fc, holds } from "../../support/properties.ts";

const PREFIX = "mcp_mqtt_proxy_";
const DURATION = `${PREFIX}request_duration_seconds`;

const KNOWN = { version: "1.2.3", servers: ["files"], maximumSessions: 64 };

/** What is there before anything has happened. */
const FIRST = ["build_info", "start_time_seconds", "sessions_maximum"].map((name) => PREFIX + name);

function counted(...events: readonly ProxyEvent[]): Map<string, Family> {
  const metrics = new Metrics(KNOWN);
  for (const event of events) metrics.observe(event);
  return readMetrics(metrics.render());
}

const connected = (clientId: string): ProxyEvent => ({
  type: "broker.connected",
  broker: "mqtt://b",
  clientId,
  protocolVersion: 5,
});
const lost = (clientId: string): ProxyEvent => ({
  type: "broker.lost",
  broker: "mqtt://b",
  clientId,
  cause: "cut",
  retryIn: 1,
});
const session = { server: "files", session: "c/1", profile: "p" };

/** Every number that one event changes, and to what. */
const CASES: readonly [event: ProxyEvent, changes: Readonly<Record<string, number>>][] = [
  [connected("c"), { broker_connections_total: 1, broker_connected: 1 }],
  [{ type: "fleet.changed", server: "files", profiles: ["p"], size: 3 }, { fleet_servers: 3 }],
  [{ type: "server.online", server: "files", topic: "t" }, { 'server_online{server="files"}': 1 }],
  [{ type: "session.opened", ...session }, {
    'sessions_total{server="files",profile="p"}': 1,
    'sessions{server="files",profile="p"}': 1,
  }],
  [{ type: "session.refused", ...session, reason: "too-many-sessions", cause: "full" }, {
    'sessions_refused_total{server="files",reason="too-many-sessions"}': 1,
  }],
  [{ type: "session.retransmitted", session: "c/1", count: 3 }, { messages_retransmitted_total: 3 }],
  [{ type: "session.duplicate", session: "c/1" }, { messages_duplicate_total: 1 }],
  [{ type: "message.carried", ...session, direction: "to-server", bytes: 12 }, {
    'messages_total{server="files",profile="p",direction="to_server"}': 1,
    'message_bytes_total{server="files",profile="p",direction="to_server"}': 12,
  }],
  [{ type: "message.carried", server: "files", direction: "to-client", bytes: 34 }, {
    'messages_total{server="files",profile="",direction="to_client"}': 1,
    'message_bytes_total{server="files",profile="",direction="to_client"}': 34,
  }],
  [{ type: "message.dropped", source: "a", cause: "not JSON" }, { messages_dropped_total: 1 }],
  [{ type: "publish.failed", topic: "a", cause: "no" }, { publish_failures_total: 1 }],
  [{ type: "request.started", ...session, method: "ping" }, { 'requests_pending{server="files"}': 1 }],
  [{ type: "request.failed", ...session, method: "ping", reason: "timed-out", cause: "late" }, {
    'requests_failed_total{server="files",reason="timed-out"}': 1,
  }],
  [{ type: "child.started", server: "files", session: "c/1", pid: 7 }, {
    'children_started_total{server="files"}': 1,
  }],
  [{ type: "child.exited", server: "files", session: "c/1", cause: "code 3" }, {
    'children_exited_total{server="files"}': 1,
  }],
  [{ type: "warning", text: "careful" }, {}],
];

Deno.test("before anything has happened every number is there, with its kind and what it means, and is 0", () => {
  for (const [name, { type, help, samples }] of counted()) {
    assert.ok(name.startsWith(PREFIX), name);
    assert.equal(type === "counter", name.endsWith("_total"), `${name} says what it is`);
    assert.match(help, /^[A-Z1].*[^.]$/);
    if (!FIRST.includes(name)) { for (const value of samples.values()) assert.equal(value, 0); }
  }
  const families = counted();
  assert.equal(families.get(`${PREFIX}build_info`)?.samples.get(`${PREFIX}build_info{version="1.2.3"}`), 1);
  assert.equal(valueOf(families, `${PREFIX}sessions_maximum`), 64);
  assert.ok(Math.abs(valueOf(families, `${PREFIX}start_time_seconds`) - Date.now() / 1000) < 60);
});

Deno.test("each event counts where it belongs, and nowhere else", () => {
  for (const [event, changes] of CASES) {
    const found: Record<string, number> = {};
    for (const [name, { samples }] of counted(event)) {
      if (FIRST.includes(name)) continue;
      for (const [sample, value] of samples) if (value !== 0) found[sample.slice(PREFIX.length)] = value;
    }
    assert.deepEqual(found, changes, event.type);
  }
});

Deno.test("sessions and requests that end are no longer counted among those that there are", () => {
  const families = counted(
    { type: "session.opened", ...session },
    { type: "session.opened", ...session },
    { type: "session.ended", ...session, cause: "left" },
    { type: "request.started", ...session, method: "ping" },
    { type: "request.started", ...session, method: "ping" },
    { type: "request.ended", ...session, method: "ping", duration: 1 },
    { type: "server.online", server: "files", topic: "t" },
    { type: "server.offline", server: "files", topic: "t" },
  );
  const value = (name: string) => sumOf(families, `${PREFIX}${name}`);
  assert.deepEqual([value("sessions"), value("sessions_total"), value("requests_pending")], [1, 2, 1]);
  assert.equal(value("server_online"), 0);
});

Deno.test("a label holds any name", () => {
  const families = counted({ type: "child.started", server: 'a"b\\c\nd', session: "c", pid: 1 });
  const samples = families.get(`${PREFIX}children_started_total`)?.samples;
  assert.equal(samples?.get(`${PREFIX}children_started_total{server="a\\"b\\\\c\\nd"}`), 1);
});

Deno.test("connections are counted by their client id, however often they are lost, refused or closed", () => {
  const up = (...events: ProxyEvent[]) => valueOf(counted(...events), `${PREFIX}broker_connected`);
  assert.equal(up(connected("a"), connected("b")), 2);
  assert.equal(up(connected("a"), lost("a"), lost("a"), lost("a")), 0);
  assert.equal(up(connected("a"), lost("b")), 1);
  assert.equal(up(connected("a"), lost("a"), connected("a")), 1);
  const refused: ProxyEvent = {
    type: "broker.refused",
    broker: "mqtt://b",
    clientId: "a",
    cause: "password",
    retryIn: 1,
  };
  assert.equal(up(connected("a"), connected("b"), refused), 1);
  assert.equal(up(connected("a"), { type: "broker.closed", broker: "mqtt://b", clientId: "a" }), 0);
});

const buckets = ({ samples }: Family) =>
  [...samples].flatMap(([sample, value]) => {
    const bound = /_bucket\{server="files",le="(.+)"\}$/.exec(sample)?.[1];
    return bound === undefined ? [] : [[bound === "+Inf" ? Infinity : Number(bound), value] as const];
  });

Deno.test("the histogram is cumulative: each bucket has everything up to its bound, the last one everything", () => {
  const durations = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { maxLength: 50 });
  holds(durations, (milliseconds) => {
    const events = milliseconds.map((duration): ProxyEvent => ({
      type: "request.ended",
      server: "files",
      method: "ping",
      duration,
    }));
    const families = counted(...events);
    const family = families.get(DURATION);
    assert.ok(family?.type === "histogram");
    const found = buckets(family);
    assert.deepEqual(found.map(([bound]) => bound), found.map(([bound]) => bound).toSorted((a, b) => a - b));
    for (const [bound, count] of found) {
      assert.equal(count, milliseconds.filter((duration) => duration / 1_000 <= bound).length, `up to ${bound}`);
    }
    assert.deepEqual(found.at(-1), [Infinity, milliseconds.length]);
    assert.equal(family.samples.get(`${DURATION}_count{server="files"}`), milliseconds.length);
    const sum = milliseconds.reduce((sum, duration) => sum + duration / 1_000, 0);
    assert.equal(family.samples.get(`${DURATION}_sum{server="files"}`), sum);
  });
});

Deno.test("whatever happens, every line is valid, and what counts only grows", () => {
  const ends: ProxyEvent[] = [
    lost("c"),
    { type: "session.ended", ...session, cause: "left" },
    { type: "request.ended", ...session, method: "ping", duration: 0.000_000_1 },
  ];
  const event = fc.constantFrom(...CASES.map(([event]) => event), ...ends);
  holds(fc.array(event, { maxLength: 60 }), (events) => {
    const metrics = new Metrics(KNOWN);
    let before = readMetrics(metrics.render());
    for (const event of events) {
      metrics.observe(event);
      const now = readMetrics(metrics.render());
      for (const [name, { type, samples }] of now) {
        if (type === "gauge") continue;
        for (const [sample, value] of samples) assert.ok(value >= (before.get(name)?.samples.get(sample) ?? 0), sample);
      }
      before = now;
    }
  });
});
