import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { type Need, Readiness } from "../../../src/observe/status/readiness.ts";

const SERVE: readonly Need[] = [{ server: "files" }, { processOf: "files" }];
const NAMES = ["server files", "process of files"];
const BROKER: readonly Need[] = [{ broker: true }];
const at = (topic: string) => ({ server: "files", topic });
const link = { broker: "mqtt://b", cause: "cut", retryIn: 1 };

const online = (topic = "mcp/files/request"): ProxyEvent => ({ type: "server.online", ...at(topic) });
const offline = (topic = "mcp/files/request"): ProxyEvent => ({ type: "server.offline", ...at(topic) });
const startable: ProxyEvent = { type: "child.startable", server: "files" };
const connected = (clientId: string): ProxyEvent => ({
  type: "broker.connected",
  broker: "mqtt://b",
  clientId,
  protocolVersion: 5,
});

/** The readiness after each event. */
function after(needs: readonly Need[], ...events: readonly ProxyEvent[]): boolean[] {
  const readiness = new Readiness(needs);
  return events.map((event) => {
    readiness.observe(event);
    return readiness.ready;
  });
}

Deno.test("nothing is ready before it has said so, and every condition tells why", () => {
  const readiness = new Readiness(SERVE);
  assert.equal(readiness.ready, false);
  assert.deepEqual(readiness.conditions, NAMES.map((name) => ({ name, met: false, detail: "not yet" })));
  assert.equal(new Readiness([]).ready, true);
});

Deno.test("serve is ready when its server is online and its process can be started, and as long as both hold", () => {
  const failed: ProxyEvent = { type: "child.failed", server: "files", cause: "no such program" };
  const started: ProxyEvent = { type: "child.started", server: "files", session: "c/1", pid: 7 };
  assert.deepEqual(after(SERVE, startable, online(), offline(), online(), failed, started), [
    false,
    true,
    false,
    true,
    false,
    true,
  ]);
});

Deno.test("that the broker is connected is not enough: what counts is that the subscriptions are granted", () => {
  assert.deepEqual(after(SERVE, startable, connected("files")), [false, false]);
});

Deno.test("with several servers, all of them have to be there", () => {
  const needs = [{ server: "files" }, { server: "shell" }];
  assert.deepEqual(after(needs, online(), { type: "server.online", server: "shell", topic: "s" }, offline()), [
    false,
    true,
    false,
  ]);
});

Deno.test("a server that is there in one of two profiles can be reached", () => {
  const both = ["mcp/files/request", "$mcp-server/s1/files"];
  const [one, other] = both as [string, string];
  assert.deepEqual(
    after([{ server: "files" }], online(one), online(other), offline(one), offline(other), online(one)),
    [true, true, true, false, true],
  );
  const readiness = new Readiness([{ server: "files" }]);
  for (const topic of both) readiness.observe(online(topic));
  assert.deepEqual(readiness.conditions[0]?.detail, `online on ${both.toSorted().join(" and ")}`);
  for (const topic of both) readiness.observe(offline(topic));
  assert.deepEqual(readiness.conditions[0]?.detail, `offline on ${other}`);
});

Deno.test("what is no condition changes none, and makes none", () => {
  const readiness = new Readiness([{ server: "files" }]);
  readiness.observe(connected("a"));
  readiness.observe({ type: "server.online", server: "other", topic: "t" });
  readiness.observe({ type: "child.failed", server: "files", cause: "x" });
  assert.deepEqual(readiness.conditions.map(({ name, met }) => [name, met]), [["server files", false]]);
});

Deno.test("connect is ready while there is a connection to the broker, whichever it is", () => {
  const lost = (clientId: string): ProxyEvent => ({ type: "broker.lost", clientId, ...link });
  const refused = (clientId: string): ProxyEvent => ({ type: "broker.refused", clientId, ...link });
  const closed = (clientId: string): ProxyEvent => ({ type: "broker.closed", broker: "mqtt://b", clientId });
  assert.deepEqual(after(BROKER, lost("a"), connected("a"), lost("a"), refused("a")), [false, true, false, false]);
  // The second profile is refused, or given up, while the session goes on in the first.
  assert.deepEqual(after(BROKER, connected("a"), refused("b"), connected("b"), closed("b")), [
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual(after(BROKER, connected("a"), connected("b"), lost("a"), lost("b")), [true, true, true, false]);
  const readiness = new Readiness(BROKER);
  readiness.observe(connected("a"));
  assert.equal(readiness.conditions[0]?.detail, "connected to mqtt://b as a");
  readiness.observe(lost("a"));
  assert.equal(readiness.conditions[0]?.detail, "cut");
});
