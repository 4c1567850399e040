/**
 * The error of a tool.
 *
 * @module
 */

/** Tells the agent why a tool cannot do its work: a sentence with the cause and the remedy. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}
