/**
 * Where an agent may publish and what it may read.
 *
 * @module
 */
import type { PermissionOptions } from "../config/mod.ts";
import { filterCovers, topicFilterProblem, topicMatches, topicNameProblem } from "../mqtt/mod.ts";
import { quoted } from "./page.ts";
import { ToolError } from "./tool_error.ts";

/** Checks topics against the rules. A rule that denies wins over a rule that allows. */
export class Permissions {
  readonly #rules: PermissionOptions;

  constructor(rules: PermissionOptions) {
    this.#rules = rules;
  }

  get readOnly(): boolean {
    return this.#rules.readOnly;
  }

  /** What an agent may do, in sentences; empty when it may do everything. */
  get summary(): string {
    const { allowPublish, denyPublish, allowSubscribe, denySubscribe, confirm, readOnly } = this.#rules;
    const sentence = (begin: string, filters: readonly string[]) =>
      filters.length === 0 ? [] : [`${begin} ${filters.join(", ")}.`];
    return [
      ...sentence("You may read only", allowSubscribe),
      ...sentence("You may not read", denySubscribe),
      ...(readOnly ? ["You may not publish anything."] : [
        ...sentence("You may publish only to", allowPublish),
        ...sentence("You may not publish to", denyPublish),
        ...sentence("The user is asked before anything is published to", confirm),
      ]),
    ].join(" ");
  }

  /**
   * Checks that a message may be published to `topic`.
   *
   * @throws {ToolError} when not, or when it is no topic name
   */
  checkPublish(topic: string): void {
    const problem = topicNameProblem(topic);
    if (problem !== undefined) throw new ToolError(`The topic ${quoted(topic)} cannot be published to: it ${problem}`);
    const { allowPublish, denyPublish } = this.#rules;
    const denial = denyPublish.find((filter) => topicMatches(filter, topic));
    if (denial !== undefined) {
      throw new ToolError(`Publishing to ${quoted(topic)} is not allowed: "${denial}" is denied`);
    }
    if (allowPublish.length > 0 && !allowPublish.some((filter) => topicMatches(filter, topic))) {
      throw new ToolError(`Publishing to ${quoted(topic)} is not allowed; allowed are: ${allowPublish.join(", ")}`);
    }
  }

  /** Whether messages may be published to `topic`, if it is a topic. */
  mayPublish(topic: string): boolean {
    try {
      this.checkPublish(topic);
      return true;
    } catch {
      return false;
    }
  }

  /** The rule that requires the user's confirmation before a message is published to `topic`. */
  confirmationRule(topic: string): string | undefined {
    return this.#rules.confirm.find((filter) => topicMatches(filter, topic));
  }

  /**
   * Checks that messages may be read with `filter`. The filter may include denied topics, since each message is checked
   * as well. It may not be wider than the allowed filters.
   *
   * @throws {ToolError} when not, or when it is no topic filter
   */
  checkSubscribe(filter: string): void {
    const problem = topicFilterProblem(filter);
    if (problem !== undefined) {
      throw new ToolError(`The topic filter ${quoted(filter)} cannot be subscribed to: it ${problem}`);
    }
    if (filter.startsWith("$share/")) {
      throw new ToolError(`The shared subscription "${filter}" would take messages away from others in its group`);
    }
    const { allowSubscribe, denySubscribe } = this.#rules;
    const denial = denySubscribe.find((denied) => filterCovers(denied, filter));
    if (denial !== undefined) throw new ToolError(`Reading ${quoted(filter)} is not allowed: "${denial}" is denied`);
    if (allowSubscribe.length > 0 && !allowSubscribe.some((allowed) => filterCovers(allowed, filter))) {
      throw new ToolError(`Reading ${quoted(filter)} is not allowed; allowed are: ${allowSubscribe.join(", ")}`);
    }
  }

  /** Whether a message of `topic` may be shown. */
  mayRead(topic: string): boolean {
    return !this.#rules.denySubscribe.some((filter) => topicMatches(filter, topic));
  }

  /** Whether the agent may read exactly this topic. */
  mayReadTopic(topic: string): boolean {
    const { allowSubscribe } = this.#rules;
    return this.mayRead(topic) &&
      (allowSubscribe.length === 0 || allowSubscribe.some((filter) => topicMatches(filter, topic)));
  }
}
