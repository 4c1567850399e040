/** The tool `unsubscribe`. @module */
import * as z from "zod";
import { filter } from "./parameters.ts";
import { tool } from "./tool.ts";

/** Ends a subscription that `subscribe` has left. */
export const UNSUBSCRIBE = tool({
  name: "unsubscribe",
  title: "Stop listening",
  description:
    "End the subscription that subscribe has left for an MQTT topic filter, and forget the messages that wait " +
    "there. Give exactly the filter that was given to subscribe.",
  publishes: false,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: { topic: filter },
  output: {
    success: z.literal(true),
    topic: z.string(),
  },
  async run({ topic }, { permissions, kept }) {
    permissions.checkSubscribe(topic);
    await kept.drop(topic);
    return { success: true as const, topic };
  },
});
