/**
 * Runs one target of the fuzzer in a thread of its own.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { fuzz } from "../../tests/fuzz/target.ts";
import { TARGETS } from "../../tests/fuzz/targets/mod.ts";

self.onmessage = async ({ data }: MessageEvent<{ name: string; cases: number; seed: number }>) => {
  const target = TARGETS.find(({ name }) => name === data.name);
  let problem: string | undefined;
  try {
    if (target === undefined) throw new Error(`There is no target ${data.name}`);
    await fuzz(target, { ...data, progress: (done) => self.postMessage({ done }) });
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  self.postMessage({ over: true, problem });
};
