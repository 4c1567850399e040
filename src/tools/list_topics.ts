/** The tool `list_topics`. @module */
import * as z from "zod";
import { topicMatches, whenOnline } from "../mqtt/mod.ts";
import type { ToolContext } from "./context.ts";
import { listHint } from "./filters.ts";
import { listen } from "./listening.ts";
import { callText } from "./page.ts";
import { BUDGET, lenient, timeout } from "./parameters.ts";
import { type FinishedSurvey, Survey } from "./subscriptions/survey.ts";
import { fitting, jsonSize } from "./text.ts";
import { type Call, tool } from "./tool.ts";
import { ToolError } from "./tool_error.ts";

const TOPIC = z.looseObject({
  topic: z.string(),
  count: z.int(),
  last_size: z.int(),
  retained: z.boolean(),
});

/** The tool that lists the topics of the broker. */
export const LIST_TOPICS = tool({
  name: "list_topics",
  title: "Find topics",
  description:
    "Find out which topics there are: listens, and returns those on which something was published or the broker " +
    "keeps a value, with message counts, the bytes of the last payload, and what the operator says of them.",
  publishes: false,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: {
    topic: z.string().default("#"),
    timeout: timeout(2, "Seconds to listen"),
    max_topics: lenient(z.int().min(1).max(100_000).default(1_000)),
    ...BUDGET,
    cursor: z.string().optional(),
  },
  output: {
    success: z.literal(true),
    topic_count: z.int(),
    topics: z.array(TOPIC),
    more: z.int().optional(),
    cursor: z.string().optional(),
    hint: z.string().optional(),
    interrupted: z.literal(true).optional(),
  },
  async run(args, context, call) {
    const { topic, max_topics, cursor } = args;
    context.permissions.checkSubscribe(topic);
    const { name, position } = cursor === undefined
      ? { name: await survey(topic, args.timeout, context, call), position: 0 }
      : placeOf(cursor);
    const found = context.surveys.get(name);
    if (found === undefined) throw new ToolError(`The cursor "${cursor}" is not remembered any more: call without it`);
    return { result: pageOf(found, { ...args, max_topics, position, name }, context, call.budget) };
  },
});

/** Listens for a while. Returns the name under which the survey is remembered. */
async function survey(topic: string, timeout: number, context: ToolContext, call: Call): Promise<string> {
  const { link, clock, permissions, subscriptions, surveys, catalog, connectTimeout } = context;
  await whenOnline(link, connectTimeout, call.signal, clock);
  const survey = new Survey();
  try {
    await subscriptions.open(topic, 0, survey, true, call.signal);
    const heard = () => `${survey.size} topics so far`;
    const { interrupted } = await listen({ timeout, enough: survey.refusal, heard }, context, call);
    for (const described of catalog.topics) {
      if (topicMatches(topic, described) && permissions.mayReadTopic(described)) survey.expect(described);
    }
    return surveys.add({ topics: survey.topics, interrupted });
  } finally {
    void subscriptions.close(topic, survey);
  }
}

interface Place {
  readonly topic: string;
  readonly max_topics: number;
  readonly max_bytes?: number | undefined;
  readonly name: string;
  readonly position: number;
}

function pageOf({ topics, interrupted }: FinishedSurvey, place: Place, { catalog }: ToolContext, budget: number) {
  const { topic, max_topics, max_bytes, name, position } = place;
  const rows = topics.slice(position, position + max_topics).map((row) => ({ ...row, ...catalog.describe(row.topic) }));
  const answer = (count: number) => {
    const more = topics.length - position - count;
    const cursor = `${name}:${position + count}`;
    const again = { topic, max_topics, ...(max_bytes === undefined ? {} : { max_bytes }), cursor };
    const hint = more > 0
      ? [`For the next topics call ${callText("list_topics", again)}, or use a narrower filter.`]
      : topics.length === 0
      ? listHint([topic])
      : [];
    return {
      success: true as const,
      topic_count: count,
      topics: rows.slice(0, count),
      ...(more > 0 ? { more, cursor } : {}),
      ...(hint.length > 0 ? { hint: hint.join(" ") } : {}),
      ...(interrupted ? { interrupted: true as const } : {}),
    };
  };
  const whole = answer(rows.length);
  if (jsonSize(whole) <= budget) return whole;
  return answer(Math.max(1, fitting(rows, budget - jsonSize(answer(0)))));
}

function placeOf(cursor: string): { name: string; position: number } {
  const [, name = "", position = ""] = /^(\d{1,15}):(\d{1,15})$/.exec(cursor) ?? [];
  if (name === "") throw new ToolError(`The cursor "${cursor.slice(0, 60)}" is not from an answer of list_topics`);
  return { name, position: Number(position) };
}
