/** The tool `subscribe`. @module */
import * as z from "zod";
import { whenOnline } from "../mqtt/mod.ts";
import { listen } from "./listening.ts";
import { filter, lenient, qos, timeout } from "./parameters.ts";
import { RESULT, toResult } from "./result.ts";
import { tool } from "./tool.ts";

/** Listens to a filter for a while, and goes on listening for the next call. */
export const SUBSCRIBE = tool({
  name: "subscribe",
  title: "Listen to topics",
  description:
    "Listen to MQTT topics for some seconds and return the messages that came. The first call for a filter also " +
    "returns the values that the broker keeps for its topics (retain is true). The subscription stays: what is published " +
    "between two calls waits for the next call with the same filter, until unsubscribe. To wait for one event, set " +
    "max_messages to 1 and a long timeout. To read current values only, use get_retained; to find out which topics there " +
    "are, use list_topics.",
  publishes: false,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: {
    topic: filter,
    timeout: timeout(2, "How many seconds to listen"),
    max_messages: lenient(
      z.int().min(1).optional().describe(
        "Return as soon as there are so many messages; the rest waits for the next call",
      ),
    ),
    qos: qos(0, "Most that messages are delivered with; with 1, none is lost on the way from the broker"),
  },
  output: RESULT,
  async run({ topic, timeout, max_messages, qos }, context, call) {
    const { link, clock, permissions, kept, connectTimeout } = context;
    permissions.checkSubscribe(topic);
    await whenOnline(link, connectTimeout, call.signal, clock);
    using collection = await kept.collect(topic, qos, max_messages, call.signal);
    const heard = () => `${collection.size} messages so far`;
    await listen({ timeout, enough: collection.full, heard }, context, call);
    return toResult(collection.take());
  },
});
