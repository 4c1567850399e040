import assert from "node:assert/strict";
import type { Channel } from "../../../src/core/channel.ts";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { Failure } from "../../../src/core/failure.ts";
import type { Message } from "../../../src/core/message.ts";
import { SessionSupervisor } from "../../../src/app/serve/session_supervisor.ts";
import { ClientProcesses } from "../../../src/app/serve/client_processes.ts";
import { SessionSlots } from "../../../src/app/serve/session_slots.ts";
import type { IncomingSession } from "../../../src/wire/mod.ts";
import { idleTurns } from "../../support/manual_clock.ts";
import { MemoryChannel } from "../../support/memory_channel.ts";
import { gist, request, response } from "../../support/messages.ts";

/** A session as a profile would give it, and its client's end. */
function incoming(name: string) {
  const [session, client] = MemoryChannel.pair();
  const received: Message[] = [];
  client.receive((message) => void received.push(message));
  return { session: Object.assign(session, { name }) as IncomingSession, client, received };
}

interface HostOptions {
  readonly maximum?: number;
  readonly perClient?: number;
  readonly start?: (session: string) => Channel | Promise<Channel | undefined>;
}

function hosts({ maximum = 2, perClient = 100, start }: HostOptions = {}) {
  const events: ProxyEvent[] = [];
  const children: { name: string; peer: MemoryChannel }[] = [];
  const slots = new SessionSlots(maximum);
  const host = new SessionSupervisor({
    server: "files",
    slots,
    clients: new ClientProcesses(perClient, maximum),
    options: { maxPending: 100, restart: "always", idleTimeout: Infinity, endTimeout: 15_000 },
    meter: undefined,
    start: start ?? ((name) => {
      const [child, peer] = MemoryChannel.pair();
      peer.receive((message) => {
        if (message.method === "ping") void peer.send(response(message.id ?? ""));
      });
      children.push({ name, peer });
      return child;
    }),
    observe: (event) => events.push(event),
  });
  return { host, slots, events, children };
}

Deno.test("every session has a server of its own, and what is said in one is not heard in another", async () => {
  const { host, children, events } = hosts();
  const [one, two] = [incoming("a/1"), incoming("b/2")];
  for (const { session } of [one, two]) host.accept(session, "request-response");
  void one.client.send(request("1", "ping"));
  assert.deepEqual([one.received.map(gist), two.received.map(gist)], [["result 1"], []]);
  assert.deepEqual(children.map(({ name }) => name), ["files/a/1", "files/b/2"]);
  for (const { client } of [one, two]) await client.close();
  await host[Symbol.asyncDispose]();
  assert.deepEqual(events.map(({ type }) => type).toSorted(), [
    "session.ended",
    "session.ended",
    "session.opened",
    "session.opened",
  ]);
});

Deno.test("when a client leaves its server is ended, when a server ends its client is told, with what it waits for", async () => {
  const { host, children, events } = hosts();
  const leaving = incoming("leaving");
  host.accept(leaving.session, "request-response");
  await leaving.client.close();
  assert.equal(await children[0]?.peer.closed, undefined);

  const staying = incoming("staying");
  host.accept(staying.session, "request-response");
  void staying.client.send(request("7"));
  const failure = new Failure("child-exited", "The server process exited with code 3");
  await children[1]?.peer.close(failure);
  assert.equal(await staying.client.closed, failure);
  assert.deepEqual(staying.received.map(gist), ["error 7 child-exited"]);
  await host[Symbol.asyncDispose]();
  const causes = events.flatMap((event) => event.type === "session.ended" ? [event.cause] : []);
  assert.deepEqual(causes, ["the client has left", "The server process exited with code 3"]);
});

Deno.test("a session beyond the limit is refused, in all hosts together, until another one has ended", async () => {
  const { host, slots, events } = hosts({ maximum: 1 });
  const [first, second, third] = [incoming("first"), incoming("second"), incoming("third")];
  host.accept(first.session, "request-response");
  host.accept(second.session, "request-response");
  const refusal = await second.client.closed;
  assert.equal(refusal?.reason, "too-many-sessions");
  assert.deepEqual(refusal?.details, { maximum: 1 });
  assert.ok(events.some(({ type }) => type === "session.refused"));
  assert.equal(slots.unavailableReason, refusal);
  await first.client.close();
  await idleTurns();
  host.accept(third.session, "request-response");
  void third.client.send(request("1", "ping"));
  assert.deepEqual(third.received.map(gist), ["result 1"]);
  await third.client.close();
  await host[Symbol.asyncDispose]();
  assert.equal(slots.unavailableReason, undefined);
});

Deno.test("a server that cannot be started is a refusal, and takes no slot", async () => {
  const reasons = [new Failure("child-not-started", "no such program"), new Error("something else")];
  const { host, slots } = hosts({
    maximum: 1,
    start: () => {
      throw reasons.shift();
    },
  });
  for (const text of [/no such program/, /something else/]) {
    const { session, client } = incoming("x");
    host.accept(session, "request-response");
    const failure = await client.closed;
    assert.equal(failure?.reason, "child-not-started");
    assert.match(failure?.message ?? "", text);
    await idleTurns();
  }
  assert.equal(slots.unavailableReason, undefined);
});

Deno.test("a session whose server has to wait for its turn is told when nothing is taken any more", async () => {
  const turn = Promise.withResolvers<Channel>();
  const { host, events } = hosts({ start: () => turn.promise });
  const { session, client } = incoming("x");
  host.accept(session, "request-response");
  const reason = new Failure("server-shutting-down", "The server is shutting down");
  await host.drain(reason, 1_000);
  assert.equal(await client.closed, reason);
  const [child, peer] = MemoryChannel.pair();
  turn.resolve(child);
  await peer.closed;
  await host[Symbol.asyncDispose]();
  assert.deepEqual(events.map(({ type }) => type), ["session.refused"]);
});

Deno.test("disposing waits until the last server has ended", async () => {
  const end = Promise.withResolvers<void>();
  const { host } = hosts({
    start: () => {
      const [child] = MemoryChannel.pair();
      const close = child.close.bind(child);
      child.close = async (reason) => {
        await end.promise;
        await close(reason);
      };
      return child;
    },
  });
  const { session, client } = incoming("x");
  host.accept(session, "request-response");
  await client.close();
  let disposed = false;
  const disposing = host[Symbol.asyncDispose]().then(() => disposed = true);
  await idleTurns();
  assert.equal(disposed, false);
  end.resolve();
  await disposing;
});

/** A session of a client, and a child whose end the test decides. */
function stubborn() {
  const ends: (() => void)[] = [];
  const start = () => {
    const [child] = MemoryChannel.pair();
    const end = Promise.withResolvers<undefined>();
    ends.push(() => end.resolve(undefined));
    return Object.assign(child, { close: () => end.promise.then(() => {}) });
  };
  return { start, ends };
}

function sessionOf(client: string, name: string) {
  const { session, ...rest } = incoming(name);
  return { session: Object.assign(session, { client }), ...rest };
}

Deno.test("a client that opens one session after the other has two processes at most, and nobody else suffers", async () => {
  const { start, ends } = stubborn();
  const { host } = hosts({ maximum: 4, start });
  for (let number = 0; number < 100; number++) {
    const { session, client } = sessionOf("attacker", `attacker/${number}`);
    host.accept(session, "request-response");
    await client.close();
  }
  const last = sessionOf("attacker", "attacker/last");
  host.accept(last.session, "request-response");
  await idleTurns();
  assert.equal(ends.length, 2);
  const honest = sessionOf("honest", "honest/1");
  host.accept(honest.session, "request-response");
  await idleTurns();
  assert.deepEqual([ends.length, honest.received], [3, []]); // no slot is taken by a session that has ended
  ends[0]?.();
  await idleTurns();
  assert.equal(ends.length, 4); // the newest session of the client, and none of those between
  for (const { client } of [last, honest]) await client.close();
  for (const end of ends) end();
  await host[Symbol.asyncDispose]();
});

Deno.test("one client has no more sessions than it may have", async () => {
  const { host, events } = hosts({ maximum: 10, perClient: 2 });
  const sessions = ["a", "a", "a", "b", undefined, undefined, undefined].map((client, index) => {
    const { session, ...rest } = incoming(`${client}/${index}`);
    const one = { session: client === undefined ? session : Object.assign(session, { client }), ...rest };
    host.accept(one.session, "request-response");
    return one;
  });
  await idleTurns();
  const refused = events.filter((event) => event.type === "session.refused");
  assert.deepEqual(refused.map(({ session }) => session), ["a/2", "undefined/6"]);
  assert.match(refused[0]?.cause ?? "", /--max-sessions-per-client/);
  for (const { client } of sessions) await client.close();
  await host[Symbol.asyncDispose]();
});
