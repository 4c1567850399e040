import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { RivalWatch } from "../../../src/wire/mcp_over_mqtt/rival_watch.ts";
import { Topics } from "../../../src/wire/mcp_over_mqtt/topics.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { LoopLink } from "../../support/loop_link.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { EchoServer, NAME, ONLINE, PRESENCE } from "../../support/open_convention.ts";
import { eventually } from "../../support/wait.ts";

const OURS = "2026-11-28T01:00:00.000Z";
const THEIRS = "2026-11-28T02:00:00.000Z";

testOnBrokers("two servers with one client id name each other", async (broker) => {
  await using one = new EchoServer(broker, { meta: { since: OURS } });
  await using two = new EchoServer(broker, { meta: { since: THEIRS } });
  const warnings = ({ links }: EchoServer) =>
    links.events.flatMap((event) =>
      event.type === "warning" && event.text.includes("another server") ? [event.text] : []
    );
  await eventually("both warnings", () => warnings(one).length > 0 && warnings(two).length > 0, 30_000);
  assert.match(warnings(one)[0] ?? "", new RegExp(`started at ${THEIRS}, has the client id "s1" too.* --client-id$`));
  assert.match(warnings(two)[0] ?? "", new RegExp(`started at ${OURS},`));
});

/** A watch whose server loses so many connections, each after so many ms, and what it then does. */
async function watching(losses: number, lasting: number) {
  const clock = new ManualClock();
  const links: LoopLink[] = [];
  const events: ProxyEvent[] = [];
  const watch = new RivalWatch({
    makeLink: ({ clientId }) => {
      const link = new LoopLink(clientId, () => {});
      links.push(link);
      return link;
    },
    topics: new Topics(),
    server: { serverId: "s1", serverName: NAME },
    since: OURS,
    clientInfo: {},
    observe: (event) => void events.push(event),
    clock,
  });
  const lose = async () => {
    watch.online();
    await clock.advance(lasting);
    watch.lost();
    watch.lost(); // while it tries to connect
  };
  for (let count = 0; count < losses; count++) await lose();
  const presence = (payload: unknown) =>
    links.at(-1)?.deliver({
      topic: PRESENCE,
      payload: new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload)),
      qos: 1,
      retain: true,
      properties: {},
    });
  return { clock, links, events, watch, lose, presence };
}

const since = (since: unknown) => ({ ...ONLINE, params: { description: "", meta: { since } } });

Deno.test("a server whose connections last looks for nobody", async () => {
  assert.equal((await watching(10, 10_000)).links.length, 0);
  assert.equal((await watching(3, 100)).links.length, 0);
});

Deno.test("a server that loses its connection for other reasons names nobody, and stops looking", async () => {
  const { links, events, clock, presence } = await watching(4, 100);
  assert.equal(links.length, 1);
  for (const payload of [since(OURS), since("a long time"), since(undefined), "", "{"]) presence(payload);
  assert.deepEqual(events, []);
  await clock.advance(60_000);
  assert.equal(clock.timers, 0);
});

Deno.test("the same server is named once", async () => {
  const { events, lose, presence, clock } = await watching(4, 100);
  presence(since(THEIRS));
  for (let count = 0; count < 4; count++) await lose();
  presence(since(THEIRS));
  assert.equal(events.length, 1);
  assert.equal(clock.timers, 0);
});
