/**
 * The log: events as lines on stderr.
 *
 * @module
 */
import { configure, dispose, getJsonLinesFormatter, getLogger, type LogLevel, type LogRecord } from "@logtape/logtape";
import { writeAll } from "../core/byte_streams.ts";
import { onOneLine } from "../core/text.ts";
import type { Observer, ProxyEvent } from "../core/events.ts";
import { lineSink } from "./line_sink.ts";

/** What is logged, and how. */
export interface LogOptions {
  readonly level: "debug" | "info" | "warning" | "error" | "off";
  readonly format: "text" | "json";
  /** @default {stderr} */
  readonly output?: WritableStream<Uint8Array>;
}

/** A running log. Disposing of it waits until everything is written, but not long for a reader who does not read. */
export interface Log extends AsyncDisposable {
  readonly observe: Observer;
}

const LEVELS: Readonly<Record<ProxyEvent["type"], LogLevel>> = {
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

/** Starts the log. Nothing else of this process writes to stderr, and no line of it goes to stdout. */
export async function startLog({ level, format, output = stderr() }: LogOptions): Promise<Log> {
  const formatter = format === "json" ? getJsonLinesFormatter({ properties: "flatten" }) : formatText;
  await configure({
    reset: true,
    sinks: { stderr: lineSink(output, formatter) },
    loggers: [
      {
        category: ["mcp-mqtt-proxy"],
        sinks: level === "off" ? [] : ["stderr"],
        lowestLevel: level === "off" ? "fatal" : level,
      },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "error" },
    ],
  });
  return {
    observe: (event) => {
      const { type, ...properties } = event;
      const logger = getLogger(["mcp-mqtt-proxy", ...type.split(".")]);
      logger[LEVELS[type] === "warning" ? "warn" : LEVELS[type]](describe(event), properties);
    },
    [Symbol.asyncDispose]: () => dispose(),
  };
}

/** Our stderr, which stays open when the log ends: there may be a last word to say. */
function stderr(): WritableStream<Uint8Array> {
  return new WritableStream({ write: (bytes) => writeAll(Deno.stderr, bytes) });
}

/** The event as a sentence for people. Braces are doubled, since the logger would take them for placeholders. */
function describe(event: ProxyEvent): string {
  return sentence(event).replaceAll("{", "{{").replaceAll("}", "}}");
}

function sentence(event: ProxyEvent): string {
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

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}

const NAMES: Readonly<Record<LogLevel, string>> = {
  trace: "trace",
  debug: "debug",
  info: "info",
  warning: "warning",
  error: "error",
  fatal: "error",
};

/** `2026-11-22T10:00:00.000Z warning: sentence`; control characters are made visible, since lines may be a stranger's. */
function formatText({ timestamp, level, message }: LogRecord): string {
  const text = onOneLine(message.map(String).join(""));
  return `${new Date(timestamp).toISOString()} ${NAMES[level]}: ${text}\n`;
}
