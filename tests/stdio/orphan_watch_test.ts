import assert from "node:assert/strict";
import { ChildProcess, OrphanWatch } from "../../src/stdio/mod.ts";
import { isRunning } from "../support/processes.ts";

/** The shells that this process has started. */
async function shells(): Promise<string[]> {
  const { stdout } = await new Deno.Command("pgrep", { args: ["-P", String(Deno.pid), "-x", "sh"] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

function startChild(orphans: OrphanWatch): ChildProcess {
  const options = { maxMessage: 1_000, stderr: () => {}, skipped: () => {}, tooLong: () => {} };
  const child = new ChildProcess({
    command: "cat",
    args: [],
    environment: { PATH: "/usr/bin:/bin" },
    orphans,
    ...options,
  });
  child.receive(() => {});
  return child;
}

Deno.test({
  name: "one shell watches over all children, and ends with the watch without touching anybody",
  ignore: Deno.build.os === "windows",
  async fn() {
    const orphans = new OrphanWatch();
    assert.deepEqual(await shells(), []);
    const children = Array.from({ length: 20 }, () => startChild(orphans));
    assert.equal((await shells()).length, 1);
    await Promise.all(children.slice(1).map((child) => child.close()));
    const [shell] = await shells();
    await children[0]?.close();
    await orphans[Symbol.asyncDispose]();
    assert.equal(isRunning(Number(shell)), false);
  },
});

Deno.test({
  name: "nobody watches where a shell may not be started, and no question is asked",
  ignore: Deno.build.os === "windows",
  permissions: { run: ["cat", "pgrep"], env: true },
  async fn() {
    await using orphans = new OrphanWatch();
    const child = startChild(orphans);
    assert.deepEqual(await shells(), []);
    await child.close();
  },
});
