/**
 * What a tool is.
 *
 * @module
 */
import type * as z from "zod";
import type { ToolContext } from "./context.ts";
import type { Attachment } from "./page.ts";
import type { ToolAnnotations } from "./sdk.ts";

/** What a call has besides its arguments. */
export interface Call {
  /** Aborted when the host cancels the call, or is gone. */
  readonly signal: AbortSignal;
  /** Reports progress; `undefined` when the host has not asked for it. */
  readonly report: ((progress: number, total: number, message: string) => void) | undefined;
  /** Bytes that the result may take as JSON text. */
  readonly budget: number;
}

/** The fields of an object, with their schemas. */
export type Shape = z.ZodRawShape;

/** The validated value of these fields. */
export type Value<S extends Shape> = z.output<z.ZodObject<S>>;

/** The answer to a call. */
export interface Answer<T> {
  readonly result: T;
  /** Images and embedded resources that hosts can show. */
  readonly attachments?: readonly Attachment[];
}

/** One tool. */
export interface Tool<Input extends Shape = Shape, Output extends Shape = Shape> {
  readonly name: string;
  readonly title: string;
  /** Written for models, which choose a tool by it. */
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly annotations: ToolAnnotations;
  /** Whether the tool publishes. If so, it is not offered where publishing is not allowed. */
  readonly publishes: boolean;
  /**
   * Does the work.
   *
   * @throws {ToolError | Failure} when it cannot; the message is for the agent
   */
  run(args: Value<Input>, context: ToolContext, call: Call): Promise<Answer<Value<Output>>>;
}

/** Declares a tool, so that its arguments and its result have the types of their schemas. */
export function tool<Input extends Shape, Output extends Shape>(declaration: Tool<Input, Output>): Tool {
  return declaration as unknown as Tool;
}
