/**
 * How much of a model's context a list of tools takes.
 *
 * @module
 */

/**
 * Bytes of JSON in a token. Each model counts in its own way; for English and JSON, four is the usual rule of thumb, and
 * more than a guess is not needed to choose between some dozen tools and some thousand.
 */
const BYTES_PER_TOKEN = 4;

/** What a model gets to see of a tool. */
export interface ShownTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema?: unknown;
}

const ENCODER = new TextEncoder();

/** How many tokens a tool takes in a model's context, about: its name, its description, and what arguments it takes. */
export function toolTokens({ name, description, inputSchema }: ShownTool): number {
  return Math.ceil(ENCODER.encode(JSON.stringify({ name, description, inputSchema })).length / BYTES_PER_TOKEN);
}
