/**
 * Messages for errors that were not handled elsewhere.
 *
 * The text of a foreign error may contain anything, also credentials. So only our own errors are shown with their text,
 * and those of Deno about a missing permission. Of all others, only the class and the stack are shown, to help to find
 * the mistake.
 *
 * @module
 */
import { Failure } from "../core/failure.ts";
import { OutputError } from "../core/standard_output.ts";
import { visibleText } from "../core/text.ts";
import { EXIT_FAILURE } from "./command.ts";

/** Why this process received no credentials. The message is our own, and repeats nothing from the peer. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

/** The message for an error that ends the program. */
export function explanation(error: unknown): string {
  const kinds = [Failure, HandshakeError, OutputError, Deno.errors.NotCapable];
  if (error instanceof Error && kinds.some((kind) => error instanceof kind)) {
    return `error: ${visibleText(error.message)}\n`;
  }
  const kind = error instanceof Error ? error.name.replaceAll(/\W/g, "") : typeof error;
  return [`error: unexpected ${kind}; please report it with these lines:`, ...framesOf(error), ""].join("\n");
}

/** The stack frames of an error, without its text. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const { stack, message } = error;
  const text = stack.indexOf(message);
  return text < 0 ? [] : stack.slice(text + message.length).split("\n").filter((line) => /^\s+at /.test(line));
}

/**
 * Ends the process on an unhandled rejection or an uncaught error. Deno would do so too, but would print the text of
 * the error.
 */
export function endOnUnhandledErrors(printError: (text: string) => void, exit: (code: number) => void): void {
  const end = (event: Event, error: unknown) => {
    event.preventDefault();
    printError(explanation(error));
    exit(EXIT_FAILURE);
  };
  globalThis.addEventListener("unhandledrejection", (event) => end(event, event.reason));
  globalThis.addEventListener("error", (event) => end(event, event.error));
}
