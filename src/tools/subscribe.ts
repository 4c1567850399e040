/** The tool `subscribe`. @module */
import * as z from "zod";
import { whenOnline } from "../mqtt/mod.ts";
import { filterArguments, filtersOf, listHint } from "./filters.ts";
import { listen } from "./listening.ts";
import { callText, cutHint, PAGE, page, quoted, tooLargeHint } from "./page.ts";
import { FILTERS, lenient, PAGING, qos, timeout } from "./parameters.ts";
import { Collections } from "./subscriptions/collections.ts";
import { tool } from "./tool.ts";
import { ToolError } from "./tool_error.ts";

/** The tool that listens to a filter for a while, and keeps the subscription for the next call. */
export const SUBSCRIBE = tool({
  name: "subscribe",
  title: "Listen to topics",
  description:
    "Listen to MQTT topics and return the messages that came. The first call for a filter also returns the " +
    "values that the broker keeps (retain is true). The subscription stays: what is published between two calls waits " +
    "for the next call with the filter, until unsubscribe. To wait for one event, set max_messages to 1 and a long " +
    "timeout.",
  publishes: false,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: {
    ...FILTERS,
    timeout: timeout(2, "Seconds to listen"),
    max_messages: lenient(z.int().min(1).optional().describe("Return at so many; the rest waits")),
    qos: qos(0, "Most to receive with"),
    peek: lenient(z.boolean().optional().describe("Leave them for the next call")),
    since: z.union([z.string(), z.number()]).optional().describe(
      "Also what was read: from so many seconds ago, or ISO 8601",
    ),
    ...PAGING,
  },
  output: {
    ...PAGE,
    qos: z.int().optional(),
    dropped: z.int().optional(),
    interrupted: z.literal(true).optional(),
  },
  async run(args, context, call) {
    const { link, clock, time, permissions, kept, connectTimeout, uris } = context;
    const filters = filtersOf(args);
    for (const filter of filters) permissions.checkSubscribe(filter);
    const { max_messages: most = Infinity, offset = 0, parse = false, max_bytes, peek = false } = args;
    const since = timeOf(args.since, time());
    const from = numberOf(args.cursor);
    await whenOnline(link, connectTimeout, call.signal, clock);
    using collections = await Collections.open(filters, args.qos, { most, since, from }, kept, call.signal);
    const heard = () => `${collections.size} messages so far`;
    const { interrupted } = await listen({ timeout: args.timeout, enough: collections.full, heard }, context, call);
    const { messages } = collections;
    if (offset > 0 && from !== undefined && messages[0]?.number !== from) {
      throw new ToolError("The message that was cut is not remembered any more");
    }
    const told = collections.take("peek");
    const { result, shown, attachments } = page(messages, {
      budget: call.budget,
      most,
      offset,
      parse,
      uri: (topic) => uris.uri(topic),
      members: (shown, cut) => {
        const next = messages[shown];
        const repeat = {
          ...filterArguments(filters),
          ...(args.max_messages === undefined ? {} : { max_messages: most }),
          ...(max_bytes === undefined ? {} : { max_bytes }),
          ...(peek ? { peek } : {}),
        };
        const hint = [
          ...(next === undefined ? [] : [
            `For the next messages call ${callText("subscribe", { ...repeat, timeout: 0, cursor: `${next.number}` })}.`,
          ]),
          ...cutHint(cut, "subscribe", ({ number }) => ({
            ...filterArguments(filters),
            timeout: 0,
            max_messages: 1,
            cursor: `${number}`,
          })),
          ...tooLargeHint(told.tooLarge),
          ...(messages.length > 0 || told.tooLarge.length > 0 ? [] : listHint(filters)),
        ].join(" ");
        return {
          qos: collections.qos,
          ...(next === undefined ? {} : { more: messages.length - shown, cursor: `${next.number}` }),
          ...(told.dropped === 0 ? {} : { dropped: told.dropped }),
          ...(told.interrupted || interrupted ? { interrupted: true } : {}),
          ...(hint === "" ? {} : { hint }),
        };
      },
    });
    if (!peek) collections.take(messages.slice(0, shown));
    return { result, attachments };
  },
});

/** A time in ms since 1970. It is given as ISO 8601, or in seconds before `now`. */
function timeOf(since: string | number | undefined, now: number): number | undefined {
  if (since === undefined) return undefined;
  const seconds = Number(since);
  const time = Number.isNaN(seconds) ? Date.parse(String(since)) : now - seconds * 1000;
  if (!Number.isNaN(time)) return time;
  throw new ToolError(
    `since is neither a number of seconds nor a time as in 2026-11-28T12:00:00Z: ${quoted(`${since}`)}`,
  );
}

function numberOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new ToolError(`The cursor ${quoted(cursor)} is not from an answer of subscribe`);
}
