/**
 * What a tool is.
 *
 * @module
 */
import * as z from "zod";
import { Failure } from "../core/failure.ts";
import type { ToolContext } from "./context.ts";
import type { CallToolResult, McpServer, ToolAnnotations } from "./sdk.ts";
import { ToolError } from "./tool_error.ts";

/** What a call has besides its arguments. */
export interface Call {
  /** Aborted when the host cancels the call, or is gone. */
  readonly signal: AbortSignal;
  /** Tells a host that wants to know how far the call is; `undefined` when the host does not. */
  readonly report: ((progress: number, total: number, message: string) => void) | undefined;
}

/** The fields of an object, with their schemas. */
export type Shape = z.ZodRawShape;

/** The value that fields come to. */
export type Value<S extends Shape> = z.output<z.ZodObject<S>>;

/** One tool. */
export interface Tool<Input extends Shape = Shape, Output extends Shape = Shape> {
  readonly name: string;
  readonly title: string;
  /** Written for a model, to choose well. */
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly annotations: ToolAnnotations;
  /** Whether it publishes, and so is not offered when nothing may be published. */
  readonly publishes: boolean;
  /**
   * Does the work.
   *
   * @throws {ToolError | Failure} when it cannot; the message is for the agent
   */
  run(args: Value<Input>, context: ToolContext, call: Call): Promise<Value<Output>>;
}

/** Declares a tool, so that its arguments and its result have the types of their schemas. */
export function tool<Input extends Shape, Output extends Shape>(declaration: Tool<Input, Output>): Tool {
  return declaration as unknown as Tool;
}

/** Offers a tool to the host of `server`. */
export function register({ name, run, input, output, ...rest }: Tool, context: ToolContext, server: McpServer): void {
  const { title, description, annotations } = rest;
  const config = { title, description, annotations, inputSchema: z.object(input), outputSchema: z.object(output) };
  server.registerTool(name, config, async (args, extra): Promise<CallToolResult> => {
    const progressToken = extra._meta?.progressToken;
    const report: Call["report"] = progressToken === undefined ? undefined : (progress, total, message) => {
      const params = { progressToken, progress, total, message };
      // A host that is gone needs no report.
      void extra.sendNotification({ method: "notifications/progress", params }).catch(() => {});
    };
    const structuredContent = await run(args, context, { signal: extra.signal, report }).catch((error) => {
      throw forAgent(error, extra.signal);
    });
    return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
  });
}

/** What an agent may see: errors of others may repeat anything. */
function forAgent(error: unknown, { aborted }: AbortSignal): unknown {
  if (aborted || error instanceof ToolError || error instanceof Failure) return error;
  return new ToolError(`The tool has failed: unexpected ${error instanceof Error ? error.name : typeof error}`);
}
