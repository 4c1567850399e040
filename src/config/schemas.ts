/**
 * How the text of settings is read.
 *
 * @module
 */
import * as z from "zod";
import { isTopicLevel, topicFilterProblem, topicNameProblem } from "../mqtt/mod.ts";
import { brokerUrlProblem } from "./broker_url.ts";

/** Any text, or nothing. */
export const optionalText: z.ZodType<string | undefined> = z.string().optional();

/** A switch. In the environment: `1`, `true`, `yes`, `on`, or their opposites. */
export const onOff: z.ZodType<boolean> = z.union([z.boolean(), z.stringbool(), z.undefined().transform(() => false)], {
  error: (issue) => `must be true or false; it is ${JSON.stringify(issue.input)}`,
});

/** A list of texts; empty when not given. */
export const texts: z.ZodType<string[]> = z.array(z.string()).optional().transform((list) => list ?? []);

/** A list of names of environment variables; empty when not given. */
export const variableNames: z.ZodType<string[]> = z.array(
  z.string().refine((name) => name !== "" && !/[=\0]/.test(name), {
    error: "must be names of variables, without values",
  }),
).optional().transform((list) => list ?? []);

/** A whole number from `minimum` to `maximum`. */
export function wholeNumber(minimum: number, maximum: number): z.ZodType<number> {
  return z.string().transform((text, context) => {
    const number = Number(text);
    if (text.trim() !== "" && Number.isInteger(number) && number >= minimum && number <= maximum) return number;
    return refuse(context, `must be a whole number from ${minimum} to ${maximum}; it is "${text}"`);
  });
}

/** A duration in seconds, which may have decimals, read as milliseconds. `0` means no limit. */
export function seconds(): z.ZodType<number> {
  return z.string().transform(readSeconds);
}

/** A duration in seconds, read as milliseconds, of which `0` is one. */
export function secondsOrNone(): z.ZodType<number> {
  return z.string().transform((text, context) =>
    text.trim() !== "" && Number(text) === 0 ? 0 : readSeconds(text, context)
  );
}

/** As {@linkcode seconds}, or `auto`, which is `undefined`. */
export function secondsOrAuto(): z.ZodType<number | undefined> {
  return z.string().transform((text, context) => text === "auto" ? undefined : readSeconds(text, context));
}

function readSeconds(text: string, context: z.RefinementCtx): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0)) return refuse(context, `must be a number of seconds; it is "${text}"`);
  return number === 0 ? Infinity : number * 1000;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A number of bytes, and not none: `100000`, `64K`, `64M`, `1G`, or with `iB` behind it. */
export function bytes(): z.ZodType<number> {
  return z.string().transform((text, context) => {
    const [, digits, unit = ""] = /^(\d+)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
    const factor = UNITS[unit.toLowerCase()];
    if (digits === undefined || factor === undefined || Number(digits) === 0) {
      return refuse(context, `must be a positive number of bytes, such as 100000 or 64M; it is "${text}"`);
    }
    return Number(digits) * factor;
  });
}

/** One of `choices`. */
export function oneOf<const T extends string>(choices: readonly T[]): z.ZodType<T> {
  return z.enum(choices, { error: ({ input }) => `must be one of ${choices.join(", ")}; it is "${input}"` });
}

/** Text that can be one level of a topic, such as a client id or a server's name. */
export const topicLevel: z.ZodType<string | undefined> = z.string().refine(isTopicLevel, {
  error: ({ input }) => `must not contain / + # or NUL, since it becomes a level of topics; it is "${input}"`,
}).optional();

/** The URL of a broker. */
export const brokerUrl: z.ZodType<string> = z.string().check((context) => {
  const message = brokerUrlProblem(context.value);
  // The value stays out of it: it may hold a password.
  if (message !== undefined) context.issues.push({ code: "custom", message, input: undefined });
});

/** The name of a server, which may have several levels. */
export const serverName: z.ZodType<string | undefined> = z.string().refine(
  (name) => name.split("/").every(isTopicLevel),
  {
    error: ({ input }) =>
      `must not contain + # or NUL, nor begin or end with /, since it becomes part of topics; it is "${input}"`,
  },
).optional();

/** The beginning of topics: `acme` means the levels `acme/…`, but `$` and `acme/` mean what they are. */
export const topicPrefix: z.ZodType<string | undefined> = z.string()
  .refine((prefix) => topicNameProblem(prefix) === undefined, {
    error: ({ input }) => `must not contain + # or NUL, since topics begin with it; it is "${input}"`,
  })
  .transform((prefix) => /[/$]$/.test(prefix) ? prefix : `${prefix}/`).optional();

/** A JSON object. */
export const jsonObject: z.ZodType<Record<string, unknown> | undefined> = z.string().transform((text, context) => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  return refuse(context, `must be a JSON object, such as {"room":"attic"}; it is "${text}"`);
}).optional();

/** A topic to publish to. */
export const someTopicName: z.ZodType<string> = z.string().check((context) => {
  const problem = topicNameProblem(context.value);
  if (problem !== undefined) {
    context.issues.push({ code: "custom", message: `${problem}: "${context.value}"`, input: context.value });
  }
});

/** A topic to publish to, or nothing. */
export const topicName: z.ZodType<string | undefined> = someTopicName.optional();

/** A list of topic filters; empty when not given. */
export const topicFilters: z.ZodType<string[]> = z.array(
  z.string().check((context) => {
    const problem = topicFilterProblem(context.value);
    if (problem !== undefined) {
      context.issues.push({ code: "custom", message: `${problem}: "${context.value}"`, input: context.value });
    }
  }),
).optional().transform((list) => list ?? []);

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}
