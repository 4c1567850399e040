/**
 * Events as typed values. Durations are in ms. The log, the metrics and the status page all read this one stream, so
 * they cannot disagree. No event carries a credential or a payload.
 *
 * @module
 */
import type { FailureReason } from "./failure.ts";

/** One thing that happened. */
export type ProxyEvent =
  | { readonly type: "broker.connecting"; readonly broker: string; readonly attempt: number }
  | {
    readonly type: "broker.connected";
    readonly broker: string;
    readonly clientId: string;
    readonly protocolVersion: 4 | 5;
  }
  | {
    readonly type: "broker.lost";
    readonly broker: string;
    readonly clientId: string;
    readonly cause: string;
    readonly retryIn: number;
  }
  | {
    readonly type: "broker.refused";
    readonly broker: string;
    readonly clientId: string;
    readonly cause: string;
    /** When the next attempt is made, in ms; `undefined` when there is none. */
    readonly retryIn: number | undefined;
  }
  | { readonly type: "broker.closed"; readonly broker: string; readonly clientId: string }
  | { readonly type: "broker.downgraded"; readonly broker: string; readonly cause: string }
  | { readonly type: "subscription.refused"; readonly filter: string; readonly cause: string }
  | { readonly type: "publish.failed"; readonly topic: string; readonly cause: string }
  | {
    readonly type: "server.online";
    readonly server: string;
    readonly topic: string;
    readonly profile?: string;
  }
  | {
    readonly type: "server.offline";
    readonly server: string;
    readonly topic: string;
    readonly profile?: string;
  }
  | {
    readonly type: "fleet.changed";
    readonly server: string;
    /** The wire profiles in which it is online now; none when it has gone. */
    readonly profiles: readonly string[];
    /** How many servers of the fleet are online. */
    readonly size: number;
  }
  | {
    readonly type: "session.opened";
    readonly server: string;
    readonly session: string;
    readonly profile: string;
  }
  | {
    readonly type: "session.ended";
    readonly server: string;
    readonly session: string;
    readonly profile: string;
    readonly cause: string;
  }
  | {
    readonly type: "session.refused";
    readonly server: string;
    readonly session: string;
    readonly reason: FailureReason;
    readonly cause: string;
  }
  | { readonly type: "session.retransmitted"; readonly session: string; readonly count: number }
  | { readonly type: "session.duplicate"; readonly session: string }
  | { readonly type: "child.started"; readonly server: string; readonly session: string; readonly pid: number }
  | { readonly type: "child.startable"; readonly server: string }
  | { readonly type: "child.failed"; readonly server: string; readonly cause: string }
  | { readonly type: "child.delayed"; readonly session: string; readonly delay: number }
  | { readonly type: "child.exited"; readonly server: string; readonly session: string; readonly cause: string }
  | { readonly type: "child.stderr"; readonly session: string; readonly line: string }
  | { readonly type: "child.last_words"; readonly session: string; readonly line: string }
  | { readonly type: "credentials.sent"; readonly server: string; readonly keys: string }
  | { readonly type: "credential.misnamed"; readonly key: string; readonly meant: string }
  | { readonly type: "line.skipped"; readonly source: string; readonly bytes: number }
  | { readonly type: "message.dropped"; readonly source: string; readonly cause: string }
  | {
    readonly type: "message.carried";
    readonly server?: string;
    readonly profile?: string;
    readonly session?: string;
    readonly direction: "to-server" | "to-client";
    readonly bytes: number;
  }
  | {
    readonly type: "request.started";
    readonly server?: string;
    readonly profile?: string;
    readonly session?: string;
    readonly method: string;
  }
  | {
    readonly type: "request.ended";
    readonly server?: string;
    readonly profile?: string;
    readonly session?: string;
    readonly method: string;
    readonly duration: number;
    /** Why the server did not answer. With `traced`, also the error of an answer. */
    readonly reason?: string;
    /** The trace that it is a part of (W3C Trace Context), when requests are traced. */
    readonly traceparent?: string;
    /** The tool that it calls, when requests are traced. */
    readonly tool?: string;
  }
  | {
    readonly type: "request.failed";
    readonly server?: string;
    readonly profile?: string;
    readonly session?: string;
    readonly method: string;
    readonly reason: FailureReason;
    readonly cause: string;
  }
  | { readonly type: "warning"; readonly text: string };

/** Takes events. Must not block and must not throw. */
export type Observer = (event: ProxyEvent) => void;

/** Who receives events. */
export interface Observers {
  readonly observe: Observer;
  /** Also takes an event for every message and every request; `undefined` when nobody counts them. */
  readonly meter: Observer | undefined;
  /** Whether requests are traced: their events then carry `traceparent` and `tool`. @default {false} */
  readonly traced?: boolean;
}

/** Which session a message or a request belongs to, as far as that is known where the event is made. */
export interface Place {
  readonly server?: string;
  readonly profile?: string;
  readonly session?: string;
}

/** Adds to every event where it happened, before `observe` gets it. */
export function placed(observe: Observer, place: Place): Observer {
  return (event) => observe({ ...event, ...place } as ProxyEvent);
}
