/**
 * The topic filters of a call: one, or several.
 *
 * @module
 */
import { ToolError } from "./tool_error.ts";

/** How many filters one call may name. */
const MOST = 50;

/**
 * The filters that a call names in `topic` or `topics`, each once.
 *
 * @throws {ToolError} when it names none, or too many
 */
export function filtersOf({ topic, topics = [] }: {
  readonly topic?: string | undefined;
  readonly topics?: readonly string[] | undefined;
}): string[] {
  const filters = [
    ...new Set(topic === undefined || (topic === "" && topics.length > 0) ? topics : [topic, ...topics]),
  ];
  if (filters.length === 0) throw new ToolError("topic is missing: give a topic filter, or several as topics");
  if (filters.length > MOST) throw new ToolError(`topics has ${filters.length} filters; ${MOST} at most`);
  return filters;
}

/** A hint for a filter with a comma that found nothing. Such a filter is legal, but usually a list was meant. */
export function listHint(filters: readonly string[]): string[] {
  const [list] = filters.filter((filter) => filter.includes(","));
  if (list === undefined) return [];
  const parts = list.replace(/^\[|\]$/g, "").split(",").map((part) => part.trim().replace(/^["']|["']$/g, ""));
  return [`A comma is part of the topic. If several were meant, call with "topics":${JSON.stringify(parts)}.`];
}

/** The filters as the arguments of a call. */
export function filterArguments(filters: readonly string[]): Readonly<Record<string, unknown>> {
  return filters.length === 1 ? { topic: filters[0] } : { topics: filters };
}
