/** Targets: the envelope of a message, and lines of stdio. @module */
import assert from "node:assert/strict";
import { idKey, type MessageKind, scanEnvelope } from "../../../src/core/json_rpc.ts";
import { LineSplitter } from "../../../src/stdio/line_splitter.ts";
import { mutate } from "../mutate.ts";
import type { Target } from "../target.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The envelope scanner agrees with `JSON.parse` on everything that is JSON. */
export const ENVELOPE: Target = {
  name: "envelope",
  begin: (seeds) => ({
    next: (random) => {
      const bytes = mutate(random, seeds);
      const { kind, id, method } = scanEnvelope(bytes);
      let value: unknown;
      try {
        value = JSON.parse(decoder.decode(bytes));
      } catch {
        return; // only the top level is checked; what is inside is the receiver's business
      }
      assert.equal(kind, kindByParsing(value));
      if (kind !== "request") return;
      assert.equal(method, (value as { method: string }).method);
      assert.ok(id !== undefined && idKey(id) !== "");
    },
  }),
};

function kindByParsing(value: unknown): MessageKind {
  if (Array.isArray(value)) return "other";
  if (typeof value !== "object" || value === null) return "malformed";
  const id: unknown = Object.hasOwn(value, "id") ? (value as { id: unknown }).id : undefined;
  const isId = typeof id === "string" || typeof id === "number";
  if (Object.hasOwn(value, "method") && typeof (value as { method: unknown }).method === "string") {
    if (id === undefined) return "notification";
    return isId ? "request" : "other";
  }
  return (isId || id === null) && (Object.hasOwn(value, "result") || Object.hasOwn(value, "error"))
    ? "response"
    : "other";
}

/** Longest line of the target below, in bytes. */
const LONGEST_LINE = 300;

/** Lines come out the same however their bytes are chunked, and none is longer than the limit. */
export const LINES: Target = {
  name: "lines",
  begin: (seeds) => ({
    next: (random) => {
      const stream = Uint8Array.from([...mutate(random, seeds), ...mutate(random, seeds)]);
      let dropped = 0;
      const lines = new LineSplitter(LONGEST_LINE, () => dropped++);
      const found: string[] = [];
      for (let start = 0; start < stream.length;) {
        const end = Math.min(stream.length, start + 1 + random.below(random.once(2) ? 4 : 4_096));
        for (const line of lines.push(stream.slice(start, end))) found.push(latin1(line));
        start = end;
      }
      const rest = lines.end();
      if (rest !== undefined && rest.length > 0) found.push(latin1(rest));
      const all = latin1(stream).split("\n");
      const last = all.pop() ?? "";
      const expected = [...all, ...(last === "" || last === "\r" ? [] : [last])];
      const kept = expected.filter((line) => line.length <= LONGEST_LINE);
      assert.deepEqual(found, kept.map((line) => line.replace(/\r$/, "")));
      assert.equal(dropped, expected.length - kept.length);
    },
  }),
};

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
