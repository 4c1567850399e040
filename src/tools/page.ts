/**
 * Answers that fit into a model's context window: as many messages as the budget allows, and a hint to the next call.
 *
 * @module
 */
import * as z from "zod";
import { imageType, MESSAGE, type ToolMessage, toToolMessage } from "./messages.ts";
import type { EmbeddedResource, ImageContent } from "./sdk.ts";
import type { TooLarge } from "./subscriptions/message_buffer.ts";
import type { Received } from "./subscriptions/arrivals.ts";
import { isText, jsonSize, toBase64 } from "./text.ts";

/** The members that all answers with messages have. */
export const PAGE = {
  success: z.literal(true),
  message_count: z.int(),
  messages: z.array(MESSAGE),
  /** How many messages did not fit. */
  more: z.int().optional(),
  /** Where the next call has to begin. */
  cursor: z.string().optional(),
  /** What to do next, for the model. */
  hint: z.string().optional(),
};

/** A payload as MCP has it, for hosts that can show it. */
export type Attachment = ImageContent | EmbeddedResource;

/** How messages are shown. */
export interface PageOptions {
  /** Bytes of JSON text that the whole answer may take. */
  readonly budget: number;
  /** The most messages to show. */
  readonly most: number;
  /** The byte of the first payload to begin with. */
  readonly offset: number;
  /** Whether JSON payloads are wanted as JSON too. */
  readonly parse: boolean;
  /** The URI of a topic. */
  readonly uri: (topic: string) => string;
  /** The other members of the answer: how many messages are shown, and which of them only in part. */
  readonly members: (shown: number, cut: readonly Cut[]) => Readonly<Record<string, unknown>>;
}

/** A message that is shown only in part. */
export interface Cut {
  readonly message: Received;
  /** The byte at which the rest begins. */
  readonly offset: number;
  /** Whether it is an image, of which nothing is shown. */
  readonly image: boolean;
}

/** Messages within a budget. */
export interface Page {
  readonly result: {
    readonly success: true;
    readonly message_count: number;
    readonly messages: ToolMessage[];
  };
  /** How many of the messages are shown, counted from the first one. */
  readonly shown: number;
  readonly attachments: readonly Attachment[];
}

/** The largest share of an answer for a message that no answer can hold, if there are other messages too. */
const SHARE_OF_LARGE = 1 / 4;

/** A part of a message that is smaller than this, in bytes, is left to the next answer. */
const SMALLEST_PART = 600;

/** Puts as many messages into an answer as its budget has room for. */
export function page(messages: readonly Received[], options: PageOptions): Page {
  const { budget, members } = options;
  let reserve = jsonSize(answer([], members(messages.length, [])));
  while (true) {
    const { shown, cut, attachments } = layOut(messages, budget - reserve, options);
    const result = answer(shown, members(shown.length, cut));
    const excess = jsonSize(result) - budget;
    if (excess <= 0 || shown.length === 0 || reserve >= budget) return { result, shown: shown.length, attachments };
    reserve += excess;
  }
}

function answer(messages: ToolMessage[], members: Readonly<Record<string, unknown>>): Page["result"] {
  return { success: true, message_count: messages.length, messages, ...members };
}

interface Layout {
  readonly shown: ToolMessage[];
  readonly cut: readonly Cut[];
  readonly attachments: readonly Attachment[];
}

function layOut(messages: readonly Received[], room: number, options: PageOptions): Layout {
  const { most, parse, uri } = options;
  const shown: ToolMessage[] = [];
  const cut: Cut[] = [];
  const attachments: Attachment[] = [];
  let left = room + 1; // the first one has no comma before it
  for (const message of messages.slice(0, most)) {
    const offset = shown.length === 0 ? options.offset : 0;
    const attached = offset === 0 && (imageType(message.payload) !== undefined || !isText(message.payload));
    const contentItem = attached ? { contentItem: attachments.length + 1 } : {};
    const show = (room: number) => toToolMessage(message, { room, offset, parse, ...contentItem });
    let one = show(room);
    if (one.truncated === true) {
      // No answer can hold the whole message, so it is shown in part.
      const others = messages.length > 1 && offset === 0;
      const share = others ? Math.min(left - 1, Math.floor(room * SHARE_OF_LARGE)) : left - 1;
      if (shown.length > 0 && share < SMALLEST_PART) break;
      one = show(share);
    }
    const size = jsonSize(one) + 1;
    if (size > left && shown.length > 0) break;
    if (one.truncated === true) {
      cut.push({ message, offset: one.offset ?? 0, image: imageType(message.payload) !== undefined });
    } else if (attached) {
      attachments.push(attachmentOf(message, uri));
    }
    shown.push(one);
    left -= size;
  }
  return { shown, cut, attachments };
}

/** A payload as an MCP content item that hosts can show: an image, or an embedded resource for other bytes. */
function attachmentOf({ topic, payload, properties }: Received, uri: (topic: string) => string): Attachment {
  const image = imageType(payload);
  if (image !== undefined) return { type: "image", data: toBase64(payload), mimeType: image };
  const mimeType = properties.contentType ?? "application/octet-stream";
  return { type: "resource", resource: { uri: uri(topic), mimeType, blob: toBase64(payload) } };
}

/** How many messages a hint names one by one. */
const NAMED = 2;

/**
 * Hints that say how to read the rest of messages that are shown in part.
 *
 * @param tool the tool to call for the rest
 * @param args its arguments, except the place to begin
 */
export function cutHint(
  cut: readonly Cut[],
  tool: string,
  args: (message: Received) => Readonly<Record<string, unknown>>,
): string[] {
  return cut.slice(0, NAMED).map(({ message, offset, image }) => {
    const { topic, payload: { length } } = message;
    const what = `${quoted(topic)} has ${length} bytes`;
    const whole = { max_bytes: largerBudget(length) };
    return image
      ? `${what}, an image: to see it, raise max_bytes: ${callText(tool, { ...args(message), ...whole })}.`
      : `${what}, and is cut: read on with ${
        callText(tool, { ...args(message), offset })
      }, or raise max_bytes to ${whole.max_bytes}.`;
  });
}

/** A budget that has room for a payload as base64, with everything around it. */
function largerBudget(length: number): number {
  return Math.ceil((length * 4 / 3 + 2_000) / 1_000) * 1_000;
}

/** Hints for messages that no buffer can hold: how large they are, and which limit to raise. */
export function tooLargeHint(tooLarge: readonly TooLarge[]): string[] {
  return tooLarge.slice(0, NAMED).map(({ topic, size }) =>
    `${
      quoted(topic)
    } has ${size} bytes, more than is kept here: the operator can raise --buffer-bytes (MCP_MQTT_BUFFER_BYTES).`
  );
}

/** How long a topic may be in a sentence, in characters. */
const LONGEST_QUOTE = 120;

/** A topic in a sentence, shortened if it is very long. */
export function quoted(topic: string): string {
  return JSON.stringify(topic.length <= LONGEST_QUOTE ? topic : `${topic.slice(0, LONGEST_QUOTE)}…`);
}

/** A call of a tool, in a sentence: `get_retained {"topic":"a"}`. */
export function callText(tool: string, args: Readonly<Record<string, unknown>>): string {
  return `${tool} ${JSON.stringify(args)}`;
}
