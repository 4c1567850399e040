/**
 * The characters that JSON is made of, as bytes.
 *
 * @module
 */

/** Begins and ends a string. */
export const QUOTE = 0x22;
/** Takes its meaning from the character behind it. */
export const BACKSLASH = 0x5c;
/** Begins an object. */
export const OPEN_BRACE = 0x7b;
/** Ends an object. */
export const CLOSE_BRACE = 0x7d;
/** Begins an array. */
export const OPEN_BRACKET = 0x5b;
/** Ends an array. */
export const CLOSE_BRACKET = 0x5d;
