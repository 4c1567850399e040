/**
 * The error of a tool.
 *
 * @module
 */

/** What the agent is told when a tool cannot do its work: a sentence that names the cause and the remedy. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}
