import assert from "node:assert/strict";
import { Failure, type FailureReason } from "../../src/core/failure.ts";
import type { Channel } from "../../src/core/channel.ts";
import { type ProfileDialer, PROFILES, RacingDialer } from "../../src/wire/mod.ts";
import { idleTurns, ManualClock } from "../support/manual_clock.ts";

/** A session that knows whether it was closed. */
class Session implements Channel {
  isClosed = false;
  readonly closed = new Promise<undefined>(() => {});
  receive(): void {}
  send(): void {}
  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A dialer that gives a session, or an error, when it is told to. */
class Dialer implements ProfileDialer {
  readonly outcome = Promise.withResolvers<Channel>();
  reason: FailureReason = "no-server-online";
  isDisposed = false;

  dial(signal: AbortSignal): Promise<Channel> {
    signal.addEventListener("abort", () => this.outcome.reject(signal.reason), { once: true });
    return this.outcome.promise;
  }
  unavailableReason(): Failure {
    return new Failure(this.reason, this.reason);
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    return Promise.resolve();
  }
}

function dialAny(profiles = PROFILES) {
  const started = { "request-response": [] as Dialer[], "mcp-over-mqtt": [] as Dialer[] };
  const clock = new ManualClock();
  const any = new RacingDialer(profiles, ({ name }) => {
    const dialer = new Dialer();
    started[name as keyof typeof started].push(dialer);
    return dialer;
  }, clock);
  /** Dials, and waits until every profile has begun. */
  const dial = async () => {
    const session = any.dial(new AbortController().signal);
    session.catch(() => {}); // whoever waits for it will see it
    await clock.advance(300);
    return { session };
  };
  return { any, started, clock, dial };
}

function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  assert.ok(element !== undefined);
  return element;
}

Deno.test("a server that is found by the first profile costs no second connection", async () => {
  const { any, started, clock } = dialAny();
  const dialled = any.dial(new AbortController().signal);
  const session = new Session();
  await clock.advance(299);
  at(started["request-response"], 0).outcome.resolve(session);
  assert.equal(await dialled, session);
  await clock.advance(1_000);
  assert.equal(started["mcp-over-mqtt"].length, 0);
  assert.equal(clock.timers, 0);
});

Deno.test("the session is opened in the profile in which a server is found, and the other one is given up", async () => {
  const { started, dial } = dialAny();
  const { session: dialled } = await dial();
  const session = new Session();
  at(started["mcp-over-mqtt"], 0).outcome.resolve(session);
  assert.equal(await dialled, session);
  await idleTurns();
  assert.equal(at(started["request-response"], 0).isDisposed, true);
  assert.equal(at(started["mcp-over-mqtt"], 0).isDisposed, false);

  // After the loss of that session, both are waited for again.
  await dial();
  assert.equal(started["request-response"].length, 2);
  assert.equal(started["mcp-over-mqtt"].length, 1);
});

Deno.test("when both profiles have found a server, one session is closed again", async () => {
  const { started, dial } = dialAny();
  const [first, second] = [new Session(), new Session()];
  const { session: dialled } = await dial();
  at(started["request-response"], 0).outcome.resolve(first);
  at(started["mcp-over-mqtt"], 0).outcome.resolve(second);
  assert.equal(await dialled, first);
  await idleTurns();
  assert.deepEqual([first.isClosed, second.isClosed], [false, true]);
});

Deno.test("when the first profile is refused, the others begin at once", async () => {
  const { any, started } = dialAny();
  const dialled = any.dial(new AbortController().signal);
  at(started["request-response"], 0).outcome.reject(new Failure("not-authorized", "no"));
  await idleTurns();
  const session = new Session();
  at(started["mcp-over-mqtt"], 0).outcome.resolve(session);
  assert.equal(await dialled, session);
});

Deno.test("one profile that the broker refuses does not keep the other from being found", async () => {
  const { started, dial } = dialAny();
  const { session: dialled } = await dial();
  at(started["mcp-over-mqtt"], 0).outcome.reject(new Failure("not-authorized", "no"));
  const session = new Session();
  at(started["request-response"], 0).outcome.resolve(session);
  assert.equal(await dialled, session);
});

Deno.test("when every profile is refused, the reason is told", async () => {
  const { started, dial } = dialAny();
  const { session: dialled } = await dial();
  for (const [dialer] of Object.values(started)) dialer?.outcome.reject(new Failure("login-refused", "no"));
  await assert.rejects(dialled, { reason: "login-refused" });
});

Deno.test("the unavailableReason is that of the first profile", async () => {
  const { any, started, dial } = dialAny();
  await dial();
  at(started["request-response"], 0).reason = "no-server-online";
  at(started["mcp-over-mqtt"], 0).reason = "not-authorized";
  assert.equal(any.unavailableReason().reason, "no-server-online");
});
