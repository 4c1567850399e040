/**
 * Counting events, and showing the counts as Prometheus metrics.
 *
 * Every label has few values: the servers of the configuration, the profiles, the directions, the reasons of failures.
 *
 * Source: Prometheus text exposition format 0.0.4.
 *
 * @module
 */
import type { Observer, Place, ProxyEvent } from "../../core/events.ts";

/** Upper bounds of the request duration histogram, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

type Kind = "counter" | "gauge";

/** All metrics except the histogram: type, help text and labels. */
const NUMBERS = {
  build_info: ["gauge", "1, with the version of the program", ["version"]],
  start_time_seconds: ["gauge", "When the process began to serve, in seconds since 1970", []],
  broker_connections_total: ["counter", "Connections to the broker that were made", []],
  broker_connected: ["gauge", "Connections to the broker that are up", []],
  server_online: ["gauge", "Topics on which clients can reach the server; 0 while it is offline", ["server"]],
  fleet_servers: ["gauge", "Servers of the fleet that are online, at a gateway", []],
  sessions_total: ["counter", "Sessions that were opened", ["server", "profile"]],
  sessions: ["gauge", "Sessions that are open", ["server", "profile"]],
  sessions_maximum: ["gauge", "Sessions that there may be, of all servers together", []],
  sessions_refused_total: ["counter", "Sessions that were refused", ["server", "reason"]],
  messages_total: ["counter", "Messages carried", ["server", "profile", "direction"]],
  message_bytes_total: ["counter", "Bytes of messages carried", ["server", "profile", "direction"]],
  messages_dropped_total: ["counter", "Messages that could not be carried", []],
  messages_retransmitted_total: ["counter", "Messages that were sent again", []],
  messages_duplicate_total: ["counter", "Messages that arrived again and were dropped", []],
  publish_failures_total: ["counter", "Messages that the broker did not take", []],
  requests_pending: ["gauge", "Requests that wait for their answers", ["server"]],
  requests_failed_total: [
    "counter",
    "Requests that were answered with an error because they could not be carried",
    ["server", "reason"],
  ],
  children_started_total: ["counter", "Server processes that were started", ["server"]],
  children_exited_total: ["counter", "Server processes that exited by themselves", ["server"]],
} satisfies Record<string, readonly [kind: Kind, help: string, labels: readonly string[]]>;

type Name = keyof typeof NUMBERS;

const DURATION = "request_duration_seconds";

/** The durations of one server's requests. */
interface Histogram {
  readonly buckets: number[];
  count: number;
  sum: number;
}

/** What is known when the process starts. */
export interface MetricsOptions {
  readonly version: string;
  /** The servers of the configuration. Their metrics exist before anything has happened. */
  readonly servers: readonly string[];
  /** The maximum number of sessions; `undefined` where none are accepted. */
  readonly maximumSessions: number | undefined;
}

/** A sink that counts. */
export class Metrics {
  /** The values of each metric, by their labels as text. */
  readonly #numbers = new Map<Name, Map<string, number>>();
  readonly #durations = new Map<string, Histogram>();
  readonly #connected = new Set<string>();

  constructor({ version, servers, maximumSessions }: MetricsOptions) {
    for (const name of Object.keys(NUMBERS) as Name[]) {
      const labels: readonly string[] = NUMBERS[name][2];
      this.#numbers.set(name, new Map(labels.length === 0 ? [["", 0]] : []));
      if (labels.join() === "server") { for (const server of servers) this.#add(name, { server }, 0); }
    }
    for (const server of servers) this.#histogram(server);
    this.#set("build_info", { version }, 1);
    this.#set("start_time_seconds", {}, Date.now() / 1000);
    if (maximumSessions !== undefined) this.#set("sessions_maximum", {}, maximumSessions);
  }

  /** The observer that counts events. */
  readonly observe: Observer = (event) => this.#count(event);

  /** All metrics in Prometheus's text format. */
  render(): string {
    const lines: string[] = [];
    for (const [name, values] of this.#numbers) {
      const [kind, help] = NUMBERS[name];
      const metric = `mcp_mqtt_proxy_${name}`;
      lines.push(`# HELP ${metric} ${help}`, `# TYPE ${metric} ${kind}`);
      for (const [labels, value] of values) lines.push(`${metric}${labels === "" ? "" : `{${labels}}`} ${value}`);
    }
    const metric = `mcp_mqtt_proxy_${DURATION}`;
    lines.push(`# HELP ${metric} Time from a request to its answer`, `# TYPE ${metric} histogram`);
    for (const [labels, { buckets, count, sum }] of this.#durations) {
      for (const [index, bound] of [...BUCKETS, "+Inf"].entries()) {
        lines.push(`${metric}_bucket{${labels},le="${bound}"} ${buckets[index] ?? count}`);
      }
      lines.push(`${metric}_sum{${labels}} ${sum}`, `${metric}_count{${labels}} ${count}`);
    }
    return lines.join("\n") + "\n";
  }

  #count(event: ProxyEvent): void {
    switch (event.type) {
      case "broker.connected":
        this.#add("broker_connections_total", {});
        this.#connected.add(event.clientId);
        return this.#set("broker_connected", {}, this.#connected.size);
      case "broker.lost":
      case "broker.refused":
      case "broker.closed":
        this.#connected.delete(event.clientId);
        return this.#set("broker_connected", {}, this.#connected.size);
      case "server.online":
        return this.#add("server_online", event);
      case "server.offline":
        return this.#add("server_online", event, -1);
      case "fleet.changed":
        return this.#set("fleet_servers", {}, event.size);
      case "session.opened":
        this.#add("sessions_total", event);
        return this.#add("sessions", event);
      case "session.ended":
        return this.#add("sessions", event, -1);
      case "session.refused":
        return this.#add("sessions_refused_total", event);
      case "session.retransmitted":
        return this.#add("messages_retransmitted_total", {}, event.count);
      case "session.duplicate":
        return this.#add("messages_duplicate_total", {});
      case "message.carried": {
        const labels = { ...event, direction: event.direction.replace("-", "_") };
        this.#add("messages_total", labels);
        return this.#add("message_bytes_total", labels, event.bytes);
      }
      case "message.dropped":
        return this.#add("messages_dropped_total", {});
      case "publish.failed":
        return this.#add("publish_failures_total", {});
      case "request.started":
        return this.#add("requests_pending", event);
      case "request.ended":
        this.#add("requests_pending", event, -1);
        return this.#duration(event, event.duration / 1000);
      case "request.failed":
        return this.#add("requests_failed_total", event);
      case "child.started":
        return this.#add("children_started_total", event);
      case "child.exited":
        return this.#add("children_exited_total", event);
    }
  }

  #duration({ server }: Place, seconds: number): void {
    const histogram = this.#histogram(server);
    histogram.count++;
    histogram.sum += seconds;
    for (const [index, bound] of BUCKETS.entries()) {
      if (seconds <= bound) histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
    }
  }

  #histogram(server: string | undefined): Histogram {
    const labels = labelText(["server"], { server });
    const known = this.#durations.get(labels);
    if (known !== undefined) return known;
    const histogram = { buckets: BUCKETS.map(() => 0), count: 0, sum: 0 };
    this.#durations.set(labels, histogram);
    return histogram;
  }

  #add(name: Name, values: object, amount = 1): void {
    const labels = labelText(NUMBERS[name][2], values);
    const numbers = this.#numbers.get(name);
    numbers?.set(labels, (numbers.get(labels) ?? 0) + amount);
  }

  #set(name: Name, values: object, value: number): void {
    this.#numbers.get(name)?.set(labelText(NUMBERS[name][2], values), value);
  }
}

/** Label text such as `server="files",profile="request-response"`, of the members of `values` that are labels. */
function labelText(labels: readonly string[], values: object): string {
  const members = values as Readonly<Record<string, unknown>>;
  return labels.map((label) => `${label}="${escaped(String(members[label] ?? ""))}"`).join();
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
