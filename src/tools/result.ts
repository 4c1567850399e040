/**
 * The result of the tools that return messages.
 *
 * @module
 */
import * as z from "zod";
import type { Collected } from "./subscriptions/kept_subscriptions.ts";
import { MESSAGE, toToolMessage } from "./messages.ts";

/** Messages, and what there is to say about them. */
export const RESULT = {
  success: z.literal(true),
  message_count: z.int(),
  messages: z.array(MESSAGE).describe("In the order in which they came"),
  dropped: z.int().optional().describe("How many older messages had to make room for these"),
  interrupted: z.literal(true).optional().describe(
    "The connection was away since the last call: messages may be missing",
  ),
};

/** The value of {@linkcode RESULT}. */
export type Result = z.output<z.ZodObject<typeof RESULT>>;

/** Puts a result together. */
export function toResult({ packets, dropped, interrupted }: Collected): Result {
  return {
    success: true,
    message_count: packets.length,
    messages: packets.map(toToolMessage),
    ...(dropped === 0 ? {} : { dropped }),
    ...(interrupted ? { interrupted } : {}),
  };
}
