/**
 * What a process is doing, for the page and for `/status.json`.
 *
 * @module
 */
import type { Observer, Place, ProxyEvent } from "../../core/events.ts";
import { shortened } from "../../core/text.ts";
import { describe, levelOf } from "../log.ts";
import type { Condition, Readiness } from "./readiness.ts";

/** So many of the last events are kept. */
const EVENTS = 50;

/** The quantiles are those of so many of the last requests. */
const DURATIONS = 512;

/** A connection to the broker. */
export interface ConnectionStatus {
  readonly clientId: string;
  readonly state: "connected" | "lost" | "refused";
  /** ISO 8601. */
  readonly since: string;
  readonly cause?: string;
}

/** A server, as `serve` has it or as `connect` reaches it. */
export interface ServerStatus {
  readonly name: string;
  readonly online: boolean;
  /** Where it can be reached, or why it cannot. */
  readonly detail: string;
  readonly profiles: readonly string[];
  readonly sessions: number;
  /** Requests that have ended. */
  readonly calls: number;
  /** Requests that were answered with an error, since they could not be carried. */
  readonly errors: number;
  /** How long the last requests took, in ms. */
  readonly p50?: number;
  readonly p95?: number;
  /** What is known of its process, where there is one. */
  readonly process?: Condition;
}

/** A session of a client. */
export interface SessionStatus {
  readonly server: string;
  readonly client: string;
  readonly profile: string;
  /** ISO 8601. */
  readonly since: string;
  readonly lastMessage?: string;
  /** Requests that wait for their answers. */
  readonly pending: number;
  /** Messages that were sent again. */
  readonly resent: number;
  /** Its server process. */
  readonly pid?: number;
}

/** Something that happened. */
export interface LoggedEvent {
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  /** Whether it tells of something that went wrong. */
  readonly failure: boolean;
  readonly text: string;
}

/** Everything that is shown. */
export interface Status {
  readonly title: string;
  readonly version: string;
  readonly ready: boolean;
  readonly broker: string;
  /** ISO 8601. */
  readonly since: string;
  /** In seconds. */
  readonly uptime: number;
  readonly maximumSessions?: number;
  readonly conditions: readonly Condition[];
  readonly connections: readonly ConnectionStatus[];
  readonly servers: readonly ServerStatus[];
  readonly sessions: readonly SessionStatus[];
  /** The newest first. */
  readonly events: readonly LoggedEvent[];
}

/** What is known from the beginning. */
export interface OverviewOptions {
  readonly title: string;
  readonly version: string;
  /** The URL of the broker, without credentials. */
  readonly broker: string;
  readonly servers: readonly string[];
  readonly maximumSessions: number | undefined;
}

interface Server {
  /** Whether it is one of a fleet, and so online. */
  ofFleet?: boolean;
  readonly profiles: Set<string>;
  calls: number;
  errors: number;
  readonly durations: number[];
}

type Session = { -readonly [Name in keyof SessionStatus]: SessionStatus[Name] };

/** A sink that keeps what there is to see. */
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

  /** The sink itself. */
  readonly observe: Observer = (event) => {
    this.#note(event);
    const level = levelOf(event);
    // What a process says on its stderr is for the log alone: it may be anything.
    if (level === "debug" || event.type === "child.stderr") return;
    const failure = level !== "info" || event.type === "request.failed";
    this.#events.unshift({ time: now(), level, failure, text: shortened(describe(event), 500) });
    if (this.#events.length > EVENTS) this.#events.pop();
  };

  /** How everything is. */
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

  /** Those that have gone are forgotten: there may be thousands, with ever other names. */
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
    // What is heard of one of a fleet that has gone is heard too late.
    if (!this.#hasFleet) this.#servers.set(server, added);
    return added;
  }

  /** The session of `place`, unless it has ended. What `connect` carries is the host's, which nobody opens. */
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

/** How the processes of sessions are called in events. */
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
