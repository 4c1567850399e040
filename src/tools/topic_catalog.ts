/**
 * The operator's descriptions of topics, from the file of `--topics`.
 *
 * @module
 */
import type { TopicDescription } from "../config/mod.ts";
import { UsageError } from "../core/usage_error.ts";
import { errorText } from "../core/text.ts";
import { topicMatches } from "../mqtt/mod.ts";
import { quoted } from "./page.ts";
import { AjvJsonSchemaValidator } from "./sdk.ts";
import { isText, toText } from "./text.ts";
import { ToolError } from "./tool_error.ts";

/** The description of a topic, as models see it. */
export interface ShownDescription {
  readonly title?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly example?: unknown;
}

interface Entry extends TopicDescription {
  /** What is wrong with a payload; `undefined` when nothing is. */
  readonly problem: (value: unknown) => string | undefined;
}

/** Descriptions of topics, in the operator's order. The first one whose filter matches a topic is the one that counts. */
export class TopicCatalog {
  readonly #entries: readonly Entry[];

  /** @throws {UsageError} when a schema cannot be used */
  constructor(descriptions: readonly TopicDescription[]) {
    const schemas = descriptions.some(({ schema }) => schema !== undefined) ? new AjvJsonSchemaValidator() : undefined;
    const problems: string[] = [];
    this.#entries = descriptions.map((description) => {
      const { topic, schema } = description;
      try {
        const validate = schema === undefined ? undefined : schemas?.getValidator(schema);
        return { ...description, problem: (value) => validate?.(value).errorMessage };
      } catch (error) {
        problems.push(`--topics: the schema of "${topic}" is no JSON Schema: ${errorText(error)}`);
        return { ...description, problem: () => undefined };
      }
    });
    if (problems.length > 0) throw new UsageError(problems);
  }

  /** The descriptions, in the operator's order. */
  get descriptions(): readonly TopicDescription[] {
    return this.#entries;
  }

  /** The described topics, without those that are filters. */
  get topics(): readonly string[] {
    return this.#entries.map(({ topic }) => topic).filter((topic) => !/[+#]/.test(topic));
  }

  /** The description of a topic. */
  describe(topic: string): ShownDescription {
    const entry = this.#find(topic);
    if (entry === undefined) return {};
    const { title, description, unit, example } = entry;
    return {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(unit === undefined ? {} : { unit }),
      ...(example === undefined ? {} : { example }),
    };
  }

  /**
   * Checks a payload against the schema of its topic. An empty one, which clears a retained message, is always allowed.
   *
   * @throws {ToolError} when it does not fit
   */
  check(topic: string, payload: Uint8Array): void {
    const entry = this.#find(topic);
    if (entry?.schema === undefined || payload.length === 0) return;
    const problem = isText(payload) ? problemOf(toText(payload).text, entry) : "it is binary";
    if (problem === undefined) return;
    const schema = JSON.stringify(entry.schema);
    throw new ToolError(
      `The message to ${quoted(topic)} is not what is allowed there: ${problem}; allowed is ${schema}`,
    );
  }

  #find(topic: string): Entry | undefined {
    return this.#entries.find((entry) => topicMatches(entry.topic, topic));
  }
}

/** What is wrong with a payload. It fits as JSON, or as a bare word, which many devices take. */
function problemOf(text: string, { problem }: Entry): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return problem(text);
  }
  const wrong = problem(value);
  return wrong === undefined || problem(text) === undefined ? undefined : wrong;
}
