/**
 * Errors of usage: settings that the user has to change.
 *
 * @module
 */

/** Settings that cannot work. Each problem is a sentence that names the setting and what to do about it. */
export class UsageError extends Error {
  /** Always `UsageError`. */
  override readonly name = "UsageError";
  /** Each one as a sentence. */
  readonly problems: readonly string[];

  /** An error of these problems, each one as a sentence. */
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join("\n"), options);
    this.problems = problems;
  }
}

/**
 * Does all of `work` and resolves with the results.
 *
 * @throws {UsageError} with the problems of all parts, so that a user with two wrong settings learns of both at once
 */
export async function allOrProblems<T extends readonly unknown[]>(
  ...work: { readonly [Index in keyof T]: () => Promise<T[Index]> | T[Index] }
): Promise<T> {
  const problems: string[] = [];
  const results: unknown[] = [];
  for (const part of work) {
    try {
      results.push(await part());
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new UsageError(problems);
  return results as unknown as T;
}
