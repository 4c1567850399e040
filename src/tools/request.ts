/** The tool `request`. @module */
import * as z from "zod";
import { whenOnline } from "../mqtt/mod.ts";
import { publishMessage } from "./delivery.ts";
import { MESSAGE, toBytes, toProperties, toToolMessage } from "./messages.ts";
import { encoding, message, PROPERTIES, qos, timeout, topicToPublish } from "./parameters.ts";
import { tool } from "./tool.ts";
import { ToolError } from "./tool_error.ts";
import { within } from "../core/clock.ts";

/** Publishes a message and waits for the answer to it. */
export const REQUEST = tool({
  name: "request",
  title: "Ask and wait for the answer",
  description:
    "Publish a message to an MQTT topic and wait for the answer, for instance to call a service or to query a " +
    "device (MQTT 5 request and response). The receiver must support this: it publishes its answer to the response topic " +
    "that comes with the message. For devices that do not, publish the command and use subscribe on the topic where they " +
    "report.",
  publishes: true,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: {
    topic: topicToPublish,
    message,
    timeout: timeout(5, "How many seconds to wait for the answer"),
    qos: qos(1, "0: sent once; 1: confirmed by the broker, which may say that nobody is listening; 2: exactly once"),
    encoding,
    ...PROPERTIES,
  },
  output: {
    success: z.literal(true),
    topic: z.string(),
    response: MESSAGE,
  },
  async run(args, context, { signal }) {
    const { topic, qos } = args;
    const { link, clock, permissions, replies, connectTimeout } = context;
    permissions.checkPublish(topic);
    const payload = toBytes(args.message, args.encoding, "message");
    const { protocolVersion } = await whenOnline(link, connectTimeout, signal, clock);
    if (protocolVersion === 4) {
      throw new ToolError(
        "The broker speaks MQTT 3.1.1 only, which knows no requests: publish, and subscribe for the answer",
      );
    }
    using place = await replies.open(signal);
    const properties = toProperties({
      ...args,
      response_topic: place.topic,
      correlation_data: crypto.randomUUID(),
      message_expiry: args.message_expiry ?? Math.max(1, Math.ceil(args.timeout)),
    });
    const { subscribers } = await publishMessage({ topic, payload, qos, properties }, context, signal);
    if (subscribers === false) throw new ToolError(`Nobody has subscribed to "${topic}", so nobody can answer`);
    const late = () => new ToolError(`No answer to the request on "${topic}" came within ${args.timeout} s`);
    const answer = await within(place.answer, args.timeout * 1000, late, signal, clock);
    return { success: true as const, topic, response: toToolMessage(answer) };
  },
});
