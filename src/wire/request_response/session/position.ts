/**
 * How far the messages of one direction have come.
 *
 * @module
 */

/** Everything up to and with message `number`, and the first `offset` bytes of the one behind it. */
export interface Position {
  readonly number: number;
  readonly offset: number;
}

/** Before the first message. */
export const START: Position = { number: 0, offset: 0 };

/** Behind a whole message. */
export function behind(number: number): Position {
  return { number, offset: 0 };
}

/** Whether `a` is further than `b`. */
export function isAfter(a: Position, b: Position): boolean {
  return a.number > b.number || (a.number === b.number && a.offset > b.offset);
}

/** Whether they are the same. */
export function isSame(a: Position, b: Position): boolean {
  return a.number === b.number && a.offset === b.offset;
}

/** The one that is further. */
export function later(a: Position, b: Position): Position {
  return isAfter(b, a) ? b : a;
}
