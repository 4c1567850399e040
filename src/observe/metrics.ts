/**
 * Counting events, and showing the counts as Prometheus wants them.
 *
 * Source: Prometheus text exposition format 0.0.4.
 *
 * @module
 */
import type { Observer, ProxyEvent } from "../core/events.ts";

/** Upper bounds of the request duration histogram, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

type Kind = "counter" | "gauge";

/** Every number but the histogram: its kind and its help text. */
const NUMBERS = {
  broker_connections_total: ["counter", "Connections to the broker that came about"],
  broker_connected: ["gauge", "Connections to the broker that are up"],
  sessions_total: ["counter", "Sessions that were opened"],
  sessions: ["gauge", "Sessions that are open"],
  sessions_refused_total: ["counter", "Sessions that were refused"],
  messages_to_server_total: ["counter", "Messages carried from clients to servers"],
  messages_to_client_total: ["counter", "Messages carried from servers to clients"],
  bytes_to_server_total: ["counter", "Bytes of messages carried from clients to servers"],
  bytes_to_client_total: ["counter", "Bytes of messages carried from servers to clients"],
  messages_dropped_total: ["counter", "Messages that could not be carried"],
  messages_retransmitted_total: ["counter", "Messages that were sent again"],
  messages_duplicate_total: ["counter", "Messages that arrived again and were dropped"],
  publish_failures_total: ["counter", "Messages that the broker did not take"],
  requests_pending: ["gauge", "Requests that wait for their answers"],
  requests_failed_total: ["counter", "Requests that were answered with an error because they could not be carried"],
  children_started_total: ["counter", "Server processes that were started"],
  children_exited_total: ["counter", "Server processes that exited by themselves"],
} satisfies Record<string, readonly [kind: Kind, help: string]>;

type Name = keyof typeof NUMBERS;

/** A sink that counts. */
export class Metrics {
  readonly #values = new Map<Name, number>(Object.keys(NUMBERS).map((name) => [name as Name, 0]));
  readonly #buckets: number[] = BUCKETS.map(() => 0);
  #durations = 0;
  #durationSum = 0;
  readonly #connected = new Set<string>();

  /** The sink itself. */
  readonly observe: Observer = (event) => this.#count(event);

  /** The current value of one number. */
  value(name: Name): number {
    return this.#values.get(name) ?? 0;
  }

  /** Everything, in Prometheus's text format. */
  render(): string {
    const lines: string[] = [];
    for (const [name, [kind, help]] of Object.entries(NUMBERS)) {
      const metric = `mcp_mqtt_proxy_${name}`;
      lines.push(`# HELP ${metric} ${help}`, `# TYPE ${metric} ${kind}`, `${metric} ${this.value(name as Name)}`);
    }
    const metric = "mcp_mqtt_proxy_request_duration_seconds";
    lines.push(`# HELP ${metric} Time from a request to its answer`, `# TYPE ${metric} histogram`);
    for (const [index, bound] of BUCKETS.entries()) {
      lines.push(`${metric}_bucket{le="${bound}"} ${this.#buckets[index] ?? 0}`);
    }
    lines.push(
      `${metric}_bucket{le="+Inf"} ${this.#durations}`,
      `${metric}_sum ${this.#durationSum}`,
      `${metric}_count ${this.#durations}`,
    );
    return lines.join("\n") + "\n";
  }

  #count(event: ProxyEvent): void {
    switch (event.type) {
      case "broker.connected":
        this.#add("broker_connections_total");
        this.#connected.add(event.clientId);
        return this.#set("broker_connected", this.#connected.size);
      case "broker.lost":
      case "broker.refused":
      case "broker.closed":
        this.#connected.delete(event.clientId);
        return this.#set("broker_connected", this.#connected.size);
      case "session.opened":
        this.#add("sessions_total");
        return this.#add("sessions");
      case "session.ended":
        return this.#add("sessions", -1);
      case "session.refused":
        return this.#add("sessions_refused_total");
      case "session.retransmitted":
        return this.#add("messages_retransmitted_total", event.count);
      case "session.duplicate":
        return this.#add("messages_duplicate_total");
      case "message.carried": {
        const direction = event.direction === "to-server" ? "to_server" : "to_client";
        this.#add(`messages_${direction}_total`);
        return this.#add(`bytes_${direction}_total`, event.bytes);
      }
      case "message.dropped":
        return this.#add("messages_dropped_total");
      case "publish.failed":
        return this.#add("publish_failures_total");
      case "request.started":
        return this.#add("requests_pending");
      case "request.ended":
        this.#add("requests_pending", -1);
        return this.#duration(event.duration / 1000);
      case "request.failed":
        return this.#add("requests_failed_total");
      case "child.started":
        return this.#add("children_started_total");
      case "child.exited":
        return this.#add("children_exited_total");
    }
  }

  #duration(seconds: number): void {
    this.#durations++;
    this.#durationSum += seconds;
    for (const [index, bound] of BUCKETS.entries()) {
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    }
  }

  #add(name: Name, amount = 1): void {
    this.#set(name, this.value(name) + amount);
  }

  #set(name: Name, value: number): void {
    this.#values.set(name, value);
  }
}
