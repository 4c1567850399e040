import assert from "node:assert/strict";
import { Secret } from "../../src/core/secret.ts";
import { BrokerNodes } from "../../src/mqtt/broker_nodes.ts";

function nodes() {
  const others = [{ url: "mqtt://two" }, { url: "mqtt://three", username: "me" }];
  return new BrokerNodes({ url: "mqtt://one", username: "you", password: new Secret("x"), keepAlive: 60, others });
}

Deno.test("each node has its own login, and what is common", () => {
  const all = nodes();
  const { password, ...one } = all.current;
  assert.deepEqual([one, password?.reveal()], [{ url: "mqtt://one", username: "you", keepAlive: 60 }, "x"]);
  all.next(false);
  assert.deepEqual(all.current, { url: "mqtt://two", keepAlive: 60 });
  all.next(false);
  assert.deepEqual(all.current, { url: "mqtt://three", username: "me", keepAlive: 60 });
});

Deno.test("after a failure the next node is tried at once, and after all of them there is a pause", () => {
  const all = nodes();
  const tried = Array.from({ length: 6 }, () => [all.current.url, all.next(false)]);
  const round = [["mqtt://one", true], ["mqtt://two", true], ["mqtt://three", false]];
  assert.deepEqual(tried, [...round, ...round]);
});

Deno.test("whoever has lost a connection pauses, and goes on with the next node", () => {
  const all = nodes();
  assert.equal(all.next(true), false);
  assert.deepEqual([all.current.url, all.next(false), all.current.url], ["mqtt://two", true, "mqtt://three"]);
});

Deno.test("a broker that is alone is tried again after a pause", () => {
  const alone = new BrokerNodes({ url: "mqtt://one", keepAlive: 60 });
  assert.deepEqual([alone.next(false), alone.current.url], [false, "mqtt://one"]);
});
