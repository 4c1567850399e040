/**
 * The results of a check.
 *
 * @module
 */
import type { Role } from "../../wire/mod.ts";

/**
 * The verdict on a finding:
 * - `ok`: as it should be
 * - `note`: it works, but the user should know
 * - `problem`: something will not work
 */
export type Verdict = "ok" | "note" | "problem";

/** A command that should work. */
export type CheckedRole = Role | "tools";

/** One property of the broker. */
export interface Finding {
  readonly name: string;
  readonly value: string;
  readonly verdict: Verdict;
  /** What it means for the user. */
  readonly meaning: string;
}

/** What the broker allows on one topic. */
export interface TopicFinding {
  readonly role: CheckedRole;
  /** The name of the profile; empty for a command without one. */
  readonly profile: string;
  readonly access: "publish" | "subscribe";
  readonly topic: string;
  readonly verdict: Verdict;
  readonly outcome: string;
}

/** The result of a whole check. */
export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly topics: readonly TopicFinding[];
  /** Whether the commands will work. */
  readonly ok: boolean;
}
