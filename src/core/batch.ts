/**
 * JSON-RPC batches: several messages in one.
 *
 * Only MCP 2025-03-26 has batches. But a host of any version can send one, and each request in it needs an answer.
 *
 * Source: JSON-RPC 2.0 section 6.
 *
 * @module
 */
import type { Failure } from "./failure.ts";
import { elementsOf, type Span } from "./json_scan.ts";
import { Message } from "./message.ts";

/** The messages in a message: those of a batch, or the message itself. */
export function messagesIn(message: Message): readonly Message[] {
  const elements = message.kind === "other" ? elementsOf(message.bytes) : [];
  return elements.length === 0 ? [message] : messagesAt(message, elements);
}

/** The requests in a message: the message itself, those of a batch, or none. */
export function requestsIn(message: Message): readonly Message[] {
  return message.kind === "request" ? [message] : message.kind === "other" ? ofBatch(message, "request") : NONE;
}

/** The responses in a message: the message itself, those of a batch, or none. */
export function responsesIn(message: Message): readonly Message[] {
  return message.kind === "response" ? [message] : message.kind === "other" ? ofBatch(message, "response") : NONE;
}

/** The error responses of a failure for these messages. They answer requests, or take the place of responses. */
export function failureResponses(failure: Failure, messages: readonly Message[]): readonly Message[] {
  return messages.flatMap(({ id }) => id === undefined ? [] : failure.toResponse(id));
}

/** A batch of these messages; `undefined` when there are none. */
export function batchOf(messages: readonly Message[]): Message | undefined {
  const decoder = new TextDecoder();
  return messages.length === 0
    ? undefined
    : Message.from(`[${messages.map(({ bytes }) => decoder.decode(bytes)).join(",")}]`);
}

const NONE: readonly Message[] = [];

function ofBatch(message: Message, kind: "request" | "response"): readonly Message[] {
  return messagesAt(message, elementsOf(message.bytes)).filter((one) => one.kind === kind);
}

function messagesAt({ bytes }: Message, elements: readonly Span[]): readonly Message[] {
  return elements.map(({ start, end }) => new Message(bytes.subarray(start, end)));
}
