import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { Failure } from "../../../src/core/failure.ts";
import { ServerPresence } from "../../../src/wire/mcp_over_mqtt/server_presence.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { ScriptedLink } from "../../support/scripted_link.ts";

const ONLINE = { serverName: "demo", description: "", meta: {} };

function presence() {
  const clock = new ManualClock();
  const link = new ScriptedLink("s1");
  const events: ProxyEvent[] = [];
  let online = false;
  const presence = new ServerPresence({
    link,
    topic: "$mcp-server/presence/s1/demo",
    control: "$mcp-server/s1/demo",
    observe: (event) => events.push(event),
    clock,
  });
  const announce = () => presence.announce(ONLINE, () => online = true);
  const warnings = () => events.flatMap((event) => event.type === "warning" ? [event.text] : []);
  return { clock, link, presence, announce, warnings, online: () => online };
}

Deno.test("a server is online when the broker has its presence, and brings it a message of its own", async () => {
  const { clock, link, presence: server, announce, online, warnings } = presence();
  announce();
  await clock.advance(0);
  assert.deepEqual([online(), link.published.map(({ topic }) => topic)], [
    false,
    ["$mcp-server/presence/s1/demo", "$mcp-server/s1/demo"],
  ]);
  server.delivered();
  await clock.advance(10_000);
  assert.deepEqual([online(), warnings(), clock.timers], [true, [], 0]);
});

Deno.test("where messages on such topics vanish, the log says what to set; and a late one is early enough", async () => {
  const { clock, presence: server, announce, online, warnings } = presence();
  announce();
  await clock.advance(5_000);
  assert.equal(online(), false);
  assert.match(warnings().join(), /takes messages to "\$mcp-server\/s1\/demo", but does not deliver.*--topic-prefix/);
  server.delivered();
  await clock.advance(0);
  assert.equal(online(), true);
});

Deno.test("a server that may not publish where it listens is online all the same", async () => {
  const { clock, link, announce, online } = presence();
  link.outcome = ({ retain }) => retain ? undefined : new Failure("not-authorized", "No");
  announce();
  await clock.advance(0);
  assert.deepEqual([online(), clock.timers], [true, 0]);
});

Deno.test("a lost connection ends the wait, and the next one has its own", async () => {
  const { clock, presence: server, announce, online, warnings } = presence();
  announce();
  server.connectionLost();
  server.delivered();
  await clock.advance(10_000);
  assert.deepEqual([online(), warnings(), clock.timers], [false, [], 0]);
  announce();
  server.delivered();
  await clock.advance(0);
  assert.equal(online(), true);
});
