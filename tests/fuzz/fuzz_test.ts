import { fuzz } from "./target.ts";
import { TARGETS } from "./targets/mod.ts";

// The same cases on every run; `deno task fuzz` runs others, and a million of them.
for (const target of TARGETS) {
  Deno.test({
    name: `nothing that is fed to ${target.name} crashes it, hangs it or fills the memory`,
    fn: () => fuzz(target, { cases: 3_000, seed: 1 }),
  });
}
