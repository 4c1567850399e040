/**
 * What the benchmark has measured, round by round.
 *
 * @module
 */
import { median } from "../support/median.ts";

/** The rounds of each figure of each party: `figures[party][row]`. */
export type Rounds = Record<string, Record<string, number[]>>;

/** One figure over all rounds. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** All figures of a run. */
export class Figures {
  readonly rounds: Rounds;

  constructor(rounds: Rounds = {}) {
    this.rounds = rounds;
  }

  /** Notes what a round has measured. */
  note(party: string, row: string, value: number): void {
    ((this.rounds[party] ??= {})[row] ??= []).push(value);
  }

  /** A figure; `undefined` when nobody has measured it. */
  spread(party: string, row: string): Spread | undefined {
    return spreadOf(this.rounds[party]?.[row]);
  }

  /** How many times the figure of another party it is, in the same round. */
  ratio(party: string, row: string, other: string): Spread | undefined {
    const yardstick = this.rounds[other]?.[row] ?? [];
    return spreadOf(this.rounds[party]?.[row]?.map((value, round) => value / (yardstick[round] ?? NaN)));
  }

  /** How much more it is than the figure of another party, in the same round. */
  difference(party: string, row: string, other: string): Spread | undefined {
    const yardstick = this.rounds[other]?.[row] ?? [];
    return spreadOf(this.rounds[party]?.[row]?.map((value, round) => value - (yardstick[round] ?? NaN)));
  }
}

function spreadOf(values: readonly number[] = []): Spread | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return undefined;
  return { min: Math.min(...known), median: median(known), max: Math.max(...known) };
}
