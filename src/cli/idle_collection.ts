/**
 * Giving memory back.
 *
 * The runtime collects when more memory is wanted, which for an idle process is never: it would keep what one large
 * message, or many sessions, took for as long as it runs.
 *
 * @module
 */

/** How often to look, in ms. */
const INTERVAL = 4_000;

/** A process that has grown by this factor, and by this many bytes, is worth a collection. */
const GROWTH = 1.25;
const LEAST_GROWTH = 16 * 1024 * 1024;

/** Between two looks, the memory of an idle process differs by less than this part of it. */
const STEADY = 0.01;

/** What can be collected, of which only the sizes matter. */
export interface Memory {
  /** Resident memory, in bytes. */
  readonly resident: () => number;
  readonly collect: () => Promise<void>;
}

const OWN_MEMORY: Memory = { resident: () => Deno.memoryUsage().rss, collect: collectAll };

/** Collects garbage once after the process has grown and is idle again. Disposing of it ends that. */
export function collectWhenIdle(memory: Memory = OWN_MEMORY, interval = INTERVAL): Disposable {
  let usual = memory.resident();
  let last = usual;
  let collecting = false;
  const timer = setInterval(async () => {
    const now = memory.resident();
    const isSteady = Math.abs(now - last) < STEADY * now;
    last = now;
    if (collecting || !isSteady || now < GROWTH * usual || now - usual < LEAST_GROWTH) return;
    collecting = true;
    await memory.collect();
    collecting = false;
    usual = Math.max(usual, memory.resident()); // what is left is needed
  }, interval);
  Deno.unrefTimer(timer);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Some buffers are given up only when what refers to them has been collected. */
const ROUNDS = 3;
const ROUND_PAUSE = 50;

let collector: Promise<() => void> | undefined;

/** Loaded when it is first needed, since few processes ever grow. */
async function collectAll(): Promise<void> {
  const collect = await (collector ??= loadCollector());
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, ROUND_PAUSE)); // what has ended by that is free next time
  }
}

/**
 * The executable has V8's collector as a global. Elsewhere V8 shows it to contexts that are made after it was told to, but
 * not on Deno 2.7, where nothing is collected then.
 */
async function loadCollector(): Promise<() => void> {
  let collect: unknown = Reflect.get(globalThis, "gc");
  if (collect === undefined) {
    const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import("node:v8"), import("node:vm")]);
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("globalThis.gc");
  }
  return typeof collect === "function" ? () => void collect() : () => {};
}
