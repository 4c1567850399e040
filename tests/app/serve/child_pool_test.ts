import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { Failure } from "../../../src/core/failure.ts";
import type { Message } from "../../../src/core/message.ts";
import { ChildPool, type ChildPoolOptions } from "../../../src/app/serve/child_pool.ts";
import { ChildStarts } from "../../../src/app/serve/child_starts.ts";
import { ChildProcess } from "../../../src/stdio/mod.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { isRunning, kill } from "../../support/processes.ts";
import { fixture } from "../../support/proxy.ts";
import { eventually } from "../../support/wait.ts";

const [command = "", ...args] = fixture("child.ts");

function pool(
  way: readonly string[],
  { prewarm = 0, ...options }: Partial<ChildPoolOptions> & { prewarm?: number } = {},
) {
  const events: ProxyEvent[] = [];
  const children = new ChildPool({
    entry: { name: "files", command, args: [...args, ...way], environment: {} },
    options: { passEnv: [], prewarm, maxMessage: 1_000_000 },
    credentials: undefined,
    observe: (event) => events.push(event),
    ...options,
  });
  const pids = () => events.flatMap((event) => event.type === "child.started" ? [event.pid] : []);
  return { children, events, pids };
}

/** A child that starts at once, for a session that nobody ends. */
function take(children: ChildPool, session: string): ChildProcess {
  const child = children.take(session, "client", new Promise(() => {}));
  assert.ok(child instanceof ChildProcess);
  return child;
}

Deno.test("without prewarming a child is started for each session, and belongs to it", async () => {
  await using stack = new AsyncDisposableStack();
  const { children, pids } = pool(["until-eof"]);
  stack.use(children);
  const [one, two] = [stack.use(take(children, "a")), stack.use(take(children, "b"))];
  assert.deepEqual(pids(), [one.pid, two.pid]);
  await children[Symbol.asyncDispose]();
  assert.equal(isRunning(one.pid), true);
});

Deno.test("spare children are ready before they are needed, are replaced when taken, and end with the pool", async () => {
  await using stack = new AsyncDisposableStack();
  const { children, events, pids } = pool(["until-eof"], { prewarm: 2 });
  stack.use(children);
  assert.equal(pids().length, 2);
  const taken = stack.use(take(children, "session"));
  assert.equal(taken.pid, pids()[0]);
  await eventually("it is replaced", () => pids().length === 3);
  await children[Symbol.asyncDispose]();
  const [first = 0, ...spares] = pids();
  assert.equal(isRunning(first), true);
  for (const pid of spares) assert.equal(isRunning(pid), false);
  assert.ok(events.some((event) => event.type === "child.started" && event.session === "files (spare)"));
});

Deno.test("a spare child is replaced after the first answers of the one that was taken", async () => {
  await using stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const { children, pids } = pool(["until-eof"], { prewarm: 1, clock });
  stack.use(children);
  stack.use(take(children, "session"));
  clock.elapse(99);
  assert.equal(pids().length, 1);
  clock.elapse(1);
  assert.equal(pids().length, 2);
});

Deno.test("a spare child that has died is not handed out, and does not keep the pool busy", async () => {
  await using stack = new AsyncDisposableStack();
  const { children, events, pids } = pool(["until-eof"], { prewarm: 1 });
  stack.use(children);
  const [spare = 0] = pids();
  kill(spare);
  await eventually("it is noticed", () => events.some(({ type }) => type === "child.exited"));
  assert.equal(pids().length, 1);
  const taken = stack.use(take(children, "session"));
  assert.notEqual(taken.pid, spare);
});

Deno.test("the log names a child by its session from the moment on when it has one", async () => {
  await using stack = new AsyncDisposableStack();
  const { children, events } = pool(["until-sigterm"], { prewarm: 1 });
  stack.use(children);
  const taken = take(children, "a session");
  const ready = Promise.withResolvers<Message>();
  taken.receive(ready.resolve);
  await ready.promise;
  await taken.close();
  const lines = events.flatMap((event) => event.type === "child.stderr" ? [event] : []);
  assert.deepEqual(lines.map(({ session, line }) => `${session}: ${line}`), ["a session: got SIGTERM"]);
});

Deno.test("noise on stdout is told once for each child", async () => {
  await using stack = new AsyncDisposableStack();
  const { children, events } = pool(["noisy"]);
  stack.use(children);
  for (const session of ["a", "b"]) {
    const child = take(children, session);
    child.receive(() => {});
    await child.closed;
  }
  const skipped = events.flatMap((event) => event.type === "line.skipped" ? [[event.source, event.bytes]] : []);
  assert.deepEqual(skipped, [["a", 22], ["b", 22]]);
});

Deno.test("a program that is not there fails the session that wants it, and only warns when nobody does", async () => {
  const { children, events } = pool([], {
    prewarm: 1,
    entry: { name: "files", command: "no-such-program", args: [], environment: {} },
  });
  assert.deepEqual(events.map(({ type }) => type), ["child.failed"]);
  assert.throws(() => take(children, "a"), (error) => error instanceof Failure && error.reason === "child-not-started");
  await children[Symbol.asyncDispose]();
});

Deno.test("children start one after the other where no more may start at a time, and not for sessions that are over", async () => {
  await using stack = new AsyncDisposableStack();
  const { children, pids } = pool(["until-sigterm"], { starts: new ChildStarts(1) });
  stack.use(children);
  const first = stack.use(take(children, "a"));
  const over = Promise.withResolvers<void>();
  const [second, third] = ["b", "c"].map((name) =>
    children.take(name, name, name === "b" ? over.promise : new Promise(() => {}))
  );
  assert.deepEqual(pids(), [first.pid]);
  over.resolve();
  assert.equal(await second, undefined);
  const ready = Promise.withResolvers<Message>();
  first.receive(ready.resolve); // it has started
  const last = await third;
  assert.ok(last !== undefined);
  stack.use(last);
  assert.deepEqual(pids(), [first.pid, last.pid]);
});

Deno.test("a program that is not there is in nobody's way", async () => {
  const entry = { name: "files", command: "no-such-program", args: [], environment: {} };
  await using children = pool([], { starts: new ChildStarts(1), entry }).children;
  for (const session of ["a", "b"]) assert.throws(() => take(children, session), Failure);
});
