/**
 * Giving memory back to the system.
 *
 * V8 collects garbage when more memory is needed, which never happens in an idle process. Such a process would keep the
 * memory of one large message, or of many sessions, as long as it runs.
 *
 * @module
 */
import { every } from "../core/clock.ts";

/** How often the memory is measured, in ms. */
const INTERVAL = 4_000;

/** A process that has grown by this factor, and by this many bytes, is worth a collection. */
const GROWTH = 1.25;
const LEAST_GROWTH = 16 * 1024 * 1024;

/** Between two measurements, the memory of an idle process changes by less than this fraction. */
const STEADY = 0.01;

/** The memory of the process. */
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
  const stop = every(interval, async () => {
    const now = memory.resident();
    const isSteady = Math.abs(now - last) < STEADY * now;
    last = now;
    if (collecting || !isSteady || now < GROWTH * usual || now - usual < LEAST_GROWTH) return;
    collecting = true;
    await memory.collect();
    collecting = false;
    usual = Math.max(usual, memory.resident()); // memory that a collection did not free is in use
  });
  return { [Symbol.dispose]: stop };
}

/** A buffer may be freed only one round after the object that refers to it. */
const ROUNDS = 3;
const ROUND_PAUSE = 50;

let collector: Promise<() => void> | undefined;

/** Collects garbage. The collector is loaded when it is first needed, because few processes ever grow. */
async function collectAll(): Promise<void> {
  const collect = await (collector ??= loadCollector());
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    // Whatever is released in this pause is freed in the next round.
    await new Promise((resolve) => setTimeout(resolve, ROUND_PAUSE));
  }
}

/**
 * V8's collector. The executable has it as a global. Otherwise V8 gives it to contexts that are made after a flag was
 * set. That does not work on Deno 2.7, so nothing is collected there.
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
