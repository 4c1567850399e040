/**
 * The file in which an operator describes topics.
 *
 * @module
 */
import { readTextFile } from "../core/text.ts";
import { unreadable } from "../core/unreadable.ts";
import { UsageError } from "../core/usage_error.ts";
import { topicFilterProblem } from "../mqtt/mod.ts";

/** The description of a topic, or of all topics that match a filter. */
export interface TopicDescription {
  /** A topic or a topic filter. */
  readonly topic: string;
  /** A short name, for people. */
  readonly title?: string;
  readonly description?: string;
  readonly unit?: string;
  /** An example of a payload. */
  readonly example?: unknown;
  /** JSON Schema of the payloads that may be published. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

const TEXTS = ["title", "description", "unit"];
const MEMBERS = ["topic", "filter", ...TEXTS, "example", "schema"];

/**
 * Reads the descriptions of a file: a JSON list of objects.
 *
 * @throws {UsageError} when the file cannot be read or is not valid, with every problem that was found
 */
export async function readTopicFile(path: string): Promise<readonly TopicDescription[]> {
  let list: unknown;
  try {
    list = JSON.parse(await readTextFile(path));
  } catch (cause) {
    throw new UsageError([unreadable("--topics", path, cause)], { cause });
  }
  if (!Array.isArray(list)) {
    throw new UsageError([`--topics ${path} must hold a list, such as [{"topic":"plant/+/temperature","unit":"°C"}]`]);
  }
  const problems = list.flatMap((entry, index) =>
    problemsOf(entry).map((problem) => `--topics ${path}: entry ${index + 1} ${problem}`)
  );
  if (problems.length > 0) throw new UsageError(problems);
  return list.map(({ topic, filter, ...rest }) => ({ topic: topic ?? filter, ...rest }));
}

function problemsOf(entry: unknown): string[] {
  if (!isObject(entry)) return ["is no object"];
  const { topic = entry.filter, schema } = entry;
  const problems = typeof topic === "string" ? [topicFilterProblem(topic)] : ["has no topic (or filter)"];
  const wrong = TEXTS.filter((name) => entry[name] !== undefined && typeof entry[name] !== "string");
  const unknown = Object.keys(entry).filter((name) => !MEMBERS.includes(name));
  return [
    ...problems.filter((problem) => problem !== undefined),
    ...(entry.topic !== undefined && entry.filter !== undefined ? ["has both topic and filter"] : []),
    ...wrong.map((name) => `has a ${name} that is no text`),
    ...unknown.map((name) => `has "${name}", which means nothing here`),
    ...(schema === undefined || isObject(schema) ? [] : ["has a schema that is no object"]),
  ];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
