/**
 * MQTT messages as agents see and write them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as z from "zod";
import type { PublishProperties, ReceivedPacket, UserProperties } from "../mqtt/mod.ts";
import { ToolError } from "./tool_error.ts";

/** How bytes are written as text. */
export type Encoding = "utf8" | "base64";

const userProperties = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** A message, in results. */
export const MESSAGE = z.object({
  topic: z.string(),
  payload: z.string().describe("The text; or base64, if encoding says so"),
  retain: z.boolean().describe("Whether the broker had kept it; false when it was published just now"),
  qos: z.number().int(),
  encoding: z.literal("base64").optional().describe("The payload is binary, and written as base64"),
  content_type: z.string().optional(),
  response_topic: z.string().optional().describe("Where the sender waits for an answer"),
  correlation_data: z.string().optional().describe("To be sent back with the answer"),
  correlation_encoding: z.literal("base64").optional().describe(
    "The correlation data is binary, and written as base64",
  ),
  user_properties: userProperties.optional(),
});

/** A message, in results. */
export type ToolMessage = z.output<typeof MESSAGE>;

/** The message of a packet. */
export function toToolMessage({ topic, payload, retain, qos, properties }: ReceivedPacket): ToolMessage {
  const body = toText(payload);
  const { contentType, responseTopic, correlationData, userProperties } = properties;
  const correlation = correlationData === undefined ? undefined : toText(correlationData);
  return {
    topic,
    payload: body.text,
    retain,
    qos,
    ...(body.encoding === "base64" ? { encoding: body.encoding } : {}),
    ...(contentType === undefined ? {} : { content_type: contentType }),
    ...(responseTopic === undefined ? {} : { response_topic: responseTopic }),
    ...(correlation === undefined ? {} : { correlation_data: correlation.text }),
    ...(correlation?.encoding === "base64" ? { correlation_encoding: correlation.encoding } : {}),
    ...(userProperties === undefined ? {} : { user_properties: plain(userProperties) }),
  };
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as the text that they are, or as base64 when they are none. */
export function toText(bytes: Uint8Array): { readonly text: string; readonly encoding: Encoding } {
  try {
    return { text: strict.decode(bytes), encoding: "utf8" };
  } catch {
    return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"), encoding: "base64" };
  }
}

/**
 * The bytes of a text.
 *
 * @param what whose text it is, for the error
 * @throws {ToolError} when it is not base64, though it should be
 */
export function toBytes(text: string, encoding: Encoding, what: string): Uint8Array {
  if (encoding === "utf8") return new TextEncoder().encode(text);
  const bytes = Buffer.from(text, "base64");
  // Node skips what is not base64; an agent had better know.
  if (bytes.toString("base64").replaceAll("=", "") !== text.replaceAll(/[\s=]/g, "")) {
    throw new ToolError(`${what} is not base64, though its encoding says so`);
  }
  return bytes;
}

/** What an agent can say about a message besides its payload, as parameters of a tool. */
export interface WrittenProperties {
  readonly content_type?: string | undefined;
  readonly response_topic?: string | undefined;
  readonly correlation_data?: string | undefined;
  readonly correlation_encoding?: Encoding | undefined;
  readonly message_expiry?: number | undefined;
  readonly user_properties?: UserProperties | undefined;
}

/**
 * The MQTT 5 properties that an agent has written; none when it has written none.
 *
 * @throws {ToolError} when they cannot be
 */
export function toProperties(written: WrittenProperties): PublishProperties {
  const { content_type, response_topic, correlation_data, message_expiry, user_properties } = written;
  const encoding = written.correlation_encoding ?? "utf8";
  return {
    ...(content_type === undefined ? {} : { contentType: content_type }),
    ...(response_topic === undefined ? {} : { responseTopic: response_topic }),
    ...(correlation_data === undefined
      ? {}
      : { correlationData: toBytes(correlation_data, encoding, "correlation_data") }),
    ...(message_expiry === undefined ? {} : { messageExpiryInterval: message_expiry }),
    ...(user_properties === undefined ? {} : { userProperties: user_properties }),
  };
}

/** Without a prototype that a library may have left out, which would not be compared as equal. */
function plain(properties: UserProperties): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
}
