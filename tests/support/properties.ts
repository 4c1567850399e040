/**
 * Properties that hold for all inputs, tried on many.
 *
 * @module
 */
import fc from "fast-check";

// The same inputs on every run: a test that fails sometimes helps nobody. Another seed is a way to look for more.
fc.configureGlobal({ seed: Number(Deno.env.get("TEST_SEED") ?? 20_261_122), numRuns: 300 });

export { fc };

/** Asserts that `property` holds for every value that `arbitrary` makes. */
export function holds<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, property));
}

/** The same for a property that takes time. */
export function holdsAsync<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, property), { numRuns: 100 });
}

/** Any text, all of Unicode included. */
export const text: fc.Arbitrary<string> = fc.string({ unit: "binary" });

/** Any bytes. */
export const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
