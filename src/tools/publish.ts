/** The tool `publish`. @module */
import * as z from "zod";
import { publishMessage } from "./delivery.ts";
import { toBytes, toProperties } from "./messages.ts";
import { encoding, lenient, message, PROPERTIES, qos, topicToPublish } from "./parameters.ts";
import { tool } from "./tool.ts";

/** Publishes one message. */
export const PUBLISH = tool({
  name: "publish",
  title: "Publish a message",
  description:
    "Publish one message to an MQTT topic, for instance a command to a device. Everybody who is subscribed to " +
    "the topic gets it now; with retain the broker also keeps it, as the topic's current value, for those who subscribe " +
    "later. With qos 1 the broker confirms the message or says why it refuses it; with qos 0 a broker that does not " +
    "allow it may drop it without a word. To get an answer back, use request instead.",
  publishes: true,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: {
    topic: topicToPublish,
    message,
    retain: lenient(z.boolean().default(false).describe("Whether the broker keeps the message for later subscribers")),
    qos: qos(0, "0: sent once, unconfirmed; 1: confirmed by the broker; 2: confirmed, and received exactly once"),
    encoding,
    response_topic: z.string().optional().describe("Topic on which an answer is wanted (MQTT 5)"),
    correlation_data: z.string().optional().describe("What an answer has to repeat (MQTT 5)"),
    correlation_encoding: z.enum(["utf8", "base64"]).default("utf8").describe("How correlation_data is written"),
    ...PROPERTIES,
  },
  output: {
    success: z.literal(true),
    topic: z.string(),
    retain: z.boolean(),
  },
  async run(args, context, { signal }) {
    const { topic, retain } = args;
    context.permissions.checkPublish(topic);
    // Whoever answers publishes there on our behalf.
    if (args.response_topic !== undefined) context.permissions.checkPublish(args.response_topic);
    const payload = toBytes(args.message, args.encoding, "message");
    await publishMessage({ topic, payload, retain, qos: args.qos, properties: toProperties(args) }, context, signal);
    return { success: true as const, topic, retain };
  },
});
