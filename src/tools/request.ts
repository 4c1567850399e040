/** The tool `request`. @module */
import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { orLate } from "../core/waiting.ts";
import { type QoS, whenOnline } from "../mqtt/mod.ts";
import type { ToolContext } from "./context.ts";
import { publishMessage } from "./delivery.ts";
import { MESSAGE, toToolMessage } from "./messages.ts";
import { cutHint, page, quoted } from "./page.ts";
import { BUDGET, encoding, lenient, message, PAGING, PROPERTIES, qos, timeout, topicToPublish } from "./parameters.ts";
import { toProperties } from "./properties.ts";
import { DeviceReply } from "./subscriptions/device_reply.ts";
import type { Received } from "./subscriptions/arrivals.ts";
import { type Encoding, toBytes, toText } from "./text.ts";
import { type Call, tool } from "./tool.ts";
import { ToolError } from "./tool_error.ts";

/** Publishes a message and waits for the answer to it. */
export const REQUEST = tool({
  name: "request",
  title: "Ask and wait for the answer",
  description:
    "Publish a message and wait for the answer. Services that know MQTT 5 request and response are told where " +
    "to answer. For devices that answer on a topic of their own (Tasmota, zigbee2mqtt), give that as response_topic: it " +
    "is listened to before the message goes out.",
  publishes: true,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: {
    topic: topicToPublish,
    message,
    timeout: timeout(5, "In s"),
    response_topic: z.string().optional().describe("Topic or filter"),
    match: lenient(
      z.union([z.string(), z.record(z.string(), z.unknown())]).optional().describe(
        'Take JSON with this member only: "id" or {"id":7}',
      ),
    ),
    qos: qos(1, ""),
    encoding,
    ...PROPERTIES,
    parse: PAGING.parse,
    ...BUDGET,
    cursor: z.string().optional().describe("Reads on; publishes nothing"),
    offset: PAGING.offset,
  },
  output: {
    success: z.literal(true),
    topic: z.string(),
    response: MESSAGE,
    cursor: z.string().optional(),
    hint: z.string().optional(),
  },
  async run(args, context, call) {
    const { topic, cursor, offset = 0, parse = false } = args;
    const { permissions, cutAnswers, uris } = context;
    permissions.checkPublish(topic);
    const answer = cursor === undefined ? await ask(args, context, call) : cutAnswers.get(cursor);
    if (answer === undefined) throw new ToolError(`The answer ${quoted(cursor ?? "")} is not remembered any more`);
    let name = cursor;
    const { result, attachments } = page([answer], {
      budget: call.budget,
      most: 1,
      offset,
      parse,
      uri: (topic) => uris.uri(topic),
      members: (_shown, cut) => {
        if (cut.length === 0) return { topic };
        name ??= cutAnswers.add(answer);
        const hint = cutHint(cut, "request", () => ({ topic, message: "", cursor: name })).join(" ");
        return { topic, cursor: name, hint };
      },
    });
    const {
      success,
      messages: [response = toToolMessage(answer, { room: 0 })],
      message_count: _,
      messages: __,
      ...rest
    } = result;
    return { result: { success, topic, response, ...rest }, attachments };
  },
});

interface Question {
  readonly topic: string;
  readonly message: string;
  readonly timeout: number;
  readonly response_topic?: string | undefined;
  readonly match?: string | Record<string, unknown> | undefined;
  readonly qos: QoS;
  readonly encoding: Encoding;
  readonly message_expiry?: number | undefined;
}

/** Publishes the message, and waits for the answer. */
async function ask(question: Question, context: ToolContext, { signal }: Call): Promise<Received> {
  const { topic, message, timeout, response_topic, qos } = question;
  const { link, clock, permissions, confirmation, catalog, connectTimeout, replies, subscriptions } = context;
  if (response_topic !== undefined) permissions.checkSubscribe(response_topic);
  const payload = toBytes(message, question.encoding, "message");
  catalog.check(topic, payload);
  const { protocolVersion } = await whenOnline(link, connectTimeout, signal, clock);
  if (protocolVersion === 4 && response_topic === undefined) {
    throw new ToolError(
      "The broker speaks MQTT 3.1.1 only, in which a request cannot say where to answer: give response_topic, the topic " +
        "on which the device answers by itself",
    );
  }
  // The device publishes its answer there because of this request, so the rules hold for that topic too. A device that
  // answers on a fixed topic need not be told a response topic.
  const told = protocolVersion === 5 && response_topic !== undefined && permissions.mayPublish(response_topic);
  await confirmation.ask({ topics: told ? [topic, response_topic] : [topic], message, retain: false }, signal);
  const correlation = crypto.randomUUID();
  const matches = matcher(question.match);
  const isEcho = echoDetector(topic, payload);
  using place = response_topic === undefined
    ? await replies.open(matches, signal)
    : await DeviceReply.open(response_topic, subscriptions, signal, (answer) =>
      !isEcho(answer) && matches(answer) && !isForAnother(answer, correlation));
  const properties = toProperties({
    ...question,
    response_topic: response_topic === undefined || told ? place.topic : undefined,
    ...(protocolVersion === 4 ? {} : {
      correlation_data: correlation,
      message_expiry: question.message_expiry ?? Math.max(1, Math.ceil(timeout)),
    }),
  });
  place.begin();
  const { subscribers } = await publishMessage({ topic, payload, qos, properties }, context, signal);
  if (subscribers === false) throw new ToolError(`Nobody has subscribed to ${quoted(topic)}, so nobody can answer`);
  const late = () => {
    throw new ToolError(lateText(question, place.others));
  };
  return await orLate(place.answer, timeout * 1000, late, { signal, clock });
}

function lateText({ topic, timeout, response_topic }: Question, others: number): string {
  const where = response_topic === undefined ? "" : ` on ${quoted(response_topic)}`;
  const what = others === 0 ? "" : `; ${others} messages came there that are not what match asks for`;
  return `No answer to the request on ${quoted(topic)} came${where} within ${timeout} s${what}`;
}

/** Whether a message is JSON that has what `match` asks for: a member of this name, or members of these values. */
function matcher(match: Question["match"]): (answer: Received) => boolean {
  if (match === undefined) return () => true;
  return ({ payload }) => {
    const value = jsonOf(payload);
    if (typeof value !== "object" || value === null) return false;
    if (typeof match === "string") return Object.hasOwn(value, match);
    return Object.entries(match).every(([name, wanted]) =>
      Object.hasOwn(value, name) && isDeepStrictEqual((value as Record<string, unknown>)[name], wanted)
    );
  };
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}

/** Whether an answer has other Correlation Data: several clients may use the same response topic. */
function isForAnother({ properties: { correlationData } }: Received, correlation: string): boolean {
  return correlationData !== undefined && toText(correlationData).text !== correlation;
}

/** Recognizes our own request, once: a wide filter for the answer also matches the request's topic. */
function echoDetector(topic: string, payload: Uint8Array): (answer: Received) => boolean {
  let seen = false;
  return (answer) => {
    const echo = !seen && answer.topic === topic && Buffer.compare(answer.payload, payload) === 0;
    seen ||= echo;
    return echo;
  };
}
