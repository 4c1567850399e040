/**
 * What is fuzzed.
 *
 * @module
 */
import { Random } from "./random.ts";

/** Something that reads what strangers send. */
export interface Target {
  readonly name: string;
  /** Begins a run of cases, which may share a state. */
  readonly begin: (seeds: readonly Uint8Array[]) => Promise<Run> | Run;
}

/** A run of cases. */
export interface Run {
  /** Runs one case. Throws when something is not as it must be. */
  readonly next: (random: Random) => Promise<void> | void;
  /** Gives back what the run has taken. */
  readonly end?: () => Promise<void>;
}

/** A case that must not be: it can be had again with its seed and its number. */
export class FuzzFailure extends Error {
  override readonly name = "FuzzFailure";
}

/** How long one case may take, in ms. A garbage collection fits in. */
const CASE_LIMIT = 1_000;

/** Memory that a run may take, in bytes. */
const MEMORY_LIMIT = 1024 ** 3;

/** How often the memory is looked at. */
const MEMORY_CHECK = 10_000;

/** Which cases to run. */
export interface FuzzRun {
  readonly cases: number;
  readonly seed: number;
  /** Called now and then with the number of cases done. */
  readonly progress?: (done: number) => void;
}

/**
 * Runs cases of a target.
 *
 * @throws {FuzzFailure} with what is needed to have the case again
 */
export async function fuzz(target: Target, { cases, seed, progress }: FuzzRun): Promise<void> {
  const run = await target.begin(await readSeeds(target.name));
  try {
    for (let number = 0; number < cases; number++) {
      const started = performance.now();
      try {
        await run.next(new Random(seed + number));
      } catch (cause) {
        throw new FuzzFailure(`${target.name}: case ${number} of seed ${seed} has failed: ${cause}`, { cause });
      }
      const time = performance.now() - started;
      if (time > CASE_LIMIT) throw new FuzzFailure(`${target.name}: case ${number} of seed ${seed} took ${time} ms`);
      if ((number + 1) % MEMORY_CHECK === 0) {
        const { rss } = Deno.memoryUsage();
        if (rss > MEMORY_LIMIT) throw new FuzzFailure(`${target.name}: ${rss} bytes of memory after case ${number}`);
        progress?.(number + 1);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
  } finally {
    await run.end?.();
  }
}

/** The corpus of a target: a line is an input, in which `\xNN` stands for a byte. */
async function readSeeds(name: string): Promise<Uint8Array[]> {
  const text = await Deno.readTextFile(new URL(`seeds/${name}.txt`, import.meta.url));
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("# ")).map(parseSeed);
}

function parseSeed(line: string): Uint8Array {
  const bytes: number[] = [];
  for (const [, byte, text = ""] of line.matchAll(/\\x([0-9a-f]{2})|([^\\]+|\\(?!x[0-9a-f]{2}))/g)) {
    if (byte === undefined) bytes.push(...new TextEncoder().encode(text));
    else bytes.push(Number.parseInt(byte, 16));
  }
  return Uint8Array.from(bytes);
}
