/**
 * Waiting for what will be true.
 *
 * @module
 */

/**
 * Waits until `condition` gives something other than `undefined` or `false`, and returns that.
 *
 * @param what the end of the sentence "it is not true that …"
 */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  limit = 15_000,
): Promise<T> {
  const deadline = performance.now() + limit;
  while (true) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`For ${limit} ms it was not true that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Fails when `promise` has not settled after `limit` ms. */
export async function within<T>(what: string, promise: Promise<T>, limit = 15_000): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took more than ${limit} ms`)), limit);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
