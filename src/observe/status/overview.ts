/**
 * The state of a process, for the page and for `/status.json`.
 *
 * @module
 */
import type { Observer, Place, ProxyEvent } from "../../core/events.ts";
import { shortened } from "../../core/text.ts";
import { describe, levelOf } from "../log.ts";
import type { Condition, Readiness } from "./readiness.ts";

/** How many of the latest events are kept. */
const EVENTS = 50;

/** The quantiles are computed from this many of the latest requests. */
const DURATIONS = 512;

/** A connection to the broker. */
export interface ConnectionStatus {
  readonly clientId: string;
  readonly state: "connected" | "lost" | "refused";
  /** When the state began, in ISO 8601. */
  readonly since: string;
  readonly cause?: string;
}

/** A server that `serve` offers or `connect` reaches. */
export interface ServerStatus {
  readonly name: string;
  readonly online: boolean;
  /** Where it can be reached, or why it cannot. */
  readonly detail: string;
  readonly profiles: readonly string[];
  readonly sessions: number;
  /** How many requests have ended. */
  readonly calls: number;
  /** How many requests got an error because they could not be delivered. */
  readonly errors: number;
  /** The median duration of the latest requests, in ms. */
  readonly p50?: number;
  /** The 95th percentile of the duration of the latest requests, in ms. */
  readonly p95?: number;
  /** The state of its process, where there is one. */
  readonly process?: Condition;
}

/** A session of a client. */
export interface SessionStatus {
  readonly server: string;
  readonly client: string;
  readonly profile: string;
  /** When the session began, in ISO 8601. */
  readonly since: string;
  readonly lastMessage?: string;
  /** How many requests wait for their answers. */
  readonly pending: number;
  /** How many messages were sent again. */
  readonly resent: number;
  /** The id of its server process. */
  readonly pid?: number;
}

/** An event of the recent past. */
export interface LoggedEvent {
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  /** Whether the event is a failure. */
  readonly failure: boolean;
  readonly text: string;
}

/** The whole status. */
export interface Status {
  readonly title: string;
  readonly version: string;
  readonly ready: boolean;
  readonly broker: string;
  /** When the process started, in ISO 8601. */
  readonly since: string;
  /** How long the process has been running, in seconds. */
  readonly uptime: number;
  readonly maximumSessions?: number;
  readonly conditions: readonly Condition[];
  readonly connections: readonly ConnectionStatus[];
  readonly servers: readonly ServerStatus[];
  readonly sessions: readonly SessionStatus[];
  /** The latest events, the newest first. */
  readonly events: readonly LoggedEvent[];
}

/** What is known when the process starts. */
export interface OverviewOptions {
  readonly title: string;
  readonly version: string;
  /** The URL of the broker, without credentials. */
  readonly broker: string;
  readonly servers: readonly string[];
  readonly maximumSessions: number | undefined;
}

interface Server {
  /** Whether it is a server of a fleet. Such a server is listed only while it is online. */
  ofFleet?: boolean;
  readonly profiles: Set<string>;
  calls: number;
  errors: number;
  readonly durations: number[];
}

type Session = { -readonly [Name in keyof SessionStatus]: SessionStatus[Name] };

/** A sink that keeps the state for the status. */
export class Overview {
  readonly #options: OverviewOptions;
  readonly #readiness: Readiness;
  readonly #began = Date.now();
  readonly #connections = new Map<string, ConnectionStatus>();
  readonly #servers: Map<string, Server>;
  readonly #sessions = new Map<string, Session>();
  readonly #pids = new Map<string, number>();
  readonly #events: LoggedEvent[] = [];
  #hasFleet = false;

  constructor(options: OverviewOptions, readiness: Readiness) {
    this.#options = options;
    this.#readiness = readiness;
    this.#servers = new Map(options.servers.map((name) => [name, newServer()]));
  }

  /** The observer that follows events. */
  readonly observe: Observer = (event) => {
    this.#note(event);
    const level = levelOf(event);
    // The stderr of a server process may hold anything, secrets included: it goes to the log only.
    if (level === "debug" || event.type === "child.stderr") return;
    const failure = level !== "info" || event.type === "request.failed";
    this.#events.unshift({ time: now(), level, failure, text: shortened(describe(event), 500) });
    if (this.#events.length > EVENTS) this.#events.pop();
  };

  /** The current status. */
  get status(): Status {
    const { maximumSessions, servers: _, ...options } = this.#options;
    const sessions = [...this.#sessions.values()];
    return {
      ...options,
      ready: this.#readiness.ready,
      since: new Date(this.#began).toISOString(),
      uptime: Math.round((Date.now() - this.#began) / 1000),
      ...(maximumSessions === undefined ? {} : { maximumSessions }),
      conditions: this.#readiness.conditions,
      connections: [...this.#connections.values()],
      servers: [...this.#servers].map(([name, server]) => this.#serverStatus(name, server, sessions)),
      sessions,
      events: this.#events,
    };
  }

  #serverStatus(
    name: string,
    { ofFleet, profiles, calls, errors, durations }: Server,
    sessions: Session[],
  ): ServerStatus {
    const { online: needed, process } = this.#readiness.of(name);
    const online = ofFleet === true && needed?.met === true ? { met: true, detail: "online" } : needed;
    const sorted = durations.toSorted((a, b) => a - b);
    const [p50, p95] = [quantile(sorted, 0.5), quantile(sorted, 0.95)];
    return {
      name,
      online: online?.met ?? false,
      detail: online?.detail ?? "",
      profiles: [...profiles].toSorted(),
      sessions: sessions.filter(({ server }) => server === name).length,
      calls,
      errors,
      ...(p50 === undefined ? {} : { p50 }),
      ...(p95 === undefined ? {} : { p95 }),
      ...(process === undefined ? {} : { process }),
    };
  }

  #note(event: ProxyEvent): void {
    switch (event.type) {
      case "broker.connected":
        return this.#connection(event.clientId, "connected");
      case "broker.lost":
        return this.#connection(event.clientId, "lost", event.cause);
      case "broker.refused":
        return this.#connection(event.clientId, "refused", event.cause);
      case "broker.closed":
        return void this.#connections.delete(event.clientId);
      case "server.online":
        if (event.profile !== undefined) this.#server(event).profiles.add(event.profile);
        return;
      case "server.offline":
        if (event.profile !== undefined) this.#server(event).profiles.delete(event.profile);
        return;
      case "fleet.changed":
        return this.#fleetChanged(event);
      case "child.started":
        return void this.#pids.set(event.session, event.pid);
      case "session.opened":
        return this.#open(event);
      case "session.ended":
        this.#pids.delete(processName(event));
        return void this.#sessions.delete(processName(event));
      case "session.retransmitted":
        for (const session of this.#sessions.values()) {
          if (session.client === event.session) session.resent += event.count;
        }
        return;
      case "message.carried": {
        const session = this.#session(event);
        if (session !== undefined) session.lastMessage = now();
        return;
      }
      case "request.started": {
        const session = this.#session(event);
        if (session !== undefined) session.pending++;
        return;
      }
      case "request.ended":
        return this.#ended(event, event.duration);
      case "request.failed":
        this.#server(event).errors++;
        return;
    }
  }

  /** Servers that have gone are forgotten. There may be thousands over time, each under a new name. */
  #fleetChanged({ server: name, profiles }: Extract<ProxyEvent, { type: "fleet.changed" }>): void {
    this.#hasFleet = true;
    if (profiles.length === 0) return void this.#servers.delete(name);
    const server = this.#servers.get(name) ?? newServer();
    this.#servers.set(name, server);
    server.ofFleet = true;
    server.profiles.clear();
    for (const profile of profiles) server.profiles.add(profile);
  }

  #ended(place: Place, duration: number): void {
    const server = this.#server(place);
    server.calls++;
    if (server.durations.push(duration) > DURATIONS) server.durations.shift();
    const session = this.#session(place);
    if (session !== undefined) session.pending--;
  }

  #connection(clientId: string, state: ConnectionStatus["state"], cause?: string): void {
    const before = this.#connections.get(clientId);
    const since = before?.state === state ? before.since : now();
    this.#connections.set(clientId, { clientId, state, since, ...(cause === undefined ? {} : { cause }) });
  }

  #server({ server = "" }: Place): Server {
    const known = this.#servers.get(server);
    if (known !== undefined) return known;
    const added = newServer();
    // A late event of a server that has left the fleet must not list it again.
    if (!this.#hasFleet) this.#servers.set(server, added);
    return added;
  }

  /**
   * The session of `place`, unless it has ended. For `connect` it is created here, since no event opens the host's
   * session.
   */
  #session(place: Place): Session | undefined {
    const key = processName(place);
    if (place.session === undefined && !this.#sessions.has(key)) this.#open({ ...place, session: "host" }, key);
    return this.#sessions.get(key);
  }

  #open(place: Place, key = processName(place)): void {
    const { server = "", session: client = "", profile = "" } = place;
    const pid = this.#pids.get(key);
    const process = pid === undefined ? {} : { pid };
    this.#sessions.set(key, { server, client, profile, since: now(), pending: 0, resent: 0, ...process });
  }
}

/** The name of a session's process in events. */
function processName({ server = "", session = "" }: Place): string {
  return `${server}/${session}`;
}

function newServer(): Server {
  return { profiles: new Set(), calls: 0, errors: 0, durations: [] };
}

function quantile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

function now(): string {
  return new Date().toISOString();
}
