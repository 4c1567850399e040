/**
 * What is said about errors that nothing else has dealt with.
 *
 * The text of an error of somebody else's may repeat anything, credentials too. So only errors of ours are shown with
 * their text, and those of the runtime that name a permission that it was not given; of all others, what helps to find
 * the mistake: their kind, and where they were thrown.
 *
 * @module
 */
import { Failure } from "../core/failure.ts";
import { OutputError } from "../core/standard_output.ts";
import { visibleText } from "../core/text.ts";
import { EXIT_FAILURE } from "./command.ts";

/** Why this process got no credentials. The message is ours: it repeats nothing that came. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

/** The lines about an error that ends the program. */
export function explanation(error: unknown): string {
  const kinds = [Failure, HandshakeError, OutputError, Deno.errors.NotCapable];
  if (error instanceof Error && kinds.some((kind) => error instanceof kind)) {
    return `error: ${visibleText(error.message)}\n`;
  }
  const kind = error instanceof Error ? error.name.replaceAll(/\W/g, "") : typeof error;
  return [`error: unexpected ${kind}; please report it with these lines:`, ...framesOf(error), ""].join("\n");
}

/** Where an error was thrown; its text is left out. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const { stack, message } = error;
  const text = stack.indexOf(message);
  return text < 0 ? [] : stack.slice(text + message.length).split("\n").filter((line) => /^\s+at /.test(line));
}

/**
 * Ends the process when a promise is rejected, or something is thrown, that nobody takes. The runtime would do so too,
 * but with the text of the error.
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
