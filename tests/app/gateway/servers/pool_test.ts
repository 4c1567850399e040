import assert from "node:assert/strict";
import type { McpServer } from "@modelcontextprotocol/server";
import type { FleetServer } from "../../../../src/app/gateway/servers/directory.ts";
import { type PoolConfig, SessionPool } from "../../../../src/app/gateway/servers/pool.ts";
import type { ServerSession } from "../../../../src/app/gateway/servers/server_session.ts";
import { Failure } from "../../../../src/core/failure.ts";
import { orAborted } from "../../../../src/core/waiting.ts";
import { fleetServer, gatewayHost } from "../../../support/gateway.ts";
import { embeddedBroker } from "../../../support/embedded_broker.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { eventually } from "../../../support/wait.ts";

const read = (server: McpServer) => server.registerTool("read", {}, () => ({ content: [] }));

for (const [profile, most] of [["mcp-over-mqtt", 2], ["request-response", 1]] as const) {
  Deno.test(`sessions with six servers take ${most} connections of the gateway at most [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    await using stack = new AsyncDisposableStack();
    for (let number = 1; number <= 6; number++) {
      stack.use(await fleetServer(broker, { name: `room/${number}`, profile, build: read }));
    }
    const open = new Set<string>();
    let highest = 0;
    broker.aedes.on("client", ({ id }) => {
      if (id.startsWith("mcp-gateway-")) open.add(id);
      highest = Math.max(highest, open.size);
    });
    broker.aedes.on("clientDisconnect", ({ id }) => void open.delete(id));
    await using host = await gatewayHost(broker, { options: { mode: "search", maxConnections: 2 } });
    for (let round = 0; round < 2; round++) {
      const many = await host.client.callTool({ name: "call_many", arguments: { names: "#", tool: "read" } });
      assert.equal((many.structuredContent as { failed: number }).failed, 0);
    }
    // One more hears of servers, and one that is about to end may be there still.
    assert.ok(highest <= 2 * most + 1, `${highest} connections`);
    await eventually("what is too much has been closed", () => open.size <= most + 1);
  });
}

Deno.test("a session that nobody uses ends, and is opened again", async () => {
  await using broker = await embeddedBroker();
  let sessions = 0;
  await using _server = await fleetServer(broker, {
    name: "room",
    build: (server) => {
      sessions++;
      read(server);
    },
  });
  await using host = await gatewayHost(broker, { options: { idleTimeout: 50 } });
  const ended = () => host.events.filter(({ type }) => type === "session.ended").length;
  for (let round = 1; round <= 2; round++) {
    await host.client.callTool({ name: "room__read" });
    await eventually("it has ended", () => ended() >= round);
  }
  assert.ok(sessions >= 2);
});

Deno.test("why a session ends is told", async () => {
  const clock = new ManualClock();
  const causes: string[] = [];
  const close = (cause: string) => Promise.resolve(void causes.push(cause));
  const open = () => Promise.resolve({ close } as unknown as ServerSession);
  const online = new Set(["own/a", "own/b", "c", "d"]);
  const directory = { get: (name: string) => online.has(name) ? { name } as FleetServer : undefined };
  const pool = poolOf({ clock, open, directory, idleTimeout: 60_000 });
  const use = (server: string) => pool.use(server, () => Promise.resolve());
  await use("own/a");
  await use("own/b");
  await clock.advance(60_000);
  await use("c");
  online.delete("c");
  pool.gone("c");
  await use("d");
  await pool[Symbol.asyncDispose]();
  assert.deepEqual(causes, [
    "another session needs its connection (--max-connections)",
    "it was not used for 60 s (--idle-timeout)",
    "the server has gone",
    "the gateway has ended",
  ]);
});

Deno.test("a server that never begins a session is given up in the end", async () => {
  const clock = new ManualClock();
  const open = (_: FleetServer, signal: AbortSignal) => orAborted(new Promise<ServerSession>(() => {}), signal);
  await using pool = poolOf({ clock, open });
  const used = assert.rejects(pool.use("mute", () => Promise.resolve()), /has not opened a session within 300 s/);
  await clock.advance(300_000);
  await used;
});

/** A pool of sessions that do nothing. A server whose name begins with "own" takes a connection of its own. */
function poolOf(config: Partial<PoolConfig>): SessionPool {
  return new SessionPool({
    directory: { get: (name) => ({ name }) as FleetServer },
    connections: { takesConnection: ({ name }) => name.startsWith("own") },
    open: () => Promise.resolve({ close: () => Promise.resolve() } as unknown as ServerSession),
    idleTimeout: Infinity,
    maxConnections: 1,
    connectionTimeout: 30_000,
    ...config,
  });
}

Deno.test("who waits for a connection is told in time that there is none, whatever others do without one", async () => {
  const clock = new ManualClock();
  await using pool = poolOf({ clock });
  const work = Promise.withResolvers<void>();
  const busy = pool.use("own/a", () => work.promise);
  let failure: unknown;
  const waiting = pool.use("own/b", () => Promise.resolve()).catch((error) => failure = error);
  for (let second = 0; second < 40; second += 10) {
    await pool.use("shared", () => Promise.resolve());
    await clock.advance(10_000);
  }
  assert.ok(failure instanceof Failure && failure.reason === "too-many-sessions", String(failure));
  work.resolve();
  await Promise.all([busy, waiting]);
});

Deno.test("who waits for a connection gets the one that becomes free", async () => {
  const clock = new ManualClock();
  await using pool = poolOf({ clock });
  const work = Promise.withResolvers<void>();
  const busy = pool.use("own/a", () => work.promise);
  const waiting = pool.use("own/b", () => Promise.resolve("used"));
  await clock.advance(20_000);
  work.resolve();
  assert.equal(await waiting, "used");
  await busy;
});
