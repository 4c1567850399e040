import assert from "node:assert/strict";
import { RestartPolicy } from "../../../src/app/serve/restart_policy.ts";
import type { RestartPolicyName } from "../../../src/config/mod.ts";
import { STABLE_AFTER } from "../../../src/core/backoff.ts";
import { Failure } from "../../../src/core/failure.ts";

const CRASH = new Failure("child-exited", "The server process exited with code 3", { exitCode: 3 });
const CLEAN = new Failure("child-exited", "The server process exited with code 0", { exitCode: 0 });
const KILLED = new Failure("child-exited", "The server process was killed", { signal: "SIGKILL" });

const policy = (name: RestartPolicyName = "always") => new RestartPolicy(name, () => 1);

const MAY_FOLLOW: Readonly<Record<RestartPolicyName, readonly [crash: boolean, clean: boolean, killed: boolean]>> = {
  "always": [true, true, true],
  "on-failure": [true, false, true],
  "never": [false, false, false],
};

const RESTART_POLICIES = Object.keys(MAY_FOLLOW) as RestartPolicyName[];

for (const name of RESTART_POLICIES) {
  Deno.test(`--restart ${name}: which exits another process may follow`, () => {
    const outcomes = [CRASH, CLEAN, KILLED].map((failure) => {
      const restart = policy(name);
      restart.exited(failure, STABLE_AFTER);
      return restart.unavailableReason === undefined;
    });
    assert.deepEqual(outcomes, MAY_FOLLOW[name]);
  });
}

Deno.test("before anything has exited, nothing stands in the way of a start", () => {
  for (const name of RESTART_POLICIES) {
    const restart = policy(name);
    assert.deepEqual([restart.unavailableReason, restart.delay], [undefined, 0]);
  }
});

Deno.test("the reason says how the process exited and which flag keeps it so, and stays the first one", () => {
  const restart = policy("never");
  restart.exited(CRASH, 0);
  restart.exited(CLEAN, 0);
  restart.ended();
  assert.equal(restart.unavailableReason?.reason, "child-exited");
  assert.equal(restart.unavailableReason?.message, `${CRASH.message}; it is not started again (--restart never)`);
  assert.deepEqual(restart.unavailableReason?.details, { exitCode: 3 });
});

Deno.test("processes that exit right after their start are started ever more slowly, up to a minute", () => {
  const restart = policy();
  const delays = Array.from({ length: 9 }, () => {
    restart.exited(CRASH, STABLE_AFTER - 1);
    return restart.delay;
  });
  assert.deepEqual(delays, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

Deno.test("the delay is spread over its upper half", () => {
  const restart = new RestartPolicy("always", () => 0);
  restart.exited(CRASH, 0);
  assert.equal(restart.delay, 250);
});

Deno.test("a process that ran for some time, or whose session ended it, is no reason to be slow", () => {
  for (
    const good of [
      (restart: RestartPolicy) => restart.exited(CRASH, STABLE_AFTER),
      (restart: RestartPolicy) => restart.ended(),
    ]
  ) {
    const restart = policy();
    for (let exit = 0; exit < 5; exit++) restart.exited(CRASH, 0);
    good(restart);
    assert.equal(restart.delay, 0);
    restart.exited(CRASH, 0);
    assert.equal(restart.delay, 500);
  }
});
