/**
 * Suggestions for a name that does not exist.
 *
 * @module
 */

/** How many names are compared at most. */
const MOST = 1_000;

/** Longer names are not compared letter by letter. */
const LONGEST = 200;

/** The names that are similar to `name`, the nearest first; at most three. */
export function nearest(name: string, names: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  return [...new Set(names)].slice(0, MOST)
    .map((candidate) => ({ candidate, distance: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance !== undefined)
    .toSorted((a, b) => (a.distance ?? 0) - (b.distance ?? 0) || a.candidate.localeCompare(b.candidate))
    .slice(0, 3).map(({ candidate }) => candidate);
}

/** The distance between two names; `undefined` when one is hardly a mistake for the other. */
function distance(wanted: string, candidate: string): number | undefined {
  if (wanted === candidate) return 0;
  if (wanted.split("/").at(-1) === candidate.split("/").at(-1)) return 1; // only the levels before the last one differ
  if (Math.max(wanted.length, candidate.length) > LONGEST) return undefined;
  const mistakes = editDistance(wanted, candidate);
  if (mistakes <= Math.max(1, Math.min(wanted.length, candidate.length) / 3)) return mistakes + 1;
  const [shorter, longer] = wanted.length < candidate.length ? [wanted, candidate] : [candidate, wanted];
  return shorter.length >= 3 && longer.includes(shorter) ? LONGEST + longer.length : undefined;
}

/** The number of letters to add, remove, replace or swap with their neighbour (optimal string alignment distance). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const exchanged = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
        exchanged ? (before[column - 2] ?? 0) + 1 : Infinity,
      ));
    }
    [before, above] = [above, current];
  }
  return above[b.length] ?? 0;
}
