/**
 * Where an agent may publish and what it may read.
 *
 * @module
 */
import { filterCovers, topicFilterProblem, topicMatches, topicNameProblem } from "../mqtt/mod.ts";
import { ToolError } from "./tool_error.ts";

/** The rules, as topic filters. An empty list of what is allowed allows everything. */
export interface PermissionRules {
  readonly allowPublish: readonly string[];
  readonly denyPublish: readonly string[];
  readonly allowSubscribe: readonly string[];
  readonly denySubscribe: readonly string[];
  /** Nothing is published. */
  readonly readOnly: boolean;
}

/** Judges topics by the rules. What is denied is denied, whatever is allowed. */
export class Permissions {
  readonly #rules: PermissionRules;

  constructor(rules: PermissionRules) {
    this.#rules = rules;
  }

  get readOnly(): boolean {
    return this.#rules.readOnly;
  }

  /**
   * Checks that a message may be published to `topic`.
   *
   * @throws {ToolError} when not, or when it is no topic name
   */
  checkPublish(topic: string): void {
    const problem = topicNameProblem(topic);
    if (problem !== undefined) throw new ToolError(`The topic "${topic}" cannot be published to: it ${problem}`);
    const { allowPublish, denyPublish } = this.#rules;
    const denial = denyPublish.find((filter) => topicMatches(filter, topic));
    if (denial !== undefined) throw new ToolError(`Publishing to "${topic}" is not allowed: "${denial}" is denied`);
    if (allowPublish.length > 0 && !allowPublish.some((filter) => topicMatches(filter, topic))) {
      throw new ToolError(`Publishing to "${topic}" is not allowed; allowed are: ${allowPublish.join(", ")}`);
    }
  }

  /**
   * Checks that messages may be read with `filter`. It may be wider than what is denied, since single messages are
   * judged too, but not wider than what is allowed.
   *
   * @throws {ToolError} when not, or when it is no topic filter
   */
  checkSubscribe(filter: string): void {
    const problem = topicFilterProblem(filter);
    if (problem !== undefined) {
      throw new ToolError(`The topic filter "${filter}" cannot be subscribed to: it ${problem}`);
    }
    if (filter.startsWith("$share/")) {
      throw new ToolError(`The shared subscription "${filter}" would take messages away from others in its group`);
    }
    const { allowSubscribe, denySubscribe } = this.#rules;
    const denial = denySubscribe.find((denied) => filterCovers(denied, filter));
    if (denial !== undefined) throw new ToolError(`Reading "${filter}" is not allowed: "${denial}" is denied`);
    if (allowSubscribe.length > 0 && !allowSubscribe.some((allowed) => filterCovers(allowed, filter))) {
      throw new ToolError(`Reading "${filter}" is not allowed; allowed are: ${allowSubscribe.join(", ")}`);
    }
  }

  /** Whether a message of `topic` may be shown. */
  mayRead(topic: string): boolean {
    return !this.#rules.denySubscribe.some((filter) => topicMatches(filter, topic));
  }
}
