/** Clients that may be gone, seen from the server. @module */
import assert from "node:assert/strict";
import type { Failure } from "../../../src/core/failure.ts";
import { Message } from "../../../src/core/message.ts";
import type { ReceivedPacket } from "../../../src/mqtt/mod.ts";
import { ServerSession } from "../../../src/wire/mcp_over_mqtt/server_session.ts";
import { Topics } from "../../../src/wire/mcp_over_mqtt/topics.ts";
import { idleTurns, ManualClock } from "../../support/manual_clock.ts";
import { gist, notification, request, response } from "../../support/messages.ts";
import { ScriptedLink } from "../../support/scripted_link.ts";
import { SERVER_OPTIONS } from "../../support/wire_options.ts";

const packet = ({ bytes: payload }: Message): ReceivedPacket => ({
  topic: "$mcp-rpc/c1/s1/demo",
  payload,
  qos: 1,
  retain: false,
  properties: {},
});

async function openSession() {
  const link = new ScriptedLink("s1");
  const clock = new ManualClock();
  const session = new ServerSession({
    link,
    topics: new Topics("$"),
    server: { serverId: "s1", serverName: "demo" },
    clientId: "c1",
    options: { ...SERVER_OPTIONS, serverName: "demo", clientId: "s1", opened: () => {} },
    leftBehind: () => {},
    clock,
  });
  const received: string[] = [];
  session.receive((message) => void received.push(gist(message)));
  await idleTurns();
  session.deliver(packet(request("1")));
  const pings = () =>
    link.published.map(({ payload }) => new Message(payload)).filter(({ method }) => method === "ping");
  let ended: Failure | undefined;
  void session.closed.then((failure) => ended = failure);
  return { link, clock, session, received, pings, ended: () => ended };
}

Deno.test("a client that may be gone is asked by a ping, and has left when it says nothing", async () => {
  const { clock, session, pings, ended } = await openSession();
  session.doubt();
  session.doubt();
  assert.equal(new Set(pings().map(({ id }) => id)).size, 1);
  await clock.advance(9_999);
  assert.equal(ended(), undefined);
  await clock.advance(1);
  assert.equal(ended()?.reason, "session-ended");
  assert.equal(clock.timers, 0);
});

Deno.test("a client that answers the ping, or says anything else, is there; the server does not see the answer", async () => {
  for (const answers of [true, false]) {
    const { clock, session, received, pings, ended } = await openSession();
    session.doubt();
    const [ping] = pings();
    const said = answers ? response(ping?.id ?? "") : notification("notifications/x");
    session.deliver(packet(said));
    await clock.advance(20_000);
    assert.equal(ended(), undefined);
    assert.deepEqual(received.slice(1), answers ? [] : [gist(said)]);
    await session.close();
  }
});
