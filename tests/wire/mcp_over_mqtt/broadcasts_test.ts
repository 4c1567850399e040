import assert from "node:assert/strict";
import { Message } from "../../../src/core/message.ts";
import type { ReceivedPacket } from "../../../src/mqtt/mod.ts";
import { Broadcasts } from "../../../src/wire/mcp_over_mqtt/broadcasts.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { notification, request } from "../../support/messages.ts";
import { Client, EchoServer, INITIALIZE } from "../../support/open_convention.ts";
import { eventually } from "../../support/wait.ts";

const updated = (uri: string, meta = "{}") =>
  notification("notifications/resources/updated", `{"uri":${JSON.stringify(uri)},"_meta":${meta}}`);
const toolsChanged = notification("notifications/tools/list_changed");
const ofSubscription = (id: string) => `{"io.modelcontextprotocol/subscriptionId":${id}}`;

function packet({ bytes }: Message, session?: string): ReceivedPacket {
  const properties = session === undefined ? {} : { userProperties: { "mcp-session": session } };
  return { topic: "", payload: bytes, qos: 1, retain: false, properties };
}

/** What a host gets that has said this. */
function broadcasts(...said: Message[]) {
  const clock = new ManualClock();
  const all = new Broadcasts(clock);
  for (const message of said) all.sent(message);
  const wants = (message: Message, session?: string) => all.wants(message, packet(message, session));
  return { clock, all, wants };
}

Deno.test("the host hears of resources that it has subscribed to, and of their parts", () => {
  const { all, wants } = broadcasts(request("1", "resources/subscribe", '{"uri":"file:///a"}'));
  const heard = () => ["file:///a", "file:///a/part", "file:///b"].map((uri) => wants(updated(uri)));
  assert.deepEqual(heard(), [true, true, false]);
  all.sent(request("2", "resources/unsubscribe", '{"uri":"file:///a"}'));
  assert.deepEqual(heard(), [false, false, false]);
});

Deno.test("a host that has subscribed to nothing hears of lists, and of no resource", () => {
  const { wants } = broadcasts(request("1", "resources/subscribe"));
  assert.deepEqual([wants(toolsChanged), wants(updated("file:///a"))], [true, false]);
});

Deno.test("what belongs to a subscription is for the host that has opened it", () => {
  const { all, wants } = broadcasts(request("7", "subscriptions/listen"), request('"x"', "subscriptions/listen"));
  const heard = () => ["7", '"7"', '"x"', "8"].map((id) => wants(updated("test:a", ofSubscription(id))));
  assert.deepEqual(heard(), [true, true, true, false]);
  all.sent(notification("notifications/cancelled", '{"requestId":7}'));
  assert.deepEqual(heard(), [false, false, true, false]);
});

Deno.test("what the server's other sessions say is not for this host", () => {
  const { all, wants } = broadcasts(request("1", "resources/subscribe", '{"uri":"test:a"}'));
  all.received(packet(notification("notifications/message"), "mine"));
  const copies = [toolsChanged, updated("test:a")].flatMap((message) =>
    ["mine", "other", "mine"].map((session) => wants(message, session))
  );
  assert.deepEqual(copies, [true, false, true, true, false, true]);
});

Deno.test("of a server that names no sessions, a copy is dropped; not when it is late, or the host has read meanwhile", async () => {
  const { all, clock, wants } = broadcasts(request("1", "resources/subscribe", '{"uri":"test:a"}'));
  assert.deepEqual([wants(toolsChanged), wants(toolsChanged), wants(updated("test:a"))], [true, false, true]);
  all.sent(request("2", "resources/read"));
  assert.deepEqual([wants(updated("test:a")), wants(updated("test:a"))], [true, false]);
  await clock.advance(100);
  assert.equal(wants(updated("test:a")), true);
});

testOnBrokers("each client of a server hears once of a change that its processes tell one by one", async (broker) => {
  await using server = new EchoServer(broker);
  await using one = new Client(broker, { clientId: () => "one" });
  await using two = new Client(broker, { clientId: () => "two" });
  const sessions = [await one.dial(), await two.dial()];
  for (const session of sessions) {
    void session.send(Message.from(INITIALIZE));
    void session.send(request("2", "resources/subscribe", '{"uri":"test:a"}'));
  }
  await eventually("the answers", () => one.received.length + two.received.length === 4);
  for (const session of server.sessions) {
    void session.send(toolsChanged);
    void session.send(updated("test:a"));
  }
  for (const session of server.sessions) void session.send(notification("notifications/message"));
  const isMessage = ({ method }: Message) => method === "notifications/message";
  await eventually("what comes last", () => [one, two].every(({ received }) => received.some(isMessage)));
  for (const { received } of [one, two]) {
    const methods = received.map(({ method }) => method).filter((method) => method !== undefined);
    assert.deepEqual(methods.toSorted(), [
      "notifications/message",
      "notifications/resources/updated",
      "notifications/tools/list_changed",
    ]);
  }
});
