/**
 * Reading the arguments of a call. No argument is dropped silently. A misspelled name is an error that names the right
 * one. Other unknown names are listed in the result.
 *
 * @module
 */
import * as z from "zod";
import { ToolError } from "./tool_error.ts";
import type { Shape, Tool } from "./tool.ts";

/** The validated arguments of a call. */
export interface ReadArguments {
  // deno-lint-ignore no-explicit-any -- the schema of the tool has made it what its `run` takes
  readonly value: any;
  /** Names of arguments that the tool does not have. */
  readonly ignored: readonly string[];
}

/** How many unknown names are listed in a result. */
const MOST_IGNORED = 20;
/** How long a listed name may be, in characters. */
const LONGEST_NAME = 60;

/** Names that models give to parameters, and the names that the parameters have here. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["payload", "message"],
  ["filter", "topic"],
  ["topicfilter", "topic"],
  ["filters", "topics"],
  ["topicfilters", "topics"],
  ["expiry", "message_expiry"],
  ["replyto", "response_topic"],
  ["replytopic", "response_topic"],
  ["limit", "max_messages"],
  ["count", "max_messages"],
]);

/**
 * Validates the arguments of a call of `tool`.
 *
 * @throws {ToolError} when an argument is missing or invalid, or when its name is nearly that of a parameter
 */
export function readArguments(tool: Tool, given: Readonly<Record<string, unknown>>): ReadArguments {
  const known = Object.keys(tool.input);
  const ignored: string[] = [];
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const meant = known.find((one) => isNear(name, one)) ?? otherName(name, known, given);
    if (meant !== undefined) {
      throw new ToolError(`${tool.name} has no parameter "${shorten(name)}": did you mean "${meant}"?`);
    }
    ignored.push(shorten(name));
  }
  const parsed = z.object(tool.input).safeParse(withoutEmpty(tool.input, given));
  if (parsed.success) return { value: parsed.data, ignored: ignored.slice(0, MOST_IGNORED) };
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the arguments"}: ${message}`);
  throw new ToolError(`Invalid arguments for ${tool.name}: ${problems.join("; ")}`);
}

/** The parameter that `name` usually means, if the tool has it and the call does not give it. */
function otherName(
  name: string,
  known: readonly string[],
  given: Readonly<Record<string, unknown>>,
): string | undefined {
  const meant = OTHER_NAMES.get(plain(name));
  return meant !== undefined && known.includes(meant) && given[meant] === undefined ? meant : undefined;
}

/**
 * Leaves out optional arguments that are empty. Models often fill them with `""`, `[]`, `{}` or null, and mean nothing.
 */
function withoutEmpty(input: Shape, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => {
      const optional = name in input && z.object({ [name]: input[name] as z.ZodType }).safeParse({}).success;
      return !optional || name === "topic" || !isEmpty(value);
    }),
  );
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object") return value === null || Object.keys(value).length === 0;
  return value === "";
}

function isNear(given: string, known: string): boolean {
  const [a, b] = [plain(given), plain(known)];
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  // `retained` for `retain`, `messages` for `message`: but `topics` is another parameter, and `qos1` no word.
  if (short.length >= 4 && long.startsWith(short) && long.length - short.length <= 3) return true;
  return short.length >= 4 && distance(a, b) <= (short.length >= 8 ? 2 : 1);
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/**
 * The number of letters to insert, remove or change to make one word the other. A swap of two neighbours counts as one.
 */
function distance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number) => rows[i]?.[j] ?? j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
        ? at(i - 2, j - 2) + 1
        : Infinity;
      (rows[i] as number[])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped);
    }
  }
  return at(a.length, b.length);
}

function shorten(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}
