/**
 * Topics as MCP resources: `mqtt://HOST/TOPIC`.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Failure, TRANSPORT_ERROR_CODE } from "../core/failure.ts";
import { type ReceivedPacket, topicNameProblem, whenOnline } from "../mqtt/mod.ts";
import type { ToolContext } from "./context.ts";
import { toText } from "./messages.ts";
import { readRetained } from "./subscriptions/retained.ts";
import {
  McpError,
  type McpServer,
  type ReadResourceResult,
  ResourceTemplate,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  UriTemplate,
  type Variables,
} from "./sdk.ts";
import type { Listener } from "./subscriptions/subscriptions.ts";
import { ToolError } from "./tool_error.ts";

/** JSON-RPC error code for a resource that is not there (MCP 2025-11-25, "Resources"). */
const NOT_FOUND = -32002;
/** JSON-RPC error code for parameters that cannot be (JSON-RPC 2.0, section 5.1). */
const INVALID_PARAMETERS = -32602;

/** How long a read waits for the broker, in ms. */
const READ_TIMEOUT = 1_000;

/** How many topics are offered when a name is to be completed. */
const COMPLETIONS = 100;

/** How many notifications wait for a host that does not keep up; more of them would say the same. */
const MOST_NOTIFICATIONS = 64;

/** Offers the topics of the broker at `authority` to the MCP host of `server`, which has to have the capability. */
export function registerResources(server: McpServer, authority: string, context: ToolContext): void {
  const template = new TopicTemplate(authority);
  const { lastValues, permissions } = context;
  const list = () => ({
    resources: lastValues.topics.toReversed().map((topic) => ({ uri: template.uri(topic), name: topic })),
  });
  const complete = {
    topic: (begin: string) => lastValues.topics.filter((topic) => topic.startsWith(begin)).slice(0, COMPLETIONS),
  };
  server.registerResource(
    "topic",
    new ResourceTemplate(template, { list, complete }),
    {
      title: "MQTT topic",
      description: "The last known value of a topic: what was published last, or what the broker keeps. " +
        "Subscribe to it to be told of each new message.",
    },
    async (uri, _variables, { signal }) => ({ contents: [await read(template, uri.href, context, signal)] }),
  );

  const watches = new Map<string, Watch>();
  server.server.setRequestHandler(SubscribeRequestSchema, async ({ params: { uri } }, { signal }) => {
    if (watches.has(uri)) return {};
    const topic = template.topic(uri);
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
    if (watch !== undefined) await context.subscriptions.close(template.topic(uri), watch);
    return {};
  });
}

/** Tells the host of each new message of one topic. */
class Watch implements Listener {
  readonly #notify: () => Promise<void>;
  #owed = 0;
  #notifying = false;

  constructor(notify: () => Promise<void>) {
    this.#notify = notify;
  }

  live(): void {
    this.#owed = Math.min(this.#owed + 1, MOST_NOTIFICATIONS);
    if (!this.#notifying) void this.#run();
  }

  retained(): void {
    // Nothing new: the host can read it already.
  }

  refused(): void {
    // A notification has no error; a read will tell.
  }

  async #run(): Promise<void> {
    this.#notifying = true;
    for (; this.#owed > 0; this.#owed--) await this.#notify().catch(() => {});
    this.#notifying = false;
  }
}

async function read(
  template: TopicTemplate,
  uri: string,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ReadResourceResult["contents"][number]> {
  const topic = template.topic(uri);
  const packet = await explained(() => valueOf(topic, context, signal));
  if (packet === undefined) {
    throw new McpError(
      NOT_FOUND,
      `No value of "${topic}" is known: the broker keeps none, and nothing was published since it was subscribed to`,
    );
  }
  const { text, encoding } = toText(packet.payload);
  const mimeType = packet.properties.contentType;
  if (encoding === "utf8") return { uri, mimeType: mimeType ?? "text/plain", text };
  const blob = Buffer.from(packet.payload).toString("base64");
  return { uri, mimeType: mimeType ?? "application/octet-stream", blob };
}

/** The value that is up to date: the last message while they arrive, otherwise what the broker keeps. */
async function valueOf(
  topic: string,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ReceivedPacket | undefined> {
  const { permissions, link, connectTimeout, clock, subscriptions, lastValues } = context;
  permissions.checkSubscribe(topic);
  if (!subscriptions.covers(topic) || lastValues.get(topic) === undefined) {
    await whenOnline(link, connectTimeout, signal, clock);
    await readRetained(topic, READ_TIMEOUT, context, signal); // which makes it the last value
  }
  return lastValues.get(topic);
}

/** Does `work`; what an agent ought to know of its failure becomes a JSON-RPC error. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ToolError) throw new McpError(INVALID_PARAMETERS, error.message);
    if (error instanceof Failure) throw new McpError(TRANSPORT_ERROR_CODE, error.message, { reason: error.reason });
    throw error;
  }
}

/** The URIs of topics. A URI may name the broker's port, but need not. */
class TopicTemplate extends UriTemplate {
  readonly #prefix: string;
  readonly #prefixWithPort: string;

  /** @param authority host name and port of the broker */
  constructor(authority: string) {
    const prefix = `mqtt://${authority.replace(/:\d+$/, "")}/`;
    super(`${prefix}{+topic}`);
    this.#prefix = prefix;
    this.#prefixWithPort = `mqtt://${authority}/`;
  }

  override match(uri: string): Variables | null {
    return super.match(this.#withoutPort(uri));
  }

  uri(topic: string): string {
    return this.#prefix + topic.split("/").map(encodeURIComponent).join("/");
  }

  /** The topic that a URI names. */
  topic(uri: string): string {
    const plain = this.#withoutPort(uri);
    const topic = plain.startsWith(this.#prefix) ? decode(plain.slice(this.#prefix.length)) : undefined;
    if (topic === undefined || topicNameProblem(topic) !== undefined) {
      throw new McpError(INVALID_PARAMETERS, `${uri} names no topic of this broker: it has to be ${this.#prefix}TOPIC`);
    }
    return topic;
  }

  #withoutPort(uri: string): string {
    return uri.startsWith(this.#prefixWithPort) ? this.#prefix + uri.slice(this.#prefixWithPort.length) : uri;
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
