import assert from "node:assert/strict";
import type { ProxyEvent } from "../../src/core/events.ts";
import { Outages } from "../../src/observe/outages.ts";

const at = (clientId: string, broker = "mqtt://b") => ({ broker, clientId });
const connected = (clientId: string, broker?: string): ProxyEvent => ({
  type: "broker.connected",
  ...at(clientId, broker),
  protocolVersion: 5,
});
const lost = (clientId: string, cause = "cut", broker?: string): ProxyEvent => ({
  type: "broker.lost",
  ...at(clientId, broker),
  cause,
  retryIn: 1,
});
const closed = (clientId: string): ProxyEvent => ({ type: "broker.closed", ...at(clientId) });

/** What is new about each of the events. */
function newsOf(...events: readonly ProxyEvent[]): string[] {
  const outages = new Outages();
  return events.map((event) => outages.note(event));
}

Deno.test("an outage is told once for all connections, each cause once, and then its end", () => {
  assert.deepEqual(newsOf(connected("a"), connected("b")), ["other", "other"]);
  assert.deepEqual(
    newsOf(connected("a"), connected("b"), lost("a"), lost("b"), lost("a", "refused"), lost("b", "refused"), lost("a")),
    ["other", "other", "away", "known", "away", "known", "known"],
  );
  assert.deepEqual(
    newsOf(lost("a"), lost("b"), connected("a"), connected("b"), lost("b")),
    ["away", "known", "back", "other", "away"],
  );
});

Deno.test("one connection that fails while another is up is told by its name", () => {
  assert.deepEqual(
    newsOf(lost("a"), lost("b"), connected("a"), lost("b"), lost("b"), lost("c")),
    ["away", "known", "back", "partly-away", "known", "partly-away"],
  );
  assert.deepEqual(newsOf(connected("a"), closed("a"), lost("b")), ["other", "other", "away"]);
});

Deno.test("the brokers of a list are told apart, and a connection to any of them is the end", () => {
  const other = "mqtt://c";
  assert.deepEqual(
    newsOf(lost("a"), lost("a", "cut", other), lost("a"), connected("a", other), lost("a")),
    ["away", "away", "known", "back", "away"],
  );
});

Deno.test("a refusal is no loss, and other events are none of it", () => {
  const refused: ProxyEvent = { type: "broker.refused", ...at("a"), cause: "cut", retryIn: 1 };
  assert.deepEqual(newsOf(lost("a"), refused, refused, { type: "warning", text: "x" }), [
    ...["away", "away", "known", "other"],
  ]);
});

Deno.test("causes without an end take little memory", () => {
  const news = newsOf(...Array.from({ length: 300 }, (_, index) => lost("a", String(index))));
  assert.ok(news.every((one) => one === "away"));
});
