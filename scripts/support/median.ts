/**
 * What a measurement comes to when it was made several times.
 *
 * @module
 */

/** The number in the middle; of an even count, halfway between the two. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}
