import assert from "node:assert/strict";
import { Failure, type FailureReason } from "../../src/core/failure.ts";
import type { Channel } from "../../src/core/channel.ts";
import {
  AnyProfileDialer,
  type ProfileDialer,
  type ProfileName,
  PROFILES,
  type WireProfile,
} from "../../src/wire/mod.ts";

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
  obstacle(): Failure {
    return new Failure(this.reason, this.reason);
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    return Promise.resolve();
  }
}

const BOTH: readonly WireProfile[] = [PROFILES["request-response"], PROFILES["mcp-over-mqtt"]];

function dialAny(profiles = BOTH) {
  const started: Record<ProfileName, Dialer[]> = { "request-response": [], "mcp-over-mqtt": [] };
  const any = new AnyProfileDialer(profiles, ({ name }) => {
    const dialer = new Dialer();
    started[name].push(dialer);
    return dialer;
  });
  return { any, started };
}

function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  assert.ok(element !== undefined);
  return element;
}

Deno.test("the session is opened in the profile in which a server is found, and the other one is given up", async () => {
  const { any, started } = dialAny();
  const dialled = any.dial(new AbortController().signal);
  const session = new Session();
  at(started["mcp-over-mqtt"], 0).outcome.resolve(session);
  assert.equal(await dialled, session);
  assert.equal(any.timeout("tools/call"), 60_000);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(at(started["request-response"], 0).isDisposed, true);
  assert.equal(at(started["mcp-over-mqtt"], 0).isDisposed, false);

  // After the loss of that session, both are waited for again.
  void any.dial(new AbortController().signal).catch(() => {});
  assert.equal(started["request-response"].length, 2);
  assert.equal(started["mcp-over-mqtt"].length, 1);
});

Deno.test("when both profiles have found a server, one session is closed again", async () => {
  const { any, started } = dialAny();
  const [first, second] = [new Session(), new Session()];
  const dialled = any.dial(new AbortController().signal);
  at(started["request-response"], 0).outcome.resolve(first);
  at(started["mcp-over-mqtt"], 0).outcome.resolve(second);
  assert.equal(await dialled, first);
  assert.equal(any.timeout("tools/call"), Infinity);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([first.isClosed, second.isClosed], [false, true]);
});

Deno.test("one profile that the broker refuses does not keep the other from being found", async () => {
  const { any, started } = dialAny();
  const dialled = any.dial(new AbortController().signal);
  at(started["mcp-over-mqtt"], 0).outcome.reject(new Failure("not-authorized", "no"));
  const session = new Session();
  at(started["request-response"], 0).outcome.resolve(session);
  assert.equal(await dialled, session);
});

Deno.test("when every profile is refused, the reason is told", async () => {
  const { any, started } = dialAny();
  const dialled = any.dial(new AbortController().signal);
  for (const [dialer] of Object.values(started)) dialer?.outcome.reject(new Failure("login-refused", "no"));
  await assert.rejects(dialled, { reason: "login-refused" });
});

Deno.test("the obstacle is that of the profile that has come nearest to a server", () => {
  const { any, started } = dialAny();
  at(started["request-response"], 0).reason = "login-refused";
  at(started["mcp-over-mqtt"], 0).reason = "broker-unreachable";
  assert.equal(any.obstacle().reason, "broker-unreachable");
  at(started["mcp-over-mqtt"], 0).reason = "no-server-online";
  assert.equal(any.obstacle().reason, "no-server-online");
});

Deno.test("before a server is found, requests have the time that the first profile gives them", () => {
  assert.equal(dialAny().any.timeout("tools/call"), Infinity);
  const { any } = dialAny([PROFILES["mcp-over-mqtt"]]);
  assert.equal(any.timeout("initialize"), 30_000);
  assert.equal(any.timeout("ping"), 10_000);
  assert.equal(any.timeout("constructor"), 60_000);
});
