/**
 * Servers by their names, as topics are subscribed to: `home/+`, `plant/#`.
 *
 * @module
 */
import { topicFilterProblem, topicMatches } from "../../mqtt/mod.ts";

/** Keeps names that begin with `$` from being taken for topics that do, which wildcards leave out. */
const LEVEL = "name/";

/** Why a text cannot be a filter of names, as the end of a sentence that begins with it. */
export function serverFilterProblem(filter: string): string | undefined {
  return filter === "" ? topicFilterProblem(filter) : topicFilterProblem(`${LEVEL}${filter}`);
}

/** Whether one of the filters matches a name: `+` stands for one level, `#` for all that follow. None match all names. */
export function serverFilter(filters: readonly string[]): (server: string) => boolean {
  if (filters.length === 0 || filters.includes("#")) return () => true;
  const names = new Set(filters.filter((filter) => !/[+#]/.test(filter)));
  const patterns = filters.filter((filter) => !names.has(filter)).map((filter) => `${LEVEL}${filter}`);
  return (server) => names.has(server) || patterns.some((pattern) => topicMatches(pattern, `${LEVEL}${server}`));
}
