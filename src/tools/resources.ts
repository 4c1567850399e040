/**
 * Topics as MCP resources: `mqtt://HOST/TOPIC`.
 *
 * @module
 */
import { Failure, TRANSPORT_ERROR_CODE } from "../core/failure.ts";
import { whenOnline } from "../mqtt/mod.ts";
import type { ToolContext } from "./context.ts";
import { imageType } from "./messages.ts";
import { quoted, tooLargeHint } from "./page.ts";
import {
  ListResourcesRequestSchema,
  McpError,
  type McpServer,
  type ReadResourceResult,
  type Resource,
  ResourceTemplate,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "./sdk.ts";
import type { Received } from "./subscriptions/arrivals.ts";
import type { Listener } from "./subscriptions/subscriptions.ts";
import { fitting, toBase64, toText } from "./text.ts";
import { ToolError } from "./tool_error.ts";

/** JSON-RPC error code for a resource that is not there (MCP 2025-11-25, "Resources"). */
const NOT_FOUND = -32002;
/** JSON-RPC error code for invalid parameters (JSON-RPC 2.0, section 5.1). */
const INVALID_PARAMETERS = -32602;

/** How long a read waits for the broker, in ms. */
const READ_TIMEOUT = 1_000;

/** How many notifications wait for a slow host. Further ones would say the same. */
const MOST_NOTIFICATIONS = 64;

/** Offers the topics of the broker to the MCP host of `server`, which has to have the capability. */
export function registerResources(server: McpServer, context: ToolContext): void {
  const { permissions, uris } = context;
  server.registerResource(
    "topic",
    new ResourceTemplate(uris, { list: undefined, complete: { topic: (begin) => completions(context, begin) } }),
    {
      title: "MQTT topic",
      description: "The last known value of a topic: what was published last, or what the broker keeps. " +
        "Subscribe to it to be told of each new message.",
    },
    async (uri, _variables, { signal }) => ({ contents: [await read(uri.href, context, signal)] }),
  );
  server.server.setRequestHandler(ListResourcesRequestSchema, ({ params }) => list(context, params?.cursor));

  const watches = new Map<string, Watch>();
  server.server.setRequestHandler(SubscribeRequestSchema, async ({ params: { uri } }, { signal }) => {
    if (watches.has(uri)) return {};
    const topic = topicOf(uri, context);
    const watch = new Watch(() => server.server.sendResourceUpdated({ uri }));
    watches.set(uri, watch);
    try {
      await explained(async () => {
        permissions.checkSubscribe(topic);
        await whenOnline(context.link, context.connectTimeout, signal, context.clock);
        await context.subscriptions.open(topic, 1, watch, false, signal);
      });
    } catch (error) {
      watches.delete(uri);
      throw error;
    }
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, async ({ params: { uri } }) => {
    const watch = watches.get(uri);
    watches.delete(uri);
    if (watch !== undefined) await context.subscriptions.close(topicOf(uri, context), watch);
    return {};
  });
}

/** Tells the host of each new message of one topic. */
class Watch implements Listener {
  readonly #notify: () => Promise<void>;
  #unsent = 0;
  #notifying = false;

  constructor(notify: () => Promise<void>) {
    this.#notify = notify;
  }

  live(): void {
    this.#unsent = Math.min(this.#unsent + 1, MOST_NOTIFICATIONS);
    if (!this.#notifying) void this.#run();
  }

  retained(): void {
    // A retained message is nothing new: the host can read it already.
  }

  refused(): void {
    // A notification cannot carry an error. The next read reports it.
  }

  async #run(): Promise<void> {
    this.#notifying = true;
    for (; this.#unsent > 0; this.#unsent--) await this.#notify().catch(() => {});
    this.#notifying = false;
  }
}

/** The known topics: those that the operator has described, and those that have been seen. */
function knownTopics({ catalog, lastValues, permissions }: ToolContext): string[] {
  const topics = new Set([...catalog.topics.filter((topic) => permissions.mayReadTopic(topic)), ...lastValues.topics]);
  return [...topics].sort();
}

/** The known topics that begin with `begin`. */
export function completions(context: ToolContext, begin: string): string[] {
  return knownTopics(context).filter((topic) => topic.startsWith(begin));
}

/** One page of the topics that are known, in the order of their names. */
function list(context: ToolContext, after = ""): { resources: Resource[]; nextCursor?: string } {
  const { uris, catalog, maxBytes } = context;
  const resources = knownTopics(context).filter((topic) => topic > after).map((topic): Resource => {
    const { title, description, unit } = catalog.describe(topic);
    const text = [description, unit === undefined ? undefined : `(${unit})`].filter((part) => part !== undefined);
    return {
      uri: uris.uri(topic),
      name: topic,
      ...(title === undefined ? {} : { title }),
      ...(text.length === 0 ? {} : { description: text.join(" ") }),
    };
  });
  const shown = resources.slice(0, Math.max(1, fitting(resources, maxBytes)));
  const nextCursor = shown.at(-1)?.name;
  return { resources: shown, ...(shown.length < resources.length && nextCursor !== undefined ? { nextCursor } : {}) };
}

function topicOf(uri: string, { uris }: ToolContext): string {
  const topic = uris.topic(uri);
  if (topic !== undefined) return topic;
  throw new McpError(INVALID_PARAMETERS, `${uri} names no topic of this broker: it has to be ${uris.form}`);
}

async function read(
  uri: string,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ReadResourceResult["contents"][number]> {
  const message = await explained(() => valueOf(topicOf(uri, context), context, signal));
  const { text, encoding } = toText(message.payload);
  const image = imageType(message.payload);
  const mimeType = message.properties.contentType ?? image;
  if (encoding === "utf8" && image === undefined) return { uri, mimeType: mimeType ?? "text/plain", text };
  return { uri, mimeType: mimeType ?? "application/octet-stream", blob: toBase64(message.payload) };
}

/**
 * The current value of a topic: the last message while a subscription covers the topic, otherwise the retained message.
 *
 * @throws {McpError} when there is none, with the reason
 */
async function valueOf(topic: string, context: ToolContext, signal: AbortSignal): Promise<Received> {
  const { permissions, link, connectTimeout, clock, subscriptions, lastValues, retained } = context;
  permissions.checkSubscribe(topic);
  const last = () => lastValues.get(topic);
  const since = subscriptions.coveredSince(topic);
  if (since === undefined || (last()?.receivedAt ?? -Infinity) < since) {
    await whenOnline(link, connectTimeout, signal, clock);
    const known = last();
    const { messages: [kept], tooLarge } = await retained.read(topic, READ_TIMEOUT, signal);
    if (kept !== undefined) return kept;
    if (tooLarge.length > 0) throw new McpError(NOT_FOUND, tooLargeHint(tooLarge).join(" "));
    if (known?.retain === true && last() === known) {
      const when = new Date(known.receivedAt).toISOString();
      throw new McpError(
        NOT_FOUND,
        `The value of ${quoted(topic)} was cleared: the broker kept one at ${when}, and keeps none now`,
      );
    }
  }
  const message = last();
  if (message === undefined) {
    throw new McpError(
      NOT_FOUND,
      `No value of ${
        quoted(topic)
      } is known: the broker keeps none, and nothing was published since it was subscribed to`,
    );
  }
  if (message.payload.length > 0) return message;
  const when = new Date(message.receivedAt).toISOString();
  throw new McpError(NOT_FOUND, `The value of ${quoted(topic)} was cleared at ${when}: an empty message was published`);
}

/** Does `work`. A failure that an agent should know about becomes a JSON-RPC error. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ToolError) throw new McpError(INVALID_PARAMETERS, error.message);
    if (error instanceof Failure) throw new McpError(TRANSPORT_ERROR_CODE, error.message, { reason: error.reason });
    throw error;
  }
}
