import assert from "node:assert/strict";
import { ToolListWatch } from "../../../src/app/serve/tool_list_watch.ts";
import { toolsDigest } from "../../../src/app/tools_digest.ts";
import { Message } from "../../../src/core/message.ts";
import type { IncomingSession } from "../../../src/wire/mod.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { MemoryChannel } from "../../support/memory_channel.ts";
import { notification, request, response } from "../../support/messages.ts";
import { eventually } from "../../support/wait.ts";

const [A, B, C] = ["a", "b", "c"].map((name) => ({ name, inputSchema: { type: "object" } }));
const CHANGED = notification("notifications/tools/list_changed");

/** A server with watched sessions, and what is told of its list. */
function watched() {
  const clock = new ManualClock();
  const all: (string | undefined)[] = [];
  const watch = new ToolListWatch((digest) => all.push(digest), clock);
  const lists: ((id: number, page: unknown, cursor?: unknown) => void)[] = [];
  const markers = new Set<string | undefined>();
  const told = () => all.filter((digest) => !markers.has(digest));
  const session = () => {
    const [inner, client] = MemoryChannel.pair();
    const place = { name: "c1/1", client: "c1", hasWill: true, doubt: () => {} };
    const channel = watch.watch(Object.assign(inner, place) as IncomingSession);
    const [toServer, toClient]: [Message[], Message[]] = [[], []];
    channel.receive((message) => void toServer.push(message));
    client.receive((message) => void toClient.push(message));
    const list = (id: number, page: unknown, cursor?: unknown) => {
      void client.send(request(String(id), "tools/list", JSON.stringify(cursor === undefined ? {} : { cursor })));
      void channel.send(response(String(id), JSON.stringify(page)));
    };
    lists.push(list);
    return { channel, client, list, toServer, toClient };
  };
  return {
    clock,
    told,
    watch,
    session,
    /** Resolves when this has been told. */
    tells: (...digests: (string | undefined)[]) =>
      eventually("it is told", async () => {
        await clock.advance(0);
        return JSON.stringify(told()) === JSON.stringify(digests);
      }),
    /** Lets everything be read that is there to be read, by a list behind it. */
    async settled() {
      for (const list of lists) {
        const tools = [{ name: `marker ${markers.size}` }];
        const marker = await toolsDigest(tools);
        markers.add(marker);
        list(99, { tools });
        await eventually("everything is read", async () => {
          await clock.advance(1_000);
          return all.at(-1) === marker;
        });
      }
      await clock.advance(1_000);
    },
  };
}

Deno.test("the digest of a list that passes is told, and once", async () => {
  const { session, settled, tells } = watched();
  const { list } = session();
  list(1, { tools: [A, B] });
  list(2, { tools: [B, A] });
  session().list(1, { tools: [A, B] });
  await settled();
  await tells(await toolsDigest([A, B]));
});

Deno.test("pages make one list when they follow each other", async () => {
  const { session, tells } = watched();
  const { list } = session();
  list(1, { tools: [A], nextCursor: "2" });
  list(2, { tools: [B], nextCursor: "3" }, "2");
  list(3, { tools: [C] }, "3");
  await tells(await toolsDigest([A, B, C]));
});

const INCOMPLETE: readonly [
  what: string,
  ask: (list: ReturnType<ReturnType<typeof watched>["session"]>["list"]) => void,
][] = [
  ["the first page alone", (list) => list(1, { tools: [A], nextCursor: "2" })],
  ["a page alone", (list) => list(1, { tools: [A] }, "2")],
  ["a page that was left out", (list) => {
    list(1, { tools: [A], nextCursor: "2" });
    list(2, { tools: [C] }, "3");
  }],
  ["the same page twice", (list) => {
    list(1, { tools: [A], nextCursor: "2" });
    list(2, { tools: [B], nextCursor: "3" }, "2");
    list(3, { tools: [B], nextCursor: "3" }, "2");
    list(4, { tools: [C] }, "3");
  }],
  ["an answer that is no list", (list) => list(1, { tools: "none" })],
  ["an answer without a result", (list) => list(1, null)],
  ["a list of more than a MiB", (list) => list(1, { tools: [{ name: "x".repeat(1024 * 1024) }] })],
  ["pages of more than a MiB", (list) => {
    for (const page of [0, 1, 2]) {
      const cursor = page === 0 ? undefined : String(page);
      const more = page === 2 ? {} : { nextCursor: String(page + 1) };
      list(page, { tools: [{ name: "x".repeat(400_000) }], ...more }, cursor);
    }
  }],
];

for (const [what, ask] of INCOMPLETE) {
  Deno.test(`${what} tells nothing`, async () => {
    const { session, settled, told } = watched();
    ask(session().list);
    await settled();
    assert.deepEqual(told(), []);
  });
}

Deno.test("after list_changed no digest is told, until a list passes that was asked for later", async () => {
  const { clock, session, settled, tells } = watched();
  const { channel, client, list } = session();
  list(1, { tools: [A] });
  const [first, second] = [await toolsDigest([A]), await toolsDigest([A, B])];
  await tells(first);
  await clock.advance(1_000);
  void client.send(request("2", "tools/list"));
  void channel.send(response("2", JSON.stringify({ tools: [A, C] })));
  void channel.send(CHANGED); // before that list was read
  await settled();
  await tells(first, undefined);
  list(3, { tools: [A, B] });
  await tells(first, undefined, second);
});

Deno.test("a change in the middle of the pages makes them worth nothing", async () => {
  const { session, settled, told } = watched();
  const { channel, list } = session();
  list(1, { tools: [A], nextCursor: "2" });
  void channel.send(CHANGED);
  list(2, { tools: [B] }, "2");
  await settled();
  assert.deepEqual(told(), []);
});

Deno.test("a batch in which the list has changed counts as well", async () => {
  const { clock, session, tells } = watched();
  const { channel, list } = session();
  list(1, { tools: [A] });
  const digest = await toolsDigest([A]);
  await tells(digest);
  void channel.send(Message.from([{ jsonrpc: "2.0", method: "notifications/tools/list_changed" }]));
  await clock.advance(1_000);
  await tells(digest, undefined);
});

Deno.test("however often the list changes, it is told once a second, and what holds then", async () => {
  const { clock, session, told, tells } = watched();
  const { channel, list } = session();
  list(1, { tools: [A] });
  const digest = await toolsDigest([A]);
  await tells(digest);
  for (let change = 0; change < 100; change++) void channel.send(CHANGED);
  assert.deepEqual(told(), [digest]);
  await clock.advance(1_000);
  assert.deepEqual(told(), [digest, undefined]);
  list(3, { tools: [A] });
  void channel.send(CHANGED);
  await clock.advance(5_000);
  assert.deepEqual(told(), [digest, undefined]);
  assert.equal(clock.timers, 0);
});

Deno.test("messages go through as they are, whoever looks on", async () => {
  const { session, settled } = watched();
  const { channel, client, toServer, toClient } = session();
  const sent = [
    request("1", "tools/list"),
    request("2", "x"),
    notification("y"),
    Message.from("[]"),
    Message.from("{"),
  ];
  const answered = [response("1"), response("9"), CHANGED, Message.from("[]")];
  for (const message of sent) void client.send(message);
  for (const message of answered) void channel.send(message);
  assert.deepEqual([...toServer], sent);
  assert.deepEqual([...toClient], answered);
  assert.deepEqual([channel.name, channel.client, channel.hasWill], ["c1/1", "c1", true]);
  await settled();
});

Deno.test("after its end nothing is told, and no timer is left", async () => {
  const { clock, session, told, tells, watch } = watched();
  const { channel, list } = session();
  list(1, { tools: [A] });
  await tells(await toolsDigest([A]));
  watch[Symbol.dispose]();
  void channel.send(CHANGED);
  await clock.advance(5_000);
  assert.equal(told().length, 1);
  assert.equal(clock.timers, 0);
});
