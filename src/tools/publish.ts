/** The tool `publish`. @module */
import * as z from "zod";
import { publishMessage } from "./delivery.ts";
import { encoding, lenient, message, PROPERTIES, qos, topicToPublish } from "./parameters.ts";
import { toProperties } from "./properties.ts";
import { toBytes } from "./text.ts";
import { tool } from "./tool.ts";

/** Publishes one message. */
export const PUBLISH = tool({
  name: "publish",
  title: "Publish a message",
  description:
    "Publish one message to an MQTT topic, such as a command to a device. With qos 0 a broker that refuses it may " +
    "drop it without a word. To get an answer back, use request. content_type, message_expiry, user_properties, " +
    "response_topic and correlation_data need MQTT 5.",
  publishes: true,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: {
    topic: topicToPublish,
    message,
    retain: lenient(z.boolean().default(false).describe("The broker keeps it")),
    qos: qos(0, "0 unconfirmed, 1 confirmed, 2 exactly once"),
    encoding,
    response_topic: z.string().optional(),
    correlation_data: z.string().optional(),
    correlation_encoding: z.enum(["utf8", "base64"]).default("utf8"),
    ...PROPERTIES,
  },
  output: {
    success: z.literal(true),
    topic: z.string(),
    retain: z.boolean(),
    qos: z.int().optional(),
  },
  async run(args, context, { signal }) {
    const { topic, retain, message } = args;
    const { permissions, catalog, confirmation, lastValues, time } = context;
    // The receiver will publish its answer there because of this message, so the rules hold for that topic too.
    const topics = args.response_topic === undefined ? [topic] : [topic, args.response_topic];
    for (const each of topics) permissions.checkPublish(each);
    const payload = toBytes(message, args.encoding, "message");
    const properties = toProperties(args);
    catalog.check(topic, payload);
    await confirmation.ask({ topics, message, retain }, signal);
    const { qos } = await publishMessage({ topic, payload, retain, qos: args.qos, properties }, context, signal);
    if (retain && permissions.mayReadTopic(topic)) lastValues.published(topic, payload, time());
    return { result: { success: true as const, topic, retain, ...(qos === args.qos ? {} : { qos }) } };
  },
});
