/**
 * What is measured of each party.
 *
 * @module
 */
import { cpuTime, memory } from "../../tests/support/usage.ts";
import { median } from "../support/median.ts";
import type { CallArguments, Party } from "./parties.ts";

/** The rows of the table, by what they measure. */
export const ROW = {
  start: "start to initialized, ms",
  first: "first call behind initialized, ms",
  one: "one call, p50, ms",
  sixteen: "calls/s, 16 in flight",
  sixtyFour: "calls/s, 64 in flight",
  progress1: "call with 1 progress, ms",
  progress2: "call with 2 progress, ms",
  progress5: "call with 5 progress, ms",
  behind: "quick call 3 ms behind a slow one, ms",
  large: "1 MB result, ms",
  sealLarge: "seal and open 1 MB, MB/s",
  sealSmall: "seal and open 200 bytes, µs",
} as const;

/** The CPU time of a call with 64 in flight and with one, in µs, of a result of 1 MB, in ms, and the memory in MB, of one process of a party. */
export const CPU = (process: string): string => `CPU of ${process}, µs`;
export const CPU_ONE = (process: string): string => `CPU of ${process}, one call, µs`;
export const CPU_LARGE = (process: string): string => `CPU of ${process}, 1 MB, ms`;
export const MEMORY = (process: string): string => `peak memory of ${process}, MB`;
export const MEMORY_AFTER = (process: string): string => `memory of ${process} afterwards, MB`;

/** How long each thing is measured. */
export interface Duration {
  /** Calls of one kind, in ms. */
  readonly phase: number;
  readonly largeCalls: number;
  readonly slowCalls: number;
}

const LARGE = 2 ** 20;

/** Measures one party once. `processes` are those whose CPU time and memory count, by their names. */
export async function measure(
  party: Party,
  { phase, largeCalls, slowCalls }: Duration,
  processes: Readonly<Record<string, number>>,
  note: (row: string, value: number) => void,
): Promise<void> {
  note(ROW.start, party.startTime);
  note(ROW.first, await timed(party));
  await callsIn(party, 64, phase); // until the compiler has seen it
  const cpu = cpuMeter(processes, note);
  const ones = await callsIn(party, 1, phase);
  note(ROW.one, median(ones));
  cpu(CPU_ONE, ones.length / 1000);
  note(ROW.sixteen, (await callsIn(party, 16, phase)).length / phase * 1000);
  const cpuOfMany = cpuMeter(processes, note);
  const calls = (await callsIn(party, 64, phase)).length;
  note(ROW.sixtyFour, calls / phase * 1000);
  cpuOfMany(CPU, calls / 1000);
  if (!Number.isNaN(party.startTime)) {
    for (const [row, progress] of [[ROW.progress1, 1], [ROW.progress2, 2], [ROW.progress5, 5]] as const) {
      note(row, median(await repeated(slowCalls, () => timed(party, { progress }))));
    }
    note(ROW.behind, median(await repeated(slowCalls, () => behindSlow(party))));
  }
  const cpuOfLarge = cpuMeter(processes, note);
  note(ROW.large, median((await repeated(largeCalls, () => timed(party, { bytes: LARGE }))).slice(largeCalls / 4)));
  cpuOfLarge(CPU_LARGE, largeCalls);
  for (const [name, pid] of Object.entries(processes)) {
    note(MEMORY(name), memory(pid, "peak") / 1e6);
    note(MEMORY_AFTER(name), memory(pid, "now") / 1e6);
  }
}

/** From now on counts CPU time; what is returned notes it, for each of `count` calls. */
function cpuMeter(
  processes: Readonly<Record<string, number>>,
  note: (row: string, value: number) => void,
): (row: (name: string) => string, count: number) => void {
  const entries = Object.entries(processes).map(([name, pid]) => [name, pid, cpuTime(pid)] as const);
  return (row, count) => {
    for (const [name, pid, before] of entries) note(row(name), (cpuTime(pid) - before) / count);
  };
}

/** How long a quick call takes that is made 3 ms after one that takes 30 ms, in ms. */
async function behindSlow(party: Party): Promise<number> {
  const slow = party.call({ delay: 30 });
  await new Promise((resolve) => setTimeout(resolve, 3));
  const time = await timed(party);
  await slow;
  return time;
}

/** Keeps `width` calls under way for `duration` ms; resolves with how long each one took, in ms. */
async function callsIn(party: Party, width: number, duration: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + duration;
  await Promise.all(Array.from({ length: width }, async () => {
    while (performance.now() < end) times.push(await timed(party));
  }));
  return times;
}

async function repeated(count: number, measured: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  while (values.length < count) values.push(await measured());
  return values;
}

async function timed(party: Party, given?: CallArguments): Promise<number> {
  const began = performance.now();
  const length = await party.call(given);
  if (given?.bytes !== undefined && length !== given.bytes) throw new Error("The answer has another length");
  return performance.now() - began;
}
