/**
 * MQTT messages as agents see them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as z from "zod";
import type { UserProperties } from "../mqtt/mod.ts";
import type { Received } from "./subscriptions/arrivals.ts";
import { cutText, jsonSize, toText } from "./text.ts";

const userProperties = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** A message, in results. */
export const MESSAGE = z.object({
  topic: z.string(),
  payload: z.string(),
  retain: z.boolean(),
  qos: z.int(),
  encoding: z.literal("base64").optional(),
  received_at: z.string(),
  /** How long a retained message has been known, in s. */
  age_seconds: z.int().optional(),
  /** The payload, if it is JSON. */
  json: z.unknown().optional(),
  truncated: z.literal(true).optional(),
  /** The size of the whole payload in bytes, when `payload` has only a part of it. */
  payload_size: z.int().optional(),
  /** The byte at which the rest begins. */
  offset: z.int().optional(),
  /** Which item of the content shows the payload. */
  content_item: z.int().optional(),
  content_type: z.string().optional(),
  response_topic: z.string().optional(),
  correlation_data: z.string().optional(),
  correlation_encoding: z.literal("base64").optional(),
  user_properties: userProperties.optional(),
});

/** A message, in results. */
export type ToolMessage = z.output<typeof MESSAGE>;

/** How a message is to be shown. */
export interface DisplayOptions {
  /** Bytes of JSON text that there is room for. */
  readonly room: number;
  /** The byte of the payload to begin with. @default {0} */
  readonly offset?: number;
  /** Whether JSON payloads are wanted as JSON too. */
  readonly parse?: boolean;
  /** Which item of the content will show the payload, if it fits. */
  readonly contentItem?: number;
}

/** How long a topic may be in a message that has no room, in characters. */
const SHORTENED_TOPIC = 200;

/**
 * A message as JSON, within the room for it. A payload that does not fit is cut, and `offset` says where the rest
 * begins.
 */
export function toToolMessage(message: Received, options: DisplayOptions): ToolMessage {
  const { payload } = message;
  const { room, offset = 0 } = options;
  const whole = describe(message);
  const text = offset === 0 && payload.length <= room ? toText(payload) : undefined;
  if (text !== undefined) {
    const { encoding } = text;
    const { contentItem } = options;
    const shown = {
      ...whole,
      payload: text.text,
      ...(encoding === "base64" ? { encoding } : {}),
      ...(contentItem === undefined ? {} : { content_item: contentItem }),
    };
    const parsed = options.parse === true && encoding === "utf8" ? withJson(shown) : shown;
    for (const candidate of [parsed, shown]) if (jsonSize(candidate) <= room) return inOrder(candidate);
  }
  return inOrder(inPart(whole, payload, offset, options));
}

type Description = Omit<ToolMessage, "payload">;

function describe(message: Received): Description {
  const { topic, retain, qos, properties, receivedAt, publishedAt } = message;
  const { contentType, responseTopic, correlationData, userProperties } = properties;
  const correlation = correlationData === undefined ? undefined : toText(correlationData);
  return {
    topic,
    retain,
    qos,
    received_at: new Date(receivedAt).toISOString(),
    ...(publishedAt === undefined ? {} : { age_seconds: Math.round((receivedAt - publishedAt) / 1000) }),
    ...(contentType === undefined ? {} : { content_type: contentType }),
    ...(responseTopic === undefined ? {} : { response_topic: responseTopic }),
    ...(correlation === undefined ? {} : { correlation_data: correlation.text }),
    ...(correlation?.encoding === "base64" ? { correlation_encoding: correlation.encoding } : {}),
    ...(userProperties === undefined ? {} : { user_properties: plain(userProperties) }),
  };
}

function withJson(message: ToolMessage): ToolMessage {
  try {
    return { ...message, json: JSON.parse(message.payload) };
  } catch {
    return message;
  }
}

function inPart(whole: Description, payload: Uint8Array, offset: number, { room }: DisplayOptions): ToolMessage {
  const size = payload.length;
  const part = (description: Description): ToolMessage => ({
    ...description,
    payload: "",
    encoding: "base64",
    truncated: true,
    payload_size: size,
    offset: size,
  });
  let frame = part(whole);
  if (jsonSize(frame) > room) {
    // The properties alone fill the room: only the most important members are kept.
    const { topic, retain, qos, received_at } = whole;
    frame = part({ topic: `${topic.slice(0, SHORTENED_TOPIC)}…`, retain, qos, received_at });
    if (jsonSize(part({ ...whole, user_properties: {} })) <= room) frame = part({ ...whole, user_properties: {} });
  }
  // A part of an image is of no use, unless the call asks for it.
  const useless = offset === 0 && imageType(payload) !== undefined;
  const piece = cutText(payload, offset, useless ? 0 : room - jsonSize(frame) + 2);
  const { encoding: _, truncated: __, offset: ___, ...rest } = frame;
  return {
    ...rest,
    payload: piece.text,
    ...(piece.encoding === "base64" ? { encoding: piece.encoding } : {}),
    ...(piece.end < size ? { truncated: true as const, offset: piece.end } : {}),
  };
}

/** The message with its members in the order of {@linkcode MESSAGE}, which begins with the most wanted ones. */
function inOrder(message: ToolMessage): ToolMessage {
  const { topic, payload, retain, qos, encoding, received_at, ...rest } = message;
  return { topic, payload, retain, qos, ...(encoding === undefined ? {} : { encoding }), received_at, ...rest };
}

/**
 * User properties as plain objects. Without a prototype, as libraries may return them, they would not compare as equal.
 */
function plain(properties: UserProperties): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
}

/** The MIME type of an image, by its first bytes; `undefined` for other data and for formats that hosts do not show. */
export function imageType(payload: Uint8Array): string | undefined {
  const begin = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, 16)).toString("latin1");
  if (begin.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (begin.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(begin) && payload.length > 13) return "image/gif";
  if (/^RIFF[^]{4}WEBP/.test(begin)) return "image/webp";
}
