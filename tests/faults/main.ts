/**
 * The fault machine: calls without end, and everything goes wrong.
 *
 *     deno task faults [--seconds 12] [--seed 1] [--width 32] [--sealed] [NAME...]
 *
 * For each fault, a host keeps calls under way while the fault strikes again and again; afterwards it is counted what
 * became of them. Exits with 1 when a call was lost, executed twice or hung, or when a notification was missing or out
 * of order although no process had died.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { keyFiles } from "../support/keys.ts";
import { print } from "../../scripts/support/print.ts";
import { type Fault, FAULTS, Missing } from "./faults.ts";
import { wait, World } from "./world.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "12" },
    seed: { type: "string", default: "1" },
    width: { type: "string", default: "32" },
    sealed: { type: "boolean", default: false },
  },
});

/** mulberry32: the same schedule for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const COLUMNS = ["fault", "calls", "answered", "errors", "lost", "twice", "hung", "disordered", "pause", "memory"];
const WIDTHS = [32, 8, 9, 7, 6, 6, 6, 11, 9, 12];

function row(cells: readonly (string | number)[]): void {
  const text = cells.map((cell, index) => {
    const width = WIDTHS[index] ?? 8;
    return index === 0 ? String(cell).padEnd(width) : String(cell).padStart(width);
  });
  print(text.join(""));
}

/** Lets one fault strike. Resolves with whether all promises were kept. */
async function run(fault: Fault, seconds: number, width: number, seed: number): Promise<boolean> {
  const random = randomFrom(seed);
  await using keys = await keyFiles();
  const options = await fault.world?.();
  const { serve = [], connect = [] } = options ?? {};
  const sealed = values.sealed ? { serve: [...serve, ...keys.serve], connect: [...connect, ...keys.connect] } : {};
  await using world = await World.start({ ...options, ...sealed });
  const { driver } = world;
  const before = world.memory;
  const end = new AbortController();
  const driving = driver.run(fault.width ?? width, end.signal);
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    await wait(300 + 1200 * random());
    await fault.strike(world, random);
  }
  await wait(1_000);
  end.abort();
  await driving;
  const { made, answered, failed, lost, hung, disordered, pause } = driver.books;
  const { repeated, unanswered } = await world.executions();
  const memory = `${before}-${world.memory} MB`;
  row([fault.name, made, answered, failed, lost, repeated, hung, disordered, `${Math.round(pause)} ms`, memory]);
  for (const [reason, count] of driver.reasons) print(`    ${count} x ${reason}`);
  if (fault.finishes === true && unanswered > 0) print(`    ${unanswered} of the calls with an error had run`);
  return lost === 0 && repeated === 0 && hung === 0 && (fault.forgets === true || disordered === 0) &&
    (fault.finishes !== true || unanswered === 0);
}

row(COLUMNS);
let kept = true;
for (const fault of FAULTS) {
  if (positionals.length > 0 && !positionals.some((name) => fault.name.includes(name))) continue;
  try {
    kept = await run(fault, Number(values.seconds), Number(values.width), Number(values.seed)) && kept;
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    print(`${fault.name}: left out, ${error.message}`);
  }
}
print(kept ? "every promise was kept" : "A PROMISE WAS BROKEN");
Deno.exit(kept ? 0 : 1);
