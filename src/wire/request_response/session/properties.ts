/**
 * The PUBLISH packets of the request-response profile: their properties, their QoS and their size.
 *
 * @module
 */
import type { MqttLink, PublishProperties, QoS, ReceivedPacket } from "../../../mqtt/mod.ts";
import type { SessionQoS } from "../../profile.ts";
import { Failure, isFailureReason } from "../../../core/failure.ts";
import { Message } from "../../../core/message.ts";
import { firstValue } from "../../packets.ts";
import { traceProperties } from "../../trace_properties.ts";
import type { Frame, Piece, Subject, Writable } from "./frame.ts";
import type { Position } from "./position.ts";

/** User property that names the session; the client makes it up. */
export const SESSION = "mcp-session";

/**
 * User property that addresses a first message to one instance. Without shared subscriptions the broker delivers the
 * message to all instances, and the others ignore it.
 */
export const INSTANCE = "mcp-instance";

/**
 * User property of a message that ends a session. Its value is the reason word. The payload is a
 * `notifications/disconnected`. The property says that the notification is for the proxy. Without it, the notification
 * would go to the host or server behind the proxy.
 */
export const CLOSED = "mcp-closed";

/** User property that tells which format of sessions its sender understands; without it, it is format 1. */
export const FORMAT = "mcp-format";

/** The newest format of sessions. */
export const NEWEST_FORMAT = 2;

/** User property that tells how large a message its sender takes, in bytes. */
export const MAXIMUM = "mcp-max";

export const SEQUENCE = "mcp-seq";
const PIECE = "mcp-piece";
const BATCH = "mcp-batch";
const END = "mcp-end";
const MORE = "mcp-more";
const SUBJECT = "mcp-id";
export const ACKNOWLEDGE = "mcp-ack";
const RESUME = "mcp-resume";
const SENT = "mcp-sent";
const WINDOW = "mcp-window";

/** The properties that every MCP message has. */
export const MESSAGE_PROPERTIES: PublishProperties = {
  payloadFormatIndicator: true,
  contentType: "application/json",
};

/** The value of a user property. */
export function userProperty({ properties }: ReceivedPacket, name: string): string | undefined {
  return firstValue(properties.userProperties, name);
}

/** The user properties of a frame. */
export function frameProperties(frame: Frame): Record<string, string> {
  const properties: Record<string, string> = {};
  if (frame.sequence !== undefined) properties[SEQUENCE] = String(frame.sequence);
  if (frame.piece !== undefined) properties[PIECE] = `${frame.piece.offset}/${frame.piece.length}`;
  if (frame.batch !== undefined) properties[BATCH] = String(frame.batch);
  if (frame.end === true) properties[END] = "1";
  if (frame.more === true) properties[MORE] = "1";
  if (frame.acknowledge !== undefined) properties[ACKNOWLEDGE] = positionText(frame.acknowledge);
  if (frame.window !== undefined) properties[WINDOW] = String(frame.window);
  if (frame.resume !== undefined) properties[RESUME] = positionText(frame.resume);
  if (frame.sent !== undefined) properties[SENT] = positionText(frame.sent);
  if (frame.subject !== undefined) properties[SUBJECT] = `${frame.subject.kind} ${frame.subject.id}`;
  return properties;
}

/** The trace context of the message whose first packet a frame is; for a session that shows it. */
export function frameTrace(
  { piece, more }: Frame,
  message: Message | undefined,
): Readonly<Record<string, string>> | undefined {
  const isFirst = more !== true && (piece === undefined || piece.offset === 0);
  return isFirst && message !== undefined ? traceProperties(message) : undefined;
}

function positionText({ number, offset }: Position): string {
  return offset === 0 ? String(number) : `${number}/${offset}`;
}

/** The frame in a packet. What is not a number, or not one that a peer of ours would send, is not there. */
export function toFrame({ payload, properties: { correlationData, userProperties = {} } }: ReceivedPacket): Frame {
  const frame: Writable<Frame> = { payload };
  if (correlationData !== undefined) frame.correlation = correlationData;
  for (const name in userProperties) {
    const value = firstValue(userProperties, name);
    if (value !== undefined) readProperty(frame, name, value);
  }
  return frame;
}

function readProperty(frame: Writable<Frame>, name: string, value: string): void {
  switch (name) {
    case SEQUENCE:
      return assign(frame, "sequence", wholeNumber(value, 1));
    case ACKNOWLEDGE:
      return assign(frame, "acknowledge", toPosition(value));
    case PIECE:
      return assign(frame, "piece", toPiece(value));
    case BATCH:
      return assign(frame, "batch", wholeNumber(value, 1));
    case END:
      return assign(frame, "end", value === "1" ? true : undefined);
    case MORE:
      return assign(frame, "more", value === "1" ? true : undefined);
    case WINDOW:
      return assign(frame, "window", wholeNumber(value, 0));
    case MAXIMUM:
      return assign(frame, "maximum", wholeNumber(value, 1));
    case RESUME:
      return assign(frame, "resume", toPosition(value));
    case SENT:
      return assign(frame, "sent", toPosition(value));
    case SUBJECT:
      return assign(frame, "subject", toSubject(value));
  }
}

function assign<Name extends keyof Frame>(
  frame: Writable<Frame>,
  name: Name,
  value: Frame[Name],
): void {
  if (value !== undefined) frame[name] = value;
}

/** A decimal number of at most 15 digits, between two places of a text. */
function wholeNumber(text: string, smallest: number, start = 0, end = text.length): number | undefined {
  if (end === start || end - start > 15) return undefined;
  let number = 0;
  for (let index = start; index < end; index++) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number >= smallest ? number : undefined;
}

const ZERO = 0x30;

function toPosition(text: string): Position | undefined {
  const slash = text.indexOf("/");
  const number = wholeNumber(text, 0, 0, slash < 0 ? text.length : slash);
  const offset = slash < 0 ? 0 : wholeNumber(text, 0, slash + 1);
  return number === undefined || offset === undefined ? undefined : { number, offset };
}

function toPiece(text: string): Piece | undefined {
  const slash = text.indexOf("/");
  const offset = slash < 0 ? undefined : wholeNumber(text, 0, 0, slash);
  const length = wholeNumber(text, 0, slash + 1);
  return offset === undefined || length === undefined ? undefined : { offset, length };
}

/** The format that a peer speaks, from its properties or from its presence. */
export function formatOf(said: unknown): 1 | 2 {
  return Number(said) >= NEWEST_FORMAT ? NEWEST_FORMAT : 1;
}

/** The `id` ends up in an answer as it is, so it must be one. */
function toSubject(text: string): Subject | undefined {
  const [, kind, id] = /^(request|response) (-?\d+|".*")$/s.exec(text) ?? [];
  if ((kind !== "request" && kind !== "response") || id === undefined) return undefined;
  return new Message(new TextEncoder().encode(`{"method":"","id":${id}}`)).id === id ? { kind, id } : undefined;
}

/** Why a session was ended, from the message that ended it; a reason that is not known here counts as `session-ended`. */
export function closedFailure(packet: ReceivedPacket): Failure {
  const word = userProperty(packet, CLOSED);
  const { sentence, details } = readGoodbye(packet.payload);
  return new Failure(isFailureReason(word) ? word : "session-ended", sentence, details);
}

/** The property alone ends the session; the payload only says why. */
function readGoodbye(payload: Uint8Array): { sentence: string; details: Failure["details"] } {
  if (payload.length > LONGEST_GOODBYE) return { sentence: GOODBYE, details: {} };
  try {
    const { params } = new Message(payload).parse() as { params?: { reason?: unknown; data?: unknown } };
    const { reason: _, ...rest } = Object(params?.data) as Record<string, unknown>;
    return {
      sentence: typeof params?.reason === "string" ? params.reason : GOODBYE,
      details: Object.fromEntries(Object.entries(rest).filter(isScalar)),
    };
  } catch {
    return { sentence: GOODBYE, details: {} };
  }
}

/** A longer payload, in bytes, is not read. */
const LONGEST_GOODBYE = 64 * 1024;

const GOODBYE = "The server has ended the session";

function isScalar(entry: [name: string, value: unknown]): entry is [string, string | number | boolean] {
  return ["string", "number", "boolean"].includes(typeof entry[1]);
}

/** Room for the fixed header and the properties of a PUBLISH, with names and numbers of ours; they are shorter, in bytes. */
const PROPERTIES = 1_024;

/**
 * The largest payload that fits into one PUBLISH to `topic`, in bytes; without `mcp-id`, for which the first piece of a
 * message leaves room.
 *
 * @param more bytes of what a peer has chosen, and so may be long: the session's name, Correlation Data
 */
export function largestPart({ state }: MqttLink, topic: string, more: number): number {
  if (state.status !== "online" || state.limits.protocolVersion === 4) return Infinity;
  const { maximumPacketSize, addedBytes = 0 } = state.limits;
  return Math.max(1, maximumPacketSize - PROPERTIES - addedBytes - 3 * topic.length - more);
}

/**
 * The QoS of a message. A peer that numbers its messages misses one that is lost, and so QoS 0 is enough for it: half
 * the packets, and no answer held back behind an acknowledgement.
 */
export function qosOf(qos: SessionQoS, numbered: boolean): QoS {
  return qos === "auto" ? (numbered ? 0 : 1) : qos;
}

/** A name for a new session, which nobody can guess. */
export function newSessionId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
