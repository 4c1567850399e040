/**
 * What a check finds.
 *
 * @module
 */
import type { Role } from "../../wire/mod.ts";

/**
 * How good it is:
 * - `ok`: as it should be
 * - `note`: works, but it is good to know
 * - `problem`: something will not work
 */
export type Verdict = "ok" | "note" | "problem";

/** The command that is to work. */
export type CheckedRole = Role | "tools";

/** One property of the broker. */
export interface Finding {
  readonly name: string;
  readonly value: string;
  readonly verdict: Verdict;
  /** What it means for the user. */
  readonly meaning: string;
}

/** What the broker lets us do with one topic. */
export interface TopicFinding {
  readonly role: CheckedRole;
  /** The name of the profile; empty where there is none. */
  readonly profile: string;
  readonly access: "publish" | "subscribe";
  readonly topic: string;
  readonly verdict: Verdict;
  readonly outcome: string;
}

/** A whole check. */
export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly topics: readonly TopicFinding[];
  /** Whether what was asked for will work. */
  readonly ok: boolean;
}
