import assert from "node:assert/strict";
import { collectWhenIdle } from "../../src/cli/idle_collection.ts";
import { eventually } from "../support/wait.ts";

const MEGABYTE = 1024 * 1024;

Deno.test("a process that has grown is collected once, as soon as it is idle", async () => {
  let [resident, collections, looks] = [50 * MEGABYTE, 0, 0];
  const growing = [50, 100, 150, 200, 200, 200];
  using _watch = collectWhenIdle({
    resident: () => resident = (growing[Math.min(looks++, growing.length - 1)] ?? 0) * MEGABYTE,
    collect: () => {
      assert.equal(resident, 200 * MEGABYTE);
      collections++;
      growing.push(110, 110);
      return Promise.resolve();
    },
  }, 1);
  await eventually("it is collected", () => collections === 1);
  const seen = looks;
  await eventually("it has been looked at again", () => looks > seen + 20);
  assert.equal(collections, 1); // what is left is needed
});

Deno.test("the runtime's own collector is found", async () => {
  const program = `import { collectWhenIdle } from ${
    JSON.stringify(new URL("../../src/cli/idle_collection.ts", import.meta.url).href)
  };
    let kept = Array.from({ length: 64 }, () => new Uint8Array(1 << 20).fill(1));
    const watch = collectWhenIdle(undefined, 50);
    kept.push(...Array.from({ length: 64 }, () => new Uint8Array(1 << 20).fill(1)));
    const before = Deno.memoryUsage().external;
    kept = [];
    const deadline = performance.now() + 10_000;
    while (Deno.memoryUsage().external > before / 2 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    watch[Symbol.dispose]();
    console.log(Deno.memoryUsage().external < before / 2);`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] }).output();
  assert.equal(new TextDecoder().decode(stdout), "true\n");
});
