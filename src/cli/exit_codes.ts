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
/** The tool that was called, or its server, has answered with an error. */
export const EXIT_REMOTE_ERROR = 3;
/** The broker will never let us in as we are: `EX_NOPERM` of BSD's sysexits.h. */
export const EXIT_NO_PERMISSION = 77;
/** Somebody has asked the process to end: 128 and the number of SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;
