/**
 * What the user has to change.
 *
 * @module
 */

/** Settings that cannot work. Each problem is a sentence that names the setting and what to do about it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join("\n"), options);
    this.problems = problems;
  }
}
