/** The tool `unsubscribe`. @module */
import * as z from "zod";
import { filtersOf } from "./filters.ts";
import { quoted } from "./page.ts";
import { FILTERS } from "./parameters.ts";
import { tool } from "./tool.ts";

/** The tool that ends a subscription that `subscribe` has kept. */
export const UNSUBSCRIBE = tool({
  name: "unsubscribe",
  title: "Stop listening",
  description:
    "End the subscription that subscribe has left for exactly this filter, and forget the messages that wait there.",
  publishes: false,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: FILTERS,
  output: {
    success: z.literal(true),
    topic: z.string().optional(),
    topics: z.array(z.string()).optional(),
    not_subscribed: z.array(z.string()).optional(),
    hint: z.string().optional(),
  },
  async run(args, { permissions, kept }) {
    const filters = filtersOf(args);
    for (const filter of filters) permissions.checkSubscribe(filter);
    const missing: string[] = [];
    for (const filter of filters) if (!await kept.drop(filter)) missing.push(filter);
    const [topic = ""] = filters;
    return {
      result: {
        success: true as const,
        ...(args.topic !== undefined && filters.length === 1 ? { topic } : { topics: filters }),
        ...(missing.length === 0 ? {} : {
          not_subscribed: missing,
          hint: `There was no subscription to ${
            missing.map(quoted).join(", ")
          }; list_subscriptions shows what is kept.`,
        }),
      },
    };
  },
});
