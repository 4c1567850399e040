import assert from "node:assert/strict";

interface Cost {
  readonly what: string;
  readonly bytes: number;
  readonly items?: number;
  readonly ours: number;
  readonly parse?: number;
}

/** How much slower than it is alone something may seem to be, beside everything else that runs here. */
const NOISE = 3;

/** Reading one byte may take this long, in ms: 200 MB a second is more than any network brings. */
const PER_BYTE = 1 / 200_000;

/** And one line, or one property, this long, in ms. */
const PER_ITEM = 1 / 1_000;

Deno.test("reading takes time linear in the bytes, whatever strangers send, and less than parsing", async () => {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("cost.ts", import.meta.url).pathname, "--json"],
  }).output();
  assert.ok(success);
  const costs: Cost[] = JSON.parse(new TextDecoder().decode(stdout));
  assert.ok(costs.length > 15);
  for (const { what, bytes, items = 0, ours, parse } of costs) {
    const limit = Math.max(parse ?? 0, bytes * PER_BYTE + items * PER_ITEM) * NOISE;
    assert.ok(ours <= limit, `${what}: ${ours} ms for ${bytes} bytes, of which JSON.parse takes ${parse} ms`);
  }
});
