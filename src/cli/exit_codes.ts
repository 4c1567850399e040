/**
 * What the process ends with.
 *
 * @module
 */

/** Everything went as it should. */
export const EXIT_OK = 0;
/** Something failed. */
export const EXIT_FAILURE = 1;
/** The command line or the configuration is wrong. */
export const EXIT_USAGE = 2;
/** The broker will never let us in as we are: `EX_NOPERM` of BSD's sysexits.h. */
export const EXIT_NO_PERMISSION = 77;
