/** The tool `get_retained`. @module */
import { whenOnline } from "../mqtt/mod.ts";
import { filter, timeout } from "./parameters.ts";
import { RESULT, toResult } from "./result.ts";
import { readRetained } from "./subscriptions/retained.ts";
import { tool } from "./tool.ts";

/** Reads the values that the broker keeps. */
export const GET_RETAINED = tool({
  name: "get_retained",
  title: "Read current values",
  description:
    "Read the values that the MQTT broker keeps for topics (their retained messages): the last known state of " +
    "devices, without waiting for them to send again. Returns as soon as they are there. A topic without a kept value is " +
    "not in the result, though messages may be published to it: use subscribe to listen for those.",
  publishes: false,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: {
    topic: filter,
    timeout: timeout(1, "How many seconds to wait at most for the broker to send them"),
  },
  output: RESULT,
  async run({ topic, timeout }, context, { signal }) {
    const { link, clock, permissions, connectTimeout } = context;
    permissions.checkSubscribe(topic);
    await whenOnline(link, connectTimeout, signal, clock);
    const found = await readRetained(topic, timeout * 1000, context, signal);
    return toResult({ ...found, interrupted: false });
  },
});
