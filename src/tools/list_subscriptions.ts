/** The tool `list_subscriptions`. @module */
import * as z from "zod";
import { fitting } from "./text.ts";
import { tool } from "./tool.ts";

/** The most bytes that an answer takes besides its list. */
const FRAME = 120;

/** The tool that lists the subscriptions, and how many messages wait in each. */
export const LIST_SUBSCRIPTIONS = tool({
  name: "list_subscriptions",
  title: "Show subscriptions",
  description:
    "Show the subscriptions that subscribe has left: since when, what QoS the broker grants, how many messages wait.",
  publishes: false,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: {},
  output: {
    success: z.literal(true),
    subscription_count: z.int(),
    subscriptions: z.array(z.object({ topic: z.string(), since: z.string(), waiting: z.int(), qos: z.int() })),
    more: z.int().optional(),
  },
  run(_args, { kept }, { budget }) {
    const subscriptions = kept.states.map(({ filter, since, waiting, qos }) => ({
      topic: filter,
      since: new Date(since).toISOString(),
      waiting,
      qos,
    }));
    const count = fitting(subscriptions, budget - FRAME);
    const more = subscriptions.length - count;
    return Promise.resolve({
      result: {
        success: true as const,
        subscription_count: subscriptions.length,
        subscriptions: subscriptions.slice(0, count),
        ...(more === 0 ? {} : { more }),
      },
    });
  },
});
