/** The tool `get_retained`. @module */
import * as z from "zod";
import { whenOnline } from "../mqtt/mod.ts";
import { filterArguments, filtersOf, listHint } from "./filters.ts";
import { callText, cutHint, PAGE, page, quoted, tooLargeHint } from "./page.ts";
import { FILTERS, lenient, PAGING, timeout } from "./parameters.ts";
import type { Retained } from "./subscriptions/retained.ts";
import { byTopic } from "./subscriptions/retained_values.ts";
import type { Received } from "./subscriptions/arrivals.ts";
import { tool } from "./tool.ts";

/** The default of `timeout`, in s. */
const DEFAULT_TIMEOUT = 1;

/** The tool that reads retained messages. */
export const GET_RETAINED = tool({
  name: "get_retained",
  title: "Read current values",
  description:
    "Read the values that the broker keeps for topics (retained messages): the last known state of devices. " +
    "Topics without one are missing, though messages may be published to them: subscribe to those.",
  publishes: false,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: {
    ...FILTERS,
    timeout: timeout(DEFAULT_TIMEOUT, "Seconds at most"),
    max_messages: lenient(z.int().min(1).optional()),
    ...PAGING,
  },
  output: { ...PAGE, timed_out: z.literal(true).optional() },
  async run(args, context, { signal, budget }) {
    const { link, clock, permissions, connectTimeout, retained, uris } = context;
    const filters = filtersOf(args);
    for (const filter of filters) permissions.checkSubscribe(filter);
    const { retainAvailable } = await whenOnline(link, connectTimeout, signal, clock);
    const found = merge(
      await Promise.all(filters.map((filter) => retained.read(filter, args.timeout * 1000, signal, args.cursor))),
    );
    const { max_messages: most = Infinity, offset = 0, parse = false, max_bytes } = args;
    const again = {
      ...filterArguments(filters),
      ...(args.timeout === DEFAULT_TIMEOUT ? {} : { timeout: args.timeout }),
      ...(args.max_messages === undefined ? {} : { max_messages: most }),
      ...(max_bytes === undefined ? {} : { max_bytes }),
    };
    const show = (messages: readonly Received[]) =>
      page(messages, {
        budget,
        most,
        offset,
        parse,
        uri: (topic) => uris.uri(topic),
        members: (shown, cut) => {
          const more = messages.length - shown + found.left;
          const cursor = messages[shown - 1]?.topic;
          const hint = [
            ...(found.complete ? [] : [
              `There may be more: the broker was not silent yet after ${args.timeout} s. Call with a longer timeout.`,
            ]),
            ...(more === 0 || cursor === undefined ? [] : [
              `For the next values call ${callText("get_retained", { ...again, cursor })}, or use a narrower filter.`,
            ]),
            ...cutHint(cut, "get_retained", ({ topic }) => ({ topic })),
            ...tooLargeHint(found.tooLarge),
            ...(messages.length > 0 || found.tooLarge.length > 0 || !found.complete
              ? []
              : nothingHint(filters, retainAvailable)),
          ].join(" ");
          return {
            ...(found.complete ? {} : { timed_out: true }),
            ...(more === 0 ? {} : { more }),
            ...(more === 0 || cursor === undefined ? {} : { cursor }),
            ...(hint === "" ? {} : { hint }),
          };
        },
      });
    const first = show(found.messages);
    // Pages are in the order of topic names. Then topics that appear or disappear do not move the others to another
    // page.
    const whole = first.shown === found.messages.length && found.left === 0;
    const { result, attachments } = whole ? first : show(found.messages.toSorted(byTopic));
    return { result, attachments };
  },
});

/** The results of several filters as one. A topic that several filters match is there once. */
function merge(found: readonly Retained[]): Retained {
  const messages = new Map(found.flatMap(({ messages }) => messages).map((message) => [message.topic, message]));
  return {
    messages: [...messages.values()],
    left: found.reduce((sum, { left }) => sum + left, 0),
    tooLarge: found.flatMap(({ tooLarge }) => tooLarge),
    complete: found.every(({ complete }) => complete),
  };
}

function nothingHint(filters: readonly string[], retainAvailable: boolean): string[] {
  if (!retainAvailable) return ["This broker keeps no messages at all: use subscribe to listen for new ones."];
  const wildcard = filters.some((filter) => /[+#]/.test(filter));
  const [filter = ""] = filters;
  return [
    `The broker keeps no value for ${filters.length === 1 ? quoted(filter) : "any of these topics"}` +
    `${wildcard ? ", or sends none for wildcards" : ""}: use subscribe to listen for new messages.`,
    ...listHint(filters),
  ];
}
