/**
 * Settings of several commands: logging, status page, tracing, message size and shutdown.
 *
 * @module
 */
import type { LogOptions, StatusOptions, TraceOptions } from "../observe/mod.ts";
import { bytes, listOf, oneText, onOff, secondsOrNone, text } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";

/** The settings of {@linkcode LogOptions}. */
export const LOG_SETTINGS: SettingsOf<LogOptions> = {
  logLevel: {
    flag: "--log-level <level>",
    environment: "MCP_MQTT_LOG_LEVEL",
    description: "least important level to log to stderr: debug, info, warning, error or off",
    kind: oneText(["debug", "info", "warning", "error", "off"]),
    fallback: "warning",
  },
  logFormat: {
    flag: "--log-format <format>",
    environment: "MCP_MQTT_LOG_FORMAT",
    description: "text or json",
    kind: oneText(["text", "json"]),
    fallback: "text",
  },
};

/** The settings of {@linkcode StatusOptions}. */
export const STATUS_SETTINGS: SettingsOf<StatusOptions> = {
  status: {
    flag: "--status <address:port>",
    environment: "MCP_MQTT_STATUS",
    description: "serve /healthz, /readyz, /metrics and a page over HTTP; on this machine only if no address is given",
    kind: text,
  },
  statusHost: {
    flag: "--status-host <name>",
    environment: "MCP_MQTT_STATUS_HOST",
    description:
      "a name by which the status may be asked for, besides those of this machine; may be given several times",
    kind: listOf(text),
    repeatable: true,
  },
};

/**
 * The settings of {@linkcode TraceOptions}, with the environment variables of OpenTelemetry. We may inherit those of a
 * host. So a value that we cannot use must not be an error.
 */
export const TRACE_SETTINGS: SettingsOf<TraceOptions> = {
  otlpEndpoint: {
    flag: "--otlp-endpoint <url>",
    environment: "OTEL_EXPORTER_OTLP_ENDPOINT",
    description: "OpenTelemetry collector to send a span of each request to, by OTLP over HTTP",
    kind: text,
  },
  otlpHeaders: {
    flag: "--otlp-headers <name=value,...>",
    environment: "OTEL_EXPORTER_OTLP_HEADERS",
    description: "fields of the requests to the collector, such as an API key; percent-encoded",
    kind: text,
  },
  serviceName: {
    flag: "--otel-service-name <name>",
    environment: "OTEL_SERVICE_NAME",
    description: "what this process is called in traces",
    kind: text,
    fallback: "mcp-mqtt-proxy",
  },
};

/** Whether the trace context of messages is visible to the broker. */
export interface TraceContextOptions {
  /**
   * Whether `traceparent` and `tracestate` in the `_meta` of a message are also sent as user properties of its packet.
   * Never for sealed messages.
   *
   * @default {false}
   */
  readonly traceContext: boolean;
}

/** The settings of {@linkcode TraceContextOptions}. */
export const TRACE_CONTEXT_SETTINGS: SettingsOf<TraceContextOptions> = {
  traceContext: {
    flag: "--trace-context",
    environment: "MCP_MQTT_TRACE_CONTEXT",
    description: "show brokers the trace context of a message's _meta, as user properties; not of sealed messages",
    kind: onOff,
  },
};

/** Limits that both ends have. */
export interface MessageOptions {
  /** Longest MCP message, in bytes. @default {67108864} */
  readonly maxMessage: number;
}

/** How both ends shut down a session. */
export interface EndOptions {
  /** How long pending requests may still take after the host has closed its side, in ms. @default {15000} */
  readonly endTimeout: number;
}

/** The settings of {@linkcode EndOptions}. */
export const END_SETTINGS: SettingsOf<EndOptions> = {
  endTimeout: {
    flag: "--end-timeout <seconds>",
    environment: "MCP_MQTT_END_TIMEOUT",
    description: "how long requests under way may take when the host has closed its end (stdin of connect)",
    kind: secondsOrNone,
    fallback: "15",
  },
};

/** The settings of {@linkcode MessageOptions}. */
export const MESSAGE_SETTINGS: SettingsOf<MessageOptions> = {
  maxMessage: {
    flag: "--max-message <bytes>",
    environment: "MCP_MQTT_MAX_MESSAGE",
    description: "longest MCP message",
    kind: bytes("1K", "4G"), // below, not even the handshake of MCP gets through
    fallback: "64M",
  },
};
