/**
 * What happens, as typed values. The log, the metrics and the status page are all fed by this one stream, so
 * they cannot disagree. No event carries a credential or a payload.
 *
 * @module
 */

/** One thing that happened. */
export type ProxyEvent =
  | { readonly type: "broker.connecting"; readonly broker: string; readonly attempt: number }
  | {
    readonly type: "broker.connected";
    readonly broker: string;
    readonly clientId: string;
    readonly protocolVersion: 4 | 5;
    readonly sessionPresent: boolean;
  }
  | { readonly type: "broker.lost"; readonly broker: string; readonly cause: string; readonly retryIn: number }
  | { readonly type: "broker.refused"; readonly broker: string; readonly cause: string; readonly retryIn: number }
  | { readonly type: "broker.downgraded"; readonly broker: string; readonly cause: string }
  | { readonly type: "subscription.refused"; readonly filter: string; readonly cause: string }
  | { readonly type: "publish.failed"; readonly topic: string; readonly cause: string }
  | { readonly type: "server.online"; readonly server: string; readonly topic: string }
  | { readonly type: "session.opened"; readonly server: string; readonly session: string }
  | { readonly type: "session.ended"; readonly server: string; readonly session: string; readonly cause: string }
  | { readonly type: "session.refused"; readonly server: string; readonly session: string; readonly cause: string }
  | { readonly type: "child.started"; readonly session: string; readonly pid: number }
  | { readonly type: "child.exited"; readonly session: string; readonly cause: string }
  | { readonly type: "child.stderr"; readonly session: string; readonly line: string }
  | { readonly type: "credentials.sent"; readonly server: string; readonly keys: string }
  | { readonly type: "line.skipped"; readonly source: string; readonly bytes: number }
  | { readonly type: "message.dropped"; readonly source: string; readonly cause: string }
  | { readonly type: "request.failed"; readonly method: string; readonly reason: string; readonly cause: string }
  | { readonly type: "warning"; readonly text: string };

/** Takes events. Must not block and must not throw. */
export type Observer = (event: ProxyEvent) => void;
