/**
 * The log: events as lines on stderr.
 *
 * @module
 */
import type { Observer, ProxyEvent } from "../core/events.ts";
import { writeOut } from "../core/standard_output.ts";
import { onOneLine, shortened } from "../core/text.ts";
import { LineSink, type Output } from "./line_sink.ts";
import { type OutageChange, Outages } from "./outages.ts";
import { RepeatLimit } from "./repeat_limit.ts";

type Level = "debug" | "info" | "warning" | "error";

/** What is logged, and how. */
export interface LogOptions {
  /** The lowest level that is logged. */
  readonly logLevel: Level | "off";
  readonly logFormat: "text" | "json";
}

/** A running log. Disposing of it waits until everything is written, but only briefly if the reader does not read. */
export interface Log extends AsyncDisposable {
  readonly observe: Observer;
}

const LEVELS: Readonly<Record<ProxyEvent["type"], Level>> = {
  "broker.connecting": "debug",
  "broker.connected": "info",
  "broker.lost": "warning",
  "broker.refused": "error",
  "broker.closed": "debug",
  "broker.downgraded": "warning",
  "subscription.refused": "error",
  "publish.failed": "warning",
  "server.online": "info",
  "server.offline": "info",
  "fleet.changed": "info",
  "session.opened": "info",
  "session.ended": "info",
  "session.refused": "warning",
  "session.retransmitted": "info",
  "session.duplicate": "debug",
  "child.started": "info",
  "child.startable": "debug",
  "child.failed": "error",
  "child.delayed": "info",
  "child.exited": "warning",
  "child.stderr": "info",
  "child.last_words": "warning",
  "credentials.sent": "info",
  "credential.misnamed": "error",
  "line.skipped": "warning",
  "message.dropped": "warning",
  "message.carried": "debug",
  "request.started": "debug",
  "request.ended": "debug",
  "request.failed": "info",
  "warning": "warning",
};

/** Levels by importance; the highest number is the most important. */
const RANKS: Readonly<Record<LogOptions["logLevel"], number>> = { debug: 0, info: 1, warning: 2, error: 3, off: 4 };

/** Starts the log. It is the only writer to stderr in this process, and writes nothing to stdout. */
export function startLog({ logLevel, logFormat }: LogOptions, output: Output = writeError): Log {
  const formatted = logFormat === "json" ? formatJson : formatText;
  const sink = new LineSink(
    output,
    (dropped) => formatted("warning", `${dropped} lines of the log were dropped, since nobody has read it`),
  );
  const repeated = new RepeatLimit((kind, count) => {
    const level = LEVELS[kind as ProxyEvent["type"]];
    sink.write(formatted(level, `${kind}: ${count} more within a few seconds, without a line each`));
  });
  // Programs, and those who debug, get every attempt.
  const outages = logFormat === "json" || logLevel === "debug" ? undefined : new Outages();
  return {
    observe: (event) => {
      const news = outages?.note(event) ?? "other";
      if (news === "known") return;
      // Who was told of an outage has to be told of its end.
      const level = news === "back" ? LEVELS["broker.lost"] : LEVELS[event.type];
      if (RANKS[level] < RANKS[logLevel]) return;
      // Strangers can cause warnings, so repeated ones are limited. Lower levels are logged in full, for those who have
      // asked for them.
      if (RANKS[level] >= RANKS.warning && !repeated.pass(event.type)) return;
      const bounded = withBoundedTexts(event);
      sink.write(formatted(level, news === "other" ? describe(bounded) : describeOutage(bounded, news), bounded));
    },
    async [Symbol.asyncDispose]() {
      repeated[Symbol.dispose]();
      await sink[Symbol.asyncDispose]();
    },
  };
}

/** Members that are sentences or lines of a process, and may be long. All others are topics or names. */
const SENTENCES: readonly string[] = ["cause", "text", "line"];

const LONGEST_SENTENCE = 2_000;

/** The event with its texts shortened to a readable length: strangers choose topics and names. */
function withBoundedTexts(event: ProxyEvent): ProxyEvent {
  const members = Object.entries(event).map(([name, value]) => [
    name,
    typeof value !== "string" ? value : shortened(value, SENTENCES.includes(name) ? LONGEST_SENTENCE : undefined),
  ]);
  return Object.fromEntries(members);
}

/** Writes to stderr, which stays open when the log ends: there may be a last error to print. */
const writeError: Output = (bytes) => writeOut(Deno.stderr, bytes);

/** How important an event is. */
export function levelOf({ type }: ProxyEvent): Level {
  return LEVELS[type];
}

/** The event as a sentence for people, who have to be protected from what strangers may have put into it. */
export function describe(event: ProxyEvent): string {
  switch (event.type) {
    case "broker.connecting":
      return `connecting to ${event.broker}, attempt ${event.attempt}`;
    case "broker.connected": {
      const version = event.protocolVersion === 5 ? "MQTT 5" : "MQTT 3.1.1";
      return `connected to ${event.broker} as ${event.clientId} (${version})`;
    }
    case "broker.lost":
      return `no connection to ${event.broker}: ${event.cause}; next attempt in ${seconds(event.retryIn)} s`;
    case "broker.refused":
      return event.cause + (event.retryIn === undefined ? "" : `; next attempt in ${seconds(event.retryIn)} s`);
    case "broker.closed":
      return `closed the connection to ${event.broker} as ${event.clientId}`;
    case "broker.downgraded":
      return `${event.broker} does not speak MQTT 5 (${event.cause}); using MQTT 3.1.1, without sessions and their recovery`;
    case "subscription.refused":
      return event.cause;
    case "publish.failed":
      return event.cause;
    case "server.online":
      return `${event.server} is online on ${event.topic}`;
    case "server.offline":
      return `${event.server} is offline on ${event.topic}`;
    case "fleet.changed":
      return event.profiles.length === 0
        ? `${event.server} has gone; ${event.size} servers are online`
        : `${event.server} is online in ${event.profiles.join(" and ")}; ${event.size} servers are online`;
    case "session.opened":
      return `${event.server}: session ${event.session} opened`;
    case "session.ended":
      return `${event.server}: session ${event.session} ended: ${event.cause}`;
    case "session.refused":
      return `${event.server}: session ${event.session} refused: ${event.cause}`;
    case "session.retransmitted":
      return `${event.session}: sent ${event.count} messages again`;
    case "session.duplicate":
      return `${event.session}: dropped a message that had arrived before`;
    case "child.started":
      return `${event.session}: started process ${event.pid}`;
    case "child.startable":
      return `${event.server}: its program is there`;
    case "child.failed":
      return `${event.server}: ${event.cause}`;
    case "child.delayed":
      return `${event.session}: the one before exited at once, so this one starts in ${seconds(event.delay)} s`;
    case "child.exited":
      return `${event.session}: ${event.cause}`;
    case "child.stderr":
      return `${event.session}: ${event.line}`;
    case "child.last_words":
      return `${event.session}: before its exit: ${event.line}`;
    case "credentials.sent":
      return `${event.server}: sent its credentials: ${event.keys || "none"}`;
    case "credential.misnamed":
      return `the credential ${event.key} means nothing here: it is called ${event.meant}`;
    case "line.skipped":
      return `${event.source}: skipped a line of ${event.bytes} bytes on stdout that is not JSON (further ones without a word)`;
    case "message.dropped":
      return `dropped a message from ${event.source}: ${event.cause}`;
    case "message.carried":
      return `${event.bytes} bytes ${event.direction}`;
    case "request.started":
      return `request "${event.method}"`;
    case "request.ended":
      return `request "${event.method}" took ${event.duration.toFixed(1)} ms`;
    case "request.failed":
      return `answered "${event.method}" with an error: ${event.cause}`;
    case "warning":
      return event.text;
  }
}

/** The event as a sentence that stands for all attempts until the next connection. */
function describeOutage(event: ProxyEvent, news: OutageChange): string {
  switch (event.type) {
    case "broker.lost": {
      const which = news === "partly-away" ? ` as ${event.clientId}, though others are connected` : "";
      return `no connection to ${event.broker}${which}: ${event.cause}; trying again until it works`;
    }
    case "broker.refused":
      return event.cause + (event.retryIn === undefined ? "" : "; trying again until it works");
    default:
      return describe(event);
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}

/**
 * `2026-11-22T10:00:00.000Z warning: sentence`. Control characters are made visible, since strangers may have sent
 * them.
 */
function formatText(level: Level, text: string): string {
  return `${new Date().toISOString()} ${level}: ${onOneLine(text)}\n`;
}

const JSON_LEVELS: Readonly<Record<Level, string>> = { debug: "DEBUG", info: "INFO", warning: "WARN", error: "ERROR" };

/** A JSON object on one line: the members that log collectors expect, and the members of the event. */
function formatJson(level: Level, message: string, event?: ProxyEvent): string {
  const { type, ...properties } = event ?? { type: "log" };
  const record = {
    "@timestamp": new Date().toISOString(),
    level: JSON_LEVELS[level],
    message,
    logger: `mcp-mqtt-proxy.${type}`,
    ...properties,
  };
  return `${onOneLine(JSON.stringify(record))}\n`;
}
