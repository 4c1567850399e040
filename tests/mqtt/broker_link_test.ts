import assert from "node:assert/strict";
import type { ProxyEvent } from "../../src/core/events.ts";
import { Failure } from "../../src/core/failure.ts";
import { ConnectError } from "../../src/mqtt/connection/connection.ts";
import { BROKER_PRESETS, BrokerLink, type BrokerLinkOptions, type LinkState } from "../../src/mqtt/mod.ts";
import type { PacketHandler, Subscription } from "../../src/mqtt/link.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { FakeBroker, FakeConnection } from "../support/fake_connection.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { within } from "../support/wait.ts";

function refusal(reasonCode: number): ConnectError {
  return new ConnectError(`Connection refused: 0x${reasonCode.toString(16)}`, reasonCode, false);
}

const UNREACHABLE = new ConnectError("connect ECONNREFUSED", undefined, false);
const SILENCE = new ConnectError("the broker closed the connection", undefined, true);

function fake(options: Partial<BrokerLinkOptions> = {}) {
  const clock = new ManualClock();
  const broker = new FakeBroker();
  const events: ProxyEvent[] = [];
  const states: string[] = [];
  const link = new BrokerLink({
    broker: { url: "mqtt://broker", keepAlive: 60 },
    plan: { clientId: "me" },
    preset: BROKER_PRESETS.standard,
    observe: (event) => events.push(event),
    connect: broker.connect,
    clock,
    random: () => 1,
    ...options,
  });
  link.watch((state) => states.push(state.status));
  const failure = () => {
    assert.ok("failure" in link.state && link.state.failure !== undefined, `${link.state.status}`);
    return link.state.failure;
  };
  const types = () => events.splice(0).map(({ type }) => type);
  const open = async () => {
    link.open();
    await clock.advance(0);
  };
  return { clock, broker, events, states, link, failure, types, open };
}

function subscription(filter: string, rest: Partial<Subscription> = {}): Subscription {
  return { filter, qos: 1, handler: () => {}, ...rest };
}

Deno.test("a link is online when the broker has acknowledged all subscriptions, and not before", async () => {
  const { broker, link, states, types, open, clock } = fake();
  const granted = Promise.withResolvers<readonly number[]>();
  const connection = new FakeConnection();
  connection.grant = () => granted.promise;
  broker.outcome = () => connection;
  void link.subscribe(subscription("a/#"));
  void link.publish({ topic: "t", payload: new Uint8Array(), qos: 1 });
  await open();
  assert.deepEqual([states, connection.topics], [[], []]);
  granted.resolve([1]);
  await clock.advance(0);
  assert.deepEqual([states, connection.topics], [["online"], ["t"]]);
  assert.deepEqual(types(), ["broker.connecting", "broker.connected"]);
  connection.published[0]?.acknowledge();
  await link.close();
});

Deno.test("a message that is dropped is told of, with its topic and the cause", async () => {
  const { broker, link, events, open } = fake();
  await open();
  broker.requests[0]?.dropped?.("a/b", "it is too long");
  assert.deepEqual(events.filter(({ type }) => type === "message.dropped"), [
    { type: "message.dropped", source: "a/b", cause: "it is too long" },
  ]);
  await link.close();
});

Deno.test("opening twice opens one connection", async () => {
  const { broker, link, open } = fake();
  link.open();
  await open();
  assert.equal(broker.requests.length, 1);
  await link.close();
});

Deno.test("subscriptions go out in portions that cloud brokers take, in order, and as they were asked for", async () => {
  const { broker, link, open } = fake();
  for (let number = 0; number < 10; number++) {
    void link.subscribe(subscription(`a/${number}`, { qos: 2, noLocal: true }));
  }
  await open();
  assert.deepEqual(broker.last.subscriptions.map(({ length }) => length), [8, 2]);
  assert.deepEqual(broker.last.subscriptions.flat()[9], { filter: "a/9", qos: 2, noLocal: true });
  await link.close();
});

Deno.test("a shared subscription is shared where the broker has that, and plain where it has not", async () => {
  const cases = [
    [{}, undefined, "$share/group/a"],
    [{ sharedSubscriptionAvailable: false }, undefined, "a"],
    [{}, 4, "a"],
  ] as const;
  for (const [answer, protocolVersion, filter] of cases) {
    const { broker, link, open } = fake(protocolVersion === undefined ? {} : { protocolVersion });
    broker.outcome = () => new FakeConnection(answer);
    const got: string[] = [];
    const handler: PacketHandler = ({ topic }) => void got.push(topic);
    void link.subscribe(subscription("a", { share: "group", handler }));
    await open();
    assert.equal(broker.last.subscriptions[0]?.[0]?.filter, filter);
    await broker.deliver("a");
    assert.deepEqual(got, ["a"]);
    await link.unsubscribe("a");
    assert.deepEqual(broker.last.unsubscribed, [filter], "left by the filter that the broker knows");
    await link.close();
  }
});

Deno.test("what needs nothing from CONNACK is subscribed to with CONNECT, and the rest behind it", async () => {
  const { broker, link, open } = fake();
  for (let number = 0; number < 9; number++) void link.subscribe(subscription(`a/${number}`));
  void link.subscribe(subscription("shared", { share: "group" }));
  void link.subscribe(subscription("named", { identifier: 7 }));
  await open();
  const filters = (requests: readonly (readonly { filter: string }[])[] = []) =>
    requests.map((batch) => batch.map(({ filter }) => filter));
  const early = [["a/0", "a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/7"], ["a/8"]];
  assert.deepEqual(filters(broker.requests[0]?.early), early);
  assert.deepEqual(filters(broker.last.subscriptions), [...early, ["$share/group/shared"], ["named"]]);
  await link.close();
});

Deno.test("a broker that closes the connection over an early SUBSCRIBE is asked again at once, behind CONNACK", async () => {
  const closing = new FakeConnection();
  closing.grant = () => {
    closing.lose();
    return undefined;
  };
  for (const first of [SILENCE, closing]) {
    const { broker, link, open, states, clock } = fake();
    void link.subscribe(subscription("a"));
    broker.outcome = () => broker.requests.length === 1 ? first : new FakeConnection();
    await open();
    assert.deepEqual(broker.requests.map(({ early, protocolVersion }) => [early?.length, protocolVersion]), [[1, 5], [
      0,
      5,
    ]]);
    assert.deepEqual(states, ["online"]);
    broker.last.lose();
    await clock.advance(10_000);
    assert.equal(broker.requests.at(-1)?.early?.length, 0, "it is not tried again");
    await link.close();
  }
});

Deno.test("messages to nobody end with the second connection in a row that ends over them", async () => {
  const plan = { clientId: "me", nudgeTopic: "nobody" };
  const { broker, link, open, clock, events } = fake({ plan });
  await open();
  const topics = () => broker.requests.map(({ nudgeTopic }) => nudgeTopic);
  const lose = async (nudgedBefore: number | undefined) => {
    broker.last.nudgedAt = nudgedBefore === undefined ? undefined : performance.now() - nudgedBefore;
    broker.last.lose();
    await clock.advance(10_000);
  };
  for (const before of [undefined, 10, 10_000, 10]) await lose(before);
  assert.deepEqual(topics(), Array(5).fill("nobody"));
  await lose(10);
  assert.equal(topics().at(-1), undefined);
  const warnings = events.flatMap((event) => event.type === "warning" ? [event.text] : []);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /over empty messages to "nobody"/);
  await link.close();

  const charged = fake({ plan, preset: BROKER_PRESETS.aws });
  await charged.open();
  assert.equal(charged.broker.requests[0]?.nudgeTopic, undefined);
  await charged.link.close();
});

Deno.test("a subscription that is made while others are being acknowledged is not forgotten", async () => {
  const { broker, link, open, clock } = fake();
  const granted = Promise.withResolvers<readonly number[]>();
  const connection = new FakeConnection();
  connection.grant = (requests) => requests.some(({ filter }) => filter === "first") ? granted.promise : [1];
  broker.outcome = () => connection;
  void link.subscribe(subscription("first"));
  await open();
  void link.subscribe(subscription("second"));
  granted.resolve([1]);
  await clock.advance(0);
  assert.equal(link.state.status, "online");
  assert.deepEqual(connection.subscriptions.flat().map(({ filter }) => filter), ["first", "second"]);
  await link.close();
});

Deno.test("a subscription that is made on an online link is made at once, and again on the next connection", async () => {
  const { broker, link, open, clock } = fake();
  await open();
  await link.subscribe(subscription("late"));
  assert.deepEqual(broker.last.subscriptions.flat().map(({ filter }) => filter), ["late"]);
  await link.subscribe(subscription("gone"));
  await link.unsubscribe("gone");
  await link.unsubscribe("never there");
  assert.deepEqual(broker.last.unsubscribed, ["gone"]);
  broker.last.lose();
  await clock.advance(1_000);
  assert.deepEqual(broker.last.subscriptions.flat().map(({ filter }) => filter), ["late"]);
  await link.close();
});

Deno.test("a late subscription that the broker refuses is a failure for whoever asked", async () => {
  const { broker, link, open } = fake();
  await open();
  broker.last.grant = () => [0x87];
  await assert.rejects(link.subscribe(subscription("forbidden")), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.reason, "not-authorized");
    assert.match(error.message, /does not grant the subscription to "forbidden": Not authorized \(0x87\)/);
    return true;
  });
  assert.equal(link.state.status, "online");
  await link.close();
});

Deno.test("every refusal of a subscription has its own reason", async () => {
  const reasons = {
    0x80: "not-authorized",
    0x87: "not-authorized",
    0x8f: "subscribe-refused",
    0x97: "subscribe-refused",
  };
  for (const [code, reason] of Object.entries(reasons)) {
    const { broker, link, open } = fake();
    await open();
    broker.last.grant = () => [Number(code)];
    await assert.rejects(link.subscribe(subscription("a")), { reason });
    await link.close();
  }
});

Deno.test("a filter over which the broker closes the connection counts as refused, and is not asked for again", async () => {
  const { broker, link, open, clock, types } = fake();
  void link.subscribe(subscription("innocent"));
  await open();
  const refused: string[] = [];
  const silent = () => {
    const connection = new FakeConnection();
    connection.grant = (requests) => requests.some(({ filter }) => filter === "poison") ? undefined : [1];
    return connection;
  };
  broker.outcome = silent;
  broker.last.grant = () => undefined;
  for (const filter of ["late", "poison"]) {
    void link.subscribe(subscription(filter, { refused: ({ message }) => void refused.push(message) }));
  }
  await clock.advance(0);
  broker.last.lose({ reasonCode: 0x81 });
  await clock.advance(100); // soon: what follows is different
  assert.deepEqual(broker.last.subscriptions.flat().map(({ filter }) => filter), ["innocent", "late", "poison"]);
  assert.deepEqual([link.state.status, refused], ["connecting", []]);
  broker.last.lose({ reasonCode: 0x81 });
  await clock.advance(100);
  assert.deepEqual(broker.last.subscriptions.flat().map(({ filter }) => filter), ["innocent", "late"]);
  assert.match(
    refused.join(),
    /^The broker does not grant the subscription to "poison": it closes the connection over it/,
  );
  assert.equal(link.state.status, "online");
  assert.ok(types().includes("subscription.refused"));
  await link.close();
});

Deno.test("a broker that keeps closing the connection over packets is not asked without a pause", async () => {
  const { broker, link, open, clock } = fake();
  await open();
  for (let count = 0; count < 2; count++) {
    broker.last.lose({ reasonCode: 0x81 });
    await clock.advance(100);
  }
  assert.equal(broker.connections.length, 3);
  broker.last.lose({ reasonCode: 0x81 });
  await clock.advance(500);
  assert.equal(broker.connections.length, 3);
  await clock.advance(2_000);
  assert.equal(broker.connections.length, 4);
  await link.close();
});

Deno.test("a link without a subscription that it cannot do without is refused, and says which one", async () => {
  const { broker, link, open, failure, types } = fake();
  const connection = new FakeConnection();
  connection.grant = (requests) => requests.map(({ filter }) => filter === "needed" ? 0x87 : 1);
  broker.outcome = () => connection;
  void link.subscribe(subscription("allowed"));
  void link.subscribe(subscription("needed"));
  await open();
  assert.equal(link.state.status, "refused");
  assert.equal(failure().reason, "not-authorized");
  assert.match(failure().message, /"needed"/);
  assert.equal(connection.goodbyes, 1);
  assert.deepEqual(types(), ["broker.connecting", "subscription.refused", "broker.refused"]);
  await link.close();
});

Deno.test("a link without a subscription that somebody else answers for is online", async () => {
  const { broker, link, open } = fake();
  const connection = new FakeConnection();
  connection.grant = () => [0x8f];
  broker.outcome = () => connection;
  const refusals: Failure[] = [];
  void link.subscribe(subscription("nice to have", { refused: (failure) => refusals.push(failure) }));
  await open();
  assert.equal(link.state.status, "online");
  assert.match(refusals[0]?.message ?? "", /Topic Filter invalid \(0x8f\)/);
  await link.close();
});

Deno.test("a broker that does not acknowledge subscriptions is left, with the reason, and tried again", async () => {
  const { broker, link, open, clock, failure } = fake();
  const silent = new FakeConnection();
  silent.grant = () => undefined;
  broker.outcome = () => silent;
  void link.subscribe(subscription("a"));
  await open();
  await clock.advance(9_999);
  assert.equal(silent.destroyed, 0);
  await clock.advance(1);
  assert.equal(silent.destroyed, 1);
  assert.match(failure().message, /did not acknowledge the subscriptions within 10 s/);
  broker.outcome = () => new FakeConnection();
  await clock.advance(1_000);
  assert.equal(link.state.status, "online");
  await link.close();
});

Deno.test("a link asks again, sooner when something is to be sent, and a connection that held begins anew", async () => {
  const { broker, link, open, clock, events } = fake();
  broker.outcome = () => UNREACHABLE;
  await open();
  const waits = () => events.flatMap((event) => event.type === "broker.lost" ? [event.retryIn] : []);
  await clock.advance(100_000);
  assert.deepEqual([waits().slice(0, 4), waits().at(-1)], [[500, 1_000, 2_000, 2_000], 30_000]);
  broker.outcome = () => new FakeConnection();
  void link.publish({ topic: "t", payload: new Uint8Array(), qos: 0 });
  await clock.advance(2_000);
  assert.equal(link.state.status, "online");
  broker.last.published[0]?.acknowledge();
  await clock.advance(70_000);
  broker.last.lose();
  await clock.advance(0);
  assert.equal(waits().at(-1), 500);
  await link.close();
});

Deno.test("while it is not connected, a link says what the last attempt came to", async () => {
  const { broker, link, open, failure, clock } = fake();
  broker.outcome = () => "silence";
  await open();
  assert.deepEqual(link.state, { status: "connecting", failure: undefined });
  await link.close();

  const unreachable = fake();
  unreachable.broker.outcome = () => UNREACHABLE;
  await unreachable.open();
  assert.equal(unreachable.failure().reason, "broker-unreachable");
  assert.equal(unreachable.failure().message, "The broker mqtt://broker cannot be reached: connect ECONNREFUSED");
  await unreachable.link.close();
  assert.throws(failure);
  assert.equal(clock.timers + unreachable.clock.timers, 0);
});

Deno.test("a login that cannot succeed is refused with the setting to check, and tried again once a minute", async () => {
  const { broker, link, open, failure, clock, types } = fake();
  broker.outcome = () => refusal(0x86);
  await open();
  assert.equal(link.state.status, "refused");
  assert.equal(failure().reason, "login-refused");
  assert.match(
    failure().message,
    /The broker mqtt:\/\/broker refused the login: .*; check the username and the password/,
  );
  assert.deepEqual(types(), ["broker.connecting", "broker.refused"]);
  await clock.advance(59_999);
  assert.equal(broker.requests.length, 1);
  broker.outcome = () => new FakeConnection();
  await clock.advance(1);
  assert.equal(link.state.status, "online");
  await link.close();
});

Deno.test("a link that has to give up drops its connection, fails what it was given, and comes back no more", async () => {
  for (const when of ["online", "waiting for the next attempt"]) {
    const { broker, link, open, clock, events, states } = fake();
    await open();
    const [connection] = broker.connections;
    if (when !== "online") connection?.lose();
    await clock.advance(0);
    const settled: (string | undefined)[] = [];
    const note = (failure?: Failure) => settled.push(failure?.reason);
    void link.publish({ topic: "t", payload: new Uint8Array(), qos: 1 }, note);
    link.refuse(new Failure("login-refused", "There is no room"));
    void link.publish({ topic: "t", payload: new Uint8Array(), qos: 1 }, note);
    await clock.advance(1_000_000);
    assert.deepEqual(settled, ["login-refused", "login-refused"]);
    assert.equal(broker.requests.length, 1);
    assert.deepEqual([connection?.goodbyes, connection?.destroyed], [0, when === "online" ? 1 : 0], when);
    assert.equal(states.at(-1), "refused");
    const last = events.at(-1);
    assert.ok(last?.type === "broker.refused");
    assert.deepEqual([last.cause, last.retryIn], ["There is no room", undefined]);
    await link.close();
    assert.equal(states.at(-1), "closed");
  }
});

Deno.test("a link whose client id is used by another says so", async () => {
  const { broker, link, open, failure, clock } = fake();
  await open();
  broker.last.lose({ reasonCode: 0x8e, cause: "the broker said goodbye: Session taken over (0x8e)" });
  await clock.advance(0);
  assert.match(failure().message, /taken over \(0x8e\); another connection uses the client id "me": .*--client-id$/);
  await link.close();
});

Deno.test("a refusal that may pass is tried again soon", async () => {
  for (const reasonCode of [0x80, 0x83, 0x88, 0x89, 0x97, 0x9f]) {
    const { broker, link, open, clock } = fake();
    broker.outcome = () => refusal(reasonCode);
    await open();
    assert.equal(link.state.status, "connecting");
    await clock.advance(1_000);
    assert.equal(broker.requests.length, 2);
    await link.close();
  }
});

Deno.test("a broker that knows no MQTT 5 is spoken to in 3.1.1 at once", async () => {
  const { broker, link, open, types } = fake();
  broker.outcome = () => broker.requests.at(-1)?.protocolVersion === 5 ? refusal(0x84) : new FakeConnection();
  await open();
  assert.deepEqual(broker.requests.map(({ protocolVersion }) => protocolVersion), [5, 4]);
  assert.ok(link.state.status === "online" && link.state.limits.protocolVersion === 4);
  assert.deepEqual(types(), ["broker.connecting", "broker.connecting", "broker.downgraded", "broker.connected"]);
  await link.close();
});

Deno.test("a broker that closes without a word is spoken to in 3.1.1 after the second time", async () => {
  const { broker, link, open, clock } = fake();
  broker.outcome = () => broker.requests.at(-1)?.protocolVersion === 5 ? SILENCE : new FakeConnection();
  await open();
  await clock.advance(1_000);
  assert.deepEqual(broker.requests.map(({ protocolVersion }) => protocolVersion), [5, 5, 4]);
  await link.close();
});

const FILLED = new TextEncoder().encode("gone");
const WILL = { topic: "w", payload: new Uint8Array(), insteadOfEmpty: FILLED, qos: 1, retain: true } as const;

Deno.test("a will without payload that the broker does not take gets the one that means the same", async () => {
  for (const outcome of [refusal(0x81), refusal(0x82), SILENCE]) {
    for (const protocolVersion of [4, 5] as const) {
      const { broker, link, open } = fake({ protocolVersion, plan: { clientId: "me", will: WILL } });
      broker.outcome = () => broker.requests.at(-1)?.plan.will?.payload.length === 0 ? outcome : new FakeConnection();
      await open();
      assert.deepEqual(broker.requests.map(({ plan }) => plan.will?.payload), [new Uint8Array(), FILLED]);
      assert.ok(link.state.status === "online" && link.state.limits.refusesEmptyWill === true);
      await link.close();
    }
  }
});

Deno.test("a will without payload stays one where that was not the trouble", async () => {
  const { broker, link, open, clock } = fake({ plan: { clientId: "me", will: WILL } });
  broker.outcome = () => broker.requests.at(-1)?.protocolVersion === 5 ? SILENCE : new FakeConnection();
  await open();
  await clock.advance(1_000);
  const { protocolVersion, plan } = broker.requests.at(-1) ?? {};
  assert.deepEqual([protocolVersion, plan?.will?.payload], [4, new Uint8Array()]);
  assert.ok(link.state.status === "online" && link.state.limits.refusesEmptyWill === false);
  await link.close();
});

Deno.test("a will that the connection can do without is left out where the broker does not take its topic", async () => {
  for (const optional of [true, false]) {
    const { broker, link, open } = fake({ plan: { clientId: "me", will: { ...WILL, payload: FILLED, optional } } });
    broker.outcome = () => broker.requests.at(-1)?.plan.will === undefined ? new FakeConnection() : refusal(0x90);
    await open();
    assert.equal(link.state.status, optional ? "online" : "refused");
    await link.close();
  }
});

Deno.test("what needs MQTT 5 asks in 3.1.1 what is wrong, and says that", async () => {
  for (const outcome of [SILENCE, refusal(0x84)]) {
    for (
      const [old, message] of [[undefined, /does not speak MQTT 5/], [0x86, /refused the login/]] as const
    ) {
      const { broker, link, open, clock, failure, types } = fake({ plan: { clientId: "me", protocolVersion: 5 } });
      broker.outcome = () => {
        if (broker.requests.at(-1)?.protocolVersion === 5) return outcome;
        return old === undefined ? new FakeConnection() : refusal(old);
      };
      await open();
      await clock.advance(1_000);
      assert.equal(broker.requests.at(-1)?.protocolVersion, 4);
      assert.equal(link.state.status, "refused");
      assert.match(failure().message, message);
      assert.ok(!types().includes("broker.downgraded"));
      await link.close();
    }
  }
});

Deno.test("after 3.1.1, MQTT 5 is tried again: the broker may have been replaced", async () => {
  const { broker, link, open, clock } = fake();
  broker.outcome = () => broker.requests.at(-1)?.protocolVersion === 5 ? refusal(0x84) : new FakeConnection();
  await open();
  broker.outcome = () => new FakeConnection();
  broker.last.lose();
  await clock.advance(1_000);
  assert.deepEqual(broker.requests.map(({ protocolVersion }) => protocolVersion), [5, 4, 5]);
  await link.close();
});

Deno.test("a broker that cannot be reached is no reason for 3.1.1, and neither is one that wants another version", async () => {
  const unreachable = fake();
  unreachable.broker.outcome = () => UNREACHABLE;
  await unreachable.open();
  await unreachable.clock.advance(100_000);
  assert.ok(unreachable.broker.requests.every(({ protocolVersion }) => protocolVersion === 5));
  await unreachable.link.close();

  for (const protocolVersion of [4, 5] as const) {
    const forced = fake({ protocolVersion });
    forced.broker.outcome = () => refusal(0x84);
    await forced.open();
    await forced.clock.advance(60_000);
    assert.deepEqual(forced.broker.requests.map((request) => request.protocolVersion), [
      protocolVersion,
      protocolVersion,
    ]);
    assert.match(forced.failure().message, /check --mqtt-version/);
    await forced.link.close();
  }
});

Deno.test("a client id that the broker assigns is the client id", async () => {
  const { broker, link, open } = fake();
  broker.outcome = () => new FakeConnection({ assignedClientIdentifier: "assigned" });
  assert.equal(link.clientId, "me");
  await open();
  assert.equal(link.clientId, "assigned");
  await link.close();
});

Deno.test("what was published while the broker was away is sent in order when it is back", async () => {
  const { broker, link, open, clock } = fake();
  await open();
  broker.last.lose();
  const topics = ["a", "b", "c"];
  for (const topic of topics) void link.publish({ topic, payload: new Uint8Array(), qos: 1 });
  await clock.advance(1_000);
  assert.deepEqual(broker.last.topics, topics);
  for (const { acknowledge } of broker.last.published) acknowledge();
  await link.close();
});

Deno.test("closing sends what waits, says goodbye, and leaves neither timer nor watcher behind", async () => {
  const { broker, link, open, states, clock } = fake();
  await open();
  const outcomes: (Failure | undefined)[] = [];
  void link.publish({ topic: "last words", payload: new Uint8Array(), qos: 1 }, (failure) => outcomes.push(failure));
  const closing = link.close();
  await clock.advance(0);
  assert.equal(broker.last.goodbyes, 0);
  broker.last.published[0]?.acknowledge();
  await closing;
  assert.deepEqual([broker.last.goodbyes, outcomes, states.at(-1)], [1, [undefined], "closed"]);
  assert.equal(clock.timers, 0);
  await link.close();
});

Deno.test("whoever counts connections hears of the end of each, once, and by the name of its beginning", async () => {
  const { broker, link, open, events, clock } = fake({
    plan: { clientId: "me and hunter2" },
    broker: { url: "mqtt://broker", keepAlive: 60, redact: (text) => text.replaceAll("hunter2", "[redacted]") },
  });
  await open();
  broker.last.lose();
  await clock.advance(500);
  assert.equal(broker.connections.length, 2);
  broker.outcome = () => refusal(0x87);
  broker.last.lose();
  await clock.advance(60_000);
  broker.outcome = () => new FakeConnection();
  await clock.advance(60_000);
  await link.close();
  const told = events.flatMap((event) => "clientId" in event ? [`${event.type} ${event.clientId}`] : []);
  assert.deepEqual([...new Set(told.map((text) => text.split(" ").slice(1).join(" ")))], ["me and [redacted]"]);
  assert.deepEqual(told.filter((text) => !text.includes("refused")).map((text) => text.split(" ")[0]), [
    "broker.connected",
    "broker.lost",
    "broker.connected",
    "broker.lost",
    "broker.connected",
    "broker.closed",
  ]);
});

Deno.test("a link that is closed before it was online has nothing to take back", async () => {
  const { broker, link, open, types } = fake();
  broker.outcome = () => UNREACHABLE;
  await open();
  await link.close();
  assert.deepEqual(types(), ["broker.connecting", "broker.lost"]);
});

Deno.test("closing waits a second for a broker that does not acknowledge, and tells who waited", async () => {
  const { broker, link, open, clock } = fake();
  await open();
  const outcomes: (string | undefined)[] = [];
  void link.publish({ topic: "a", payload: new Uint8Array(), qos: 1 }, (failure) => outcomes.push(failure?.reason));
  const closing = link.close();
  await clock.advance(1_000);
  await closing;
  assert.deepEqual([broker.last.goodbyes, outcomes], [1, ["broker-unreachable"]]);
  void link.publish({ topic: "b", payload: new Uint8Array(), qos: 1 }, (failure) => outcomes.push(failure?.reason));
  assert.deepEqual(outcomes, ["broker-unreachable", "broker-unreachable"]);
});

Deno.test("a link can be closed in every state", async () => {
  const unopened = fake();
  await within("closing", unopened.link.close());

  const connecting = fake();
  connecting.broker.outcome = () => "silence";
  await connecting.open();
  await within("closing", connecting.link.close());

  const subscribing = fake();
  const silent = new FakeConnection();
  silent.grant = () => undefined;
  subscribing.broker.outcome = () => silent;
  void subscribing.link.subscribe(subscription("a"));
  await subscribing.open();
  await within("closing", subscribing.link.close());
  assert.equal(silent.destroyed, 1);

  const waiting = fake();
  waiting.broker.outcome = () => UNREACHABLE;
  await waiting.open();
  await within("closing", waiting.link.close());

  const refused = fake();
  refused.broker.outcome = () => refusal(0x87);
  await refused.open();
  await within("closing", refused.link.close());

  for (const { clock, link } of [unopened, connecting, subscribing, waiting, refused]) {
    assert.equal(clock.timers, 0);
    assert.equal(link.state.status, "closed");
  }
});

Deno.test("a watcher is told of every change until it has seen enough", async () => {
  const { broker, link, open, clock } = fake();
  const seen: LinkState["status"][] = [];
  const enough = new AbortController();
  link.watch(({ status }) => seen.push(status), enough.signal);
  await open();
  broker.last.lose();
  await clock.advance(0);
  enough.abort();
  await clock.advance(1_000);
  assert.deepEqual(seen, ["online", "connecting"]);
  await link.close();
});

Deno.test("on MQTT 3.1.1 a link that was connected twice leaves no session at the broker", async () => {
  await using broker = await embeddedBroker();
  const clean: boolean[] = [];
  broker.aedes.on("client", (client) => clean.push(client.clean));
  await using link = new BrokerLink({
    broker: { url: broker.url, keepAlive: 60 },
    plan: { clientId: "x" },
    preset: BROKER_PRESETS.standard,
    protocolVersion: 4,
    observe: () => {},
    random: () => 0,
  }).open();
  await new Promise<void>((resolve) => link.watch(({ status }) => status === "online" && resolve()));
  const again = new Promise<void>((resolve) => link.watch(({ status }) => status === "online" && resolve()));
  broker.disconnectAll();
  await again;
  assert.deepEqual(clean, [true, true]);
});

Deno.test("a will that the broker does not take is changed, and the login is tried again at once", async () => {
  const will = { topic: "gone", payload: new Uint8Array(), qos: 1, retain: true } as const;
  const { broker, link, open, types } = fake({ plan: { clientId: "me", will } });
  const wills = () => broker.requests.map(({ plan }) => plan.will && [plan.will.qos, plan.will.retain]);
  broker.outcome = () => {
    const asked = broker.requests.at(-1)?.plan.will;
    return asked?.qos === 1 ? refusal(0x9b) : asked?.retain === true ? refusal(0x9a) : new FakeConnection();
  };
  await open();
  assert.deepEqual(wills(), [[1, true], [0, true], undefined]);
  assert.equal(link.state.status, "online");
  assert.ok(types().includes("warning"));
  await link.close();
});

Deno.test("a QoS or a retained message that is not the will's fault is refused for good", async () => {
  for (const reasonCode of [0x9a, 0x9b]) {
    const { broker, link, open } = fake();
    broker.outcome = () => refusal(reasonCode);
    await open();
    assert.equal(link.state.status, "refused");
    assert.equal(broker.requests.length, 1);
    await link.close();
  }
});

Deno.test("a token in the broker's URL is used, and told to nobody", async () => {
  const { broker, link, open, events, failure, clock } = fake({
    broker: { url: "wss://broker/mqtt?token=hunter2", keepAlive: 60 },
  });
  for (const outcome of [UNREACHABLE, refusal(0x87), new FakeConnection()]) {
    broker.outcome = () => outcome;
    if (broker.requests.length === 0) await open();
    else await clock.advance(60_000);
    if (link.state.status !== "online") {
      assert.match(failure().message, /^The broker wss:\/\/broker\/mqtt (cannot|refused)/);
    }
  }
  assert.equal(link.state.status, "online");
  assert.ok(broker.requests.every(({ broker }) => broker.url.endsWith("?token=hunter2")));
  assert.ok(!JSON.stringify(events).includes("hunter2"));
  await link.close();
});

Deno.test("a subscription that was granted before, and is refused without a reason, is soon asked for again", async () => {
  const { clock, broker, link, states, open } = fake();
  void link.subscribe(subscription("a/#"));
  const first = new FakeConnection();
  broker.outcome = () => first;
  await open();
  const refusing = new FakeConnection();
  refusing.grant = () => Promise.resolve([0x80]);
  broker.outcome = () => refusing;
  await clock.advance(60_000);
  first.lose({ cause: "the node was killed" });
  await clock.advance(0);
  await clock.advance(3_000);
  assert.ok(!states.includes("refused"), states.join());
  broker.outcome = () => new FakeConnection();
  await clock.advance(3_000);
  assert.deepEqual([states[0], states.at(-1)], ["online", "online"]);
  await link.close();
});
