/**
 * The result of a tool as text for people.
 *
 * Source: MCP 2025-11-25, "Tools", section "Tool Result".
 *
 * @module
 */
import type { JsonText } from "../../core/json_text.ts";
import { visibleText } from "../../core/text.ts";
import { visibleLine } from "../text.ts";

/** A part of a result that is not text. */
export interface BinaryContent {
  readonly bytes: Uint8Array;
  /** The extension of its file name, with the dot. */
  readonly extension: string;
}

/** One part of a result to show. */
export type ResultPart = string | BinaryContent;

/** The parts of a result, in order. Structured content replaces the text that repeats it. */
export function toolResult(result: JsonText): ResultPart[] {
  const content = result.get("content")?.elements ?? [];
  const structuredContent = result.get("structuredContent");
  if (structuredContent === undefined) return content.map(shown);
  const others = content.filter((part) => !repeats(part, structuredContent));
  return [...others.map(shown), visibleText(structuredContent.indented)];
}

function repeats(part: JsonText, structuredContent: JsonText): boolean {
  const { type, text } = fields(part.value);
  if (type !== "text" || typeof text !== "string") return false;
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(structuredContent.value);
  } catch {
    return false;
  }
}

function shown(part: JsonText): ResultPart {
  const { type, text, data, mimeType, resource, uri, name } = fields(part.value);
  switch (type) {
    case "text":
      return visibleText(String(text));
    case "image":
    case "audio":
      return binary(data, mimeType) ?? unknown(part);
    case "resource_link":
      return `${visibleLine(String(name ?? ""))} <${visibleLine(String(uri))}>`.trim();
    case "resource": {
      const embedded = fields(resource);
      if (typeof embedded.text === "string") return visibleText(embedded.text);
      return binary(embedded.blob, embedded.mimeType) ?? unknown(part);
    }
    default:
      return unknown(part);
  }
}

function unknown(part: JsonText): string {
  return visibleText(part.indented);
}

const EXTENSIONS: ReadonlyMap<unknown, string> = new Map([
  ["image/png", ".png"],
  ["image/jpeg", ".jpg"],
  ["image/gif", ".gif"],
  ["image/webp", ".webp"],
  ["image/svg+xml", ".svg"],
  ["audio/wav", ".wav"],
  ["audio/mpeg", ".mp3"],
  ["audio/ogg", ".ogg"],
  ["application/pdf", ".pdf"],
]);

function binary(base64: unknown, mimeType: unknown): BinaryContent | undefined {
  if (typeof base64 !== "string") return undefined;
  try {
    return { bytes: Uint8Array.fromBase64(base64), extension: EXTENSIONS.get(mimeType) ?? ".bin" };
  } catch {
    return undefined;
  }
}

/** The members of a value; none if it is not an object. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
