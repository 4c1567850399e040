/**
 * Selects servers by filters of their names, such as `home/+` and `plant/#`, and by members of their presences.
 *
 * @module
 */
import { topicFilterProblem, topicMatches } from "../../../mqtt/mod.ts";

/** Put in front of names: a wildcard would not match a topic that begins with `$`. */
const LEVEL = "name/";

/** Why a text is no filter of names, as the rest of a sentence that begins with the text. */
export function serverFilterProblem(filter: string): string | undefined {
  return filter === "" ? topicFilterProblem(filter) : topicFilterProblem(`${LEVEL}${filter}`);
}

/** Whether one of the filters matches a name. `+` stands for one level, `#` for all that follow. No filter: all names. */
export function serverFilter(filters: readonly string[]): (server: string) => boolean {
  if (filters.length === 0 || filters.includes("#")) return () => true;
  const names = new Set(filters.filter((filter) => !/[+#]/.test(filter)));
  const patterns = filters.filter((filter) => !names.has(filter)).map((filter) => `${LEVEL}${filter}`);
  return (server) => names.has(server) || patterns.some((pattern) => topicMatches(pattern, `${LEVEL}${server}`));
}

/** Why a text is no `KEY=VALUE`, as the rest of a sentence that begins with the text. */
export function metaPairProblem(pair: string): string | undefined {
  return pair.indexOf("=") > 0 ? undefined : "must be KEY=VALUE, such as room=attic";
}

/** Whether a presence has all these members, each given as `KEY=VALUE`. */
export function metaFilter(pairs: readonly string[]): (meta: Readonly<Record<string, unknown>>) => boolean {
  const wanted = pairs.map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return (meta) => wanted.every(([key, value]) => key in meta && textOf(meta[key]) === value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
