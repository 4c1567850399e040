/**
 * The benchmark's tables.
 *
 * @module
 */
import type { Figures, Spread } from "./figures.ts";
import { CPU, CPU_LARGE, CPU_ONE, MEMORY, MEMORY_AFTER, ROW } from "./measurements.ts";
import { print } from "../support/print.ts";

/** A goal of the bridge: what it is to be at most, or at least. */
interface Goal {
  readonly what: string;
  readonly value: (figures: Figures) => Spread | undefined;
  readonly most?: number;
  readonly least?: number;
}

/** What the bridge is to reach. */
const GOALS: readonly Goal[] = [
  { what: "one call ÷ direct", value: (all) => all.ratio("bridge", ROW.one, "direct"), most: 4 },
  { what: "one call ÷ pump", value: (all) => all.ratio("bridge", ROW.one, "pump"), most: 1 },
  { what: "64 in flight ÷ direct", value: (all) => all.ratio("bridge", ROW.sixtyFour, "direct"), least: 0.45 },
  { what: "64 in flight ÷ pump", value: (all) => all.ratio("bridge", ROW.sixtyFour, "pump"), least: 1.3 },
  { what: "CPU of connect at 64, µs a call", value: (all) => all.spread("bridge", CPU("connect")), most: 10 },
  { what: "CPU of serve at 64, µs a call", value: (all) => all.spread("bridge", CPU("serve")), most: 10 },
  { what: "CPU of mosquitto at 64, µs a call", value: (all) => all.spread("bridge", CPU("mosquitto")), most: 4 },
  { what: "first call − direct, ms", value: (all) => all.difference("bridge", ROW.first, "direct"), most: 3 },
  { what: "1 progress − direct, ms", value: (all) => all.difference("bridge", ROW.progress1, "direct"), most: 3 },
  { what: "2 progress − direct, ms", value: (all) => all.difference("bridge", ROW.progress2, "direct"), most: 3 },
  { what: "5 progress − direct, ms", value: (all) => all.difference("bridge", ROW.progress5, "direct"), most: 3 },
  { what: "behind a slow call − direct, ms", value: (all) => all.difference("bridge", ROW.behind, "direct"), most: 3 },
  { what: "1 MB result ÷ direct", value: (all) => all.ratio("bridge", ROW.large, "direct"), most: 1.2 },
  { what: "start − direct, ms", value: (all) => all.difference("bridge", ROW.start, "direct"), most: 110 },
  { what: "start, prewarmed − direct, ms", value: (all) => all.difference("prewarmed", ROW.start, "direct"), most: 20 },
  {
    what: "peak memory of both, MB",
    value: (all) => sum(all.spread("bridge", MEMORY("connect")), all.spread("bridge", MEMORY("serve"))),
    most: 180,
  },
  { what: "one more session, MB", value: (all) => all.spread("bridge", ONE_MORE_SESSION), most: 0.25 },
  { what: "idle CPU of both, ms a second", value: (all) => all.spread("bridge", IDLE_CPU), most: 1 },
  ...["connect", "serve"].flatMap((end): Goal[] => [
    {
      what: `sealing, CPU of ${end} at 64, µs a call`,
      value: (all) => all.difference("sealed", CPU(end), "bridge"),
      most: 15,
    },
    {
      what: `sealing, CPU of ${end} at one, µs a call`,
      value: (all) => all.difference("sealed", CPU_ONE(end), "bridge"),
      most: 25,
    },
    {
      what: `sealing, CPU of ${end}, ms for 1 MB`,
      value: (all) => all.difference("sealed", CPU_LARGE(end), "bridge"),
      most: 7,
    },
  ]),
  { what: "sealing large messages, MB/s", value: (all) => all.spread("sealed", ROW.sealLarge), least: 150 },
  {
    what: "sealing, start to initialized, ms more",
    value: (all) => all.difference("sealed", ROW.start, "bridge"),
    most: 30,
  },
  {
    what: "one call, open convention ÷ bridge",
    value: (all) => all.ratio("open convention", ROW.one, "bridge"),
    most: 2,
  },
];

/** Rows that are measured once in a run. */
export const ONE_MORE_SESSION = "one more session in serve, MB";
export const IDLE_CPU = "idle CPU of connect and serve, ms a second";
export const MEMORY_AFTER_SESSIONS = "memory of serve after 100 sessions, MB";

/** Prints every figure of every party as min / median / max. */
export function printFigures(figures: Figures): void {
  const parties = Object.keys(figures.rounds);
  print(row("min / median / max", parties));
  for (const name of Object.values(ROW)) {
    const spreads = parties.map((party) => figures.spread(party, name));
    if (spreads.some((spread) => spread !== undefined)) print(row(name, spreads.map(spreadText)));
  }
  for (const party of parties) {
    for (const name of ["connect", "serve", "mosquitto", "server"]) {
      for (const what of [CPU(name), CPU_ONE(name), CPU_LARGE(name), MEMORY(name), MEMORY_AFTER(name)]) {
        const spread = figures.spread(party, what);
        if (spread !== undefined) print(`${party}: ${what}`.padEnd(60) + spreadText(spread));
      }
    }
  }
  for (const what of [ONE_MORE_SESSION, MEMORY_AFTER_SESSIONS, IDLE_CPU]) {
    const spread = figures.spread("bridge", what);
    if (spread !== undefined) print(`bridge: ${what}`.padEnd(60) + spreadText(spread));
  }
}

/** Prints what the bridge is to reach, and whether it does. */
export function printGoals(figures: Figures): void {
  print("\ngoals");
  for (const { what, value, most, least } of GOALS) {
    const spread = value(figures);
    if (spread === undefined) continue;
    const missed = spread.median > (most ?? Infinity) || spread.median < (least ?? -Infinity);
    const goal = most === undefined ? `≥ ${least}` : `≤ ${most}`;
    print(`${what.padEnd(40)}${spreadText(spread).padEnd(26)}${goal.padEnd(10)}${missed ? "missed" : ""}`.trimEnd());
  }
}

/** Prints how the medians differ from those of an earlier run. */
export function printComparison(now: Figures, before: Figures): void {
  print("\ncompared with the earlier run: median then, now, now ÷ then");
  for (const [party, rows] of Object.entries(now.rounds)) {
    for (const name of Object.keys(rows)) {
      const [old, value] = [before.spread(party, name)?.median, now.spread(party, name)?.median];
      if (old === undefined || value === undefined) continue;
      print(`${party}: ${name}`.padEnd(60) + [old, value, value / old].map(numberText).join("  "));
    }
  }
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(38) + cells.map((cell) => cell.padStart(26)).join("");
}

function spreadText(spread: Spread | undefined): string {
  return spread === undefined ? "" : [spread.min, spread.median, spread.max].map(numberText).join(" / ");
}

function numberText(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function sum(one: Spread | undefined, other: Spread | undefined): Spread | undefined {
  if (one === undefined || other === undefined) return undefined;
  return { min: one.min + other.min, median: one.median + other.median, max: one.max + other.max };
}
