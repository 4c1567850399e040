/**
 * Parameters that several tools have.
 *
 * @module
 */
import * as z from "zod";

/**
 * A parameter that is not text. Its value may still come as JSON text: shepherd (e55a893) drops arrays and objects, and
 * models write `"2"` for 2.
 */
export function lenient<T extends z.ZodType>(schema: T): z.ZodType<z.output<T>> {
  return z.preprocess((value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }, schema) as unknown as z.ZodType<z.output<T>>;
}

/** Longest time a call may listen, in s. */
const LONGEST_TIMEOUT = 3_600;

/** How long a call listens. */
export function timeout(fallback: number, description: string): z.ZodType<number> {
  return lenient(z.number().min(0).max(LONGEST_TIMEOUT).default(fallback).describe(description));
}

/** A Quality of Service. */
export function qos(fallback: 0 | 1 | 2, description: string): z.ZodType<0 | 1 | 2> {
  return lenient(z.int().min(0).max(2).default(fallback).describe(description)) as z.ZodType<0 | 1 | 2>;
}

/** The topic filters to read with: one, or a list. */
export const FILTERS = {
  topic: z.string().optional().describe("Topic filter, as plant/+/temp or plant/#; or topics"),
  topics: lenient(z.array(z.string()).optional()),
};

/** A topic to publish to. */
export const topicToPublish: z.ZodString = z.string();

/** The payload of a message to publish. */
export const message: z.ZodType<string> = z.preprocess(
  // Models that have to send JSON often give an object or a number instead of its text.
  (value) => typeof value === "string" || value === undefined || value === null ? value : JSON.stringify(value),
  z.string().describe("Payload; empty clears a retained one"),
) as unknown as z.ZodType<string>;

/** How a text parameter stands for bytes. */
export const encoding: z.ZodType<"utf8" | "base64"> = z.enum(["utf8", "base64"]).default("utf8").describe(
  "Of message",
);

/** The MQTT 5 properties of a message to publish, without those of request and response. */
export const PROPERTIES = {
  content_type: z.string().optional(),
  message_expiry: lenient(
    z.int().min(0).max(0xffff_ffff).optional().describe("In s; 0: never"),
  ),
  user_properties: lenient(
    z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  ),
};

/** The smallest budget of an answer, in bytes. */
const SMALLEST_BUDGET = 1_000;
/** The largest budget of an answer, in bytes. */
const LARGEST_BUDGET = 64 * 1024 * 1024;

/** The parameter that limits the size of an answer's text. */
export const BUDGET = {
  max_bytes: lenient(z.int().min(SMALLEST_BUDGET).max(LARGEST_BUDGET).optional()),
};

/** The parameters that say how messages are shown, and where to go on after an answer that had no room for all. */
export const PAGING = {
  parse: lenient(z.boolean().optional().describe("Add payloads as json")),
  ...BUDGET,
  cursor: lenientText(z.string().optional()),
  offset: lenient(z.int().min(0).optional()),
};

/** Text that may come as a number. */
function lenientText<T extends z.ZodType>(schema: T): z.ZodType<z.output<T>> {
  return z.preprocess((value) => typeof value === "number" ? String(value) : value, schema) as unknown as z.ZodType<
    z.output<T>
  >;
}
