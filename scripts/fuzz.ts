/**
 * Random input for everything that reads outside bytes:
 * `deno task fuzz [--target NAME...] [--cases COUNT] [--seed NUMBER]`.
 *
 * A target runs in a worker, so that a case that hangs is noticed.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { TARGETS } from "../tests/fuzz/targets/mod.ts";
import { print } from "./support/print.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    target: { type: "string", multiple: true, default: TARGETS.map(({ name }) => name) },
    cases: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
  },
});

/** A worker that says nothing for this long hangs, in ms. */
const SILENCE_LIMIT = 120_000;

let failed = 0;
for (const name of values.target) {
  const started = performance.now();
  const problem = await run(name);
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  print(`${problem === undefined ? "ok    " : "FAILED"} ${name.padEnd(14)} ${seconds} s  ${problem ?? ""}`);
  if (problem !== undefined) failed++;
}
print(`${values.target.length - failed} passed, ${failed} failed (seed ${values.seed}, ${values.cases} cases each)`);
Deno.exit(failed === 0 ? 0 : 1);

/** Runs a target. Resolves with what went wrong, if something did. */
function run(name: string): Promise<string | undefined> {
  const worker = new Worker(new URL("./support/fuzz_worker.ts", import.meta.url), { type: "module" });
  return new Promise<string | undefined>((resolve) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let reached = 0;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => resolve(`hangs, in one of the cases behind ${reached}`), SILENCE_LIMIT);
    };
    watch();
    worker.onmessage = ({ data }: MessageEvent<{ done?: number; problem?: string; over?: boolean }>) => {
      watch();
      reached = data.done ?? reached;
      if (data.over !== true) return;
      clearTimeout(timer);
      resolve(data.problem);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      resolve(`an error that nobody has caught, in one of the cases behind ${reached}: ${event.message}`);
    };
    worker.postMessage({ name, cases: Number(values.cases), seed: Number(values.seed) });
  }).finally(() => worker.terminate());
}
