import assert from "node:assert/strict";
import { Failure } from "../../src/core/failure.ts";
import { LinkShare, type MqttLink } from "../../src/mqtt/mod.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { LoopLink } from "../support/loop_link.ts";
import { Link } from "../support/test_link.ts";
import { eventually } from "../support/wait.ts";

const text = (payload: Uint8Array) => new TextDecoder().decode(payload);

/** A share that is open, and what it gets. */
function shareOf(link: MqttLink, filter: string) {
  const share = new LinkShare(link);
  const received: string[] = [];
  void share.subscribe({ filter, qos: 1, handler: ({ payload }) => void received.push(text(payload)) });
  share.open();
  return { share, received };
}

testOnBrokers(
  "shares of a connection have subscriptions of their own, and end without the connection",
  async (broker) => {
    await using link = new Link(broker.url);
    const one = shareOf(link, "one/+");
    const other = shareOf(link, "other/+");
    await eventually("both are online", () => [one, other].every(({ share }) => share.state.status === "online"));
    assert.equal(one.share.clientId, link.clientId);
    await link.say("one/a");
    await link.say("other/b");
    await eventually("each has its own", () => one.received.length === 1 && other.received.length === 1);
    await one.share.close();
    assert.equal(one.share.state.status, "closed");
    await link.say("one/c");
    await link.say("other/d");
    await eventually("the other goes on", () => other.received.length === 2);
    assert.deepEqual([one.received, other.received], [["one/a"], ["other/b", "other/d"]]);
    let failed = false;
    void one.share.publish(
      { topic: "x", payload: new Uint8Array(), qos: 1 },
      (failure) => failed = failure !== undefined,
    );
    assert.ok(failed, "a share that is closed publishes nothing");
  },
);

Deno.test("a share follows its connection, and keeps its subscriptions", async () => {
  await using broker = await embeddedBroker();
  await using link = new Link(broker.url);
  const { share, received } = shareOf(link, "news/+");
  const states: string[] = [];
  share.watch(({ status }) => states.push(status));
  await eventually("it is online", () => share.state.status === "online");
  broker.disconnectAll();
  await eventually("it is online again", () => states.filter((state) => state === "online").length > 1);
  assert.ok(states.includes("connecting"));
  await link.say("news/today");
  await eventually("it hears", () => received.length === 1);
});

Deno.test("what the broker refuses to one share is no trouble of another", async () => {
  await using broker = await embeddedBroker({
    authorizeSubscribe: (_client, subscription, done) =>
      done(null, subscription.topic.startsWith("secret") ? null : subscription),
  });
  await using link = new Link(broker.url);
  const secret = shareOf(link, "secret/+");
  const open = shareOf(link, "open/+");
  await eventually("one is refused", () => secret.share.state.status === "refused");
  await eventually("the other is online", () => open.share.state.status === "online");
  broker.disconnectAll();
  await eventually(
    "the connection is back",
    () => link.events.filter(({ type }) => type === "broker.connected").length > 1,
  );
  assert.equal(secret.share.state.status, "refused");
  assert.equal(open.share.state.status, "online");
});

Deno.test("a share comes back with its connection, also after the broker has refused that for a while", async () => {
  const link = new LoopLink("shared", () => {});
  const online = link.state;
  const failure = new Failure("login-refused", "The broker has refused the login");
  const { share } = shareOf(link, "news/+");
  await eventually("it is online", () => share.state.status === "online");
  for (const state of [{ status: "refused", failure }, { status: "connecting", failure }, online] as const) {
    Object.assign(link, { state });
    link.open(); // tells its watchers
    assert.equal(share.state.status, state.status);
  }
});
