/**
 * The MQTT 5 properties that an agent gives to a message.
 *
 * @module
 */
import type { PublishProperties, UserProperties } from "../mqtt/mod.ts";
import { type Encoding, toBytes } from "./text.ts";
import { ToolError } from "./tool_error.ts";

/** Longest text or binary data in a packet, in bytes (MQTT 5.0, sections 1.5.4 and 1.5.6). */
const LONGEST = 65_535;

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
 * The MQTT 5 properties that an agent has given. A message expiry of 0 means that the message does not expire.
 *
 * @throws {ToolError} when a property cannot be sent by MQTT
 */
export function toProperties(written: WrittenProperties): PublishProperties {
  const { content_type, response_topic, correlation_data, user_properties } = written;
  const message_expiry = written.message_expiry || undefined;
  const encoding = written.correlation_encoding ?? "utf8";
  checkText("content_type", content_type);
  checkText("response_topic", response_topic);
  for (const [name, values] of Object.entries(user_properties ?? {})) {
    checkText("a name in user_properties", name);
    for (const value of [values].flat()) checkText("a value in user_properties", value);
  }
  const correlationData = correlation_data === undefined
    ? undefined
    : toBytes(correlation_data, encoding, "correlation_data");
  checkLength("correlation_data", correlationData?.length ?? 0);
  return {
    ...(content_type === undefined ? {} : { contentType: content_type }),
    ...(response_topic === undefined ? {} : { responseTopic: response_topic }),
    ...(correlationData === undefined ? {} : { correlationData }),
    ...(message_expiry === undefined ? {} : { messageExpiryInterval: message_expiry }),
    ...(user_properties === undefined ? {} : { userProperties: user_properties }),
  };
}

/** Refuses text that MQTT cannot carry: brokers close the connection over it. */
function checkText(what: string, text: string | undefined): void {
  if (text === undefined) return;
  if (text.includes("\0")) throw new ToolError(`${what} has a NUL character, which MQTT does not allow`);
  if (!text.isWellFormed()) throw new ToolError(`${what} has half of a surrogate pair, which UTF-8 cannot express`);
  checkLength(what, new TextEncoder().encode(text).length);
}

function checkLength(what: string, length: number): void {
  if (length > LONGEST) throw new ToolError(`${what} has ${length} bytes; MQTT allows ${LONGEST}: shorten it`);
}
