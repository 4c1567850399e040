/**
 * Parameters that several tools have.
 *
 * @module
 */
import * as z from "zod";

/**
 * A parameter that is no text. Its value may come as JSON text all the same: shepherd (e55a893) drops arrays and objects,
 * and models write `"2"` for 2.
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

/** A topic filter to read with. */
export const filter: z.ZodString = z.string().describe(
  "MQTT topic filter: + stands for one level, # at the end for any number of levels, as in plant/+/temperature or plant/#",
);

/** A topic to publish to. */
export const topicToPublish: z.ZodString = z.string().describe("MQTT topic, without wildcards");

/** The payload of a message to publish. */
export const message: z.ZodType<string> = z.preprocess(
  // A model that is to send JSON may well give an object or a number instead of its text.
  (value) => typeof value === "string" || value === undefined || value === null ? value : JSON.stringify(value),
  z.string().describe("The payload; empty to clear a retained message"),
) as unknown as z.ZodType<string>;

/** How a text parameter stands for bytes. */
export const encoding: z.ZodType<"utf8" | "base64"> = z.enum(["utf8", "base64"]).default("utf8").describe(
  "How message is written: utf8 for text, base64 for binary payloads",
);

/** The MQTT 5 properties of a message to publish, without those of request and response. */
export const PROPERTIES = {
  content_type: z.string().optional().describe("MIME type of the payload (MQTT 5)"),
  message_expiry: lenient(
    z.int().min(0).max(0xffff_ffff).optional().describe("Seconds after which the broker drops it (MQTT 5)"),
  ),
  user_properties: lenient(
    z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional().describe(
      "Names and values for the receivers (MQTT 5)",
    ),
  ),
};
