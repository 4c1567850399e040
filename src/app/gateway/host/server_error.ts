/**
 * Errors of servers and of the way to them, for the host.
 *
 * @module
 */
import { SdkError } from "@modelcontextprotocol/client";
import { ProtocolError } from "@modelcontextprotocol/server";
import { Failure, type FailureReason, isFailureReason, TRANSPORT_ERROR_CODE } from "../../../core/failure.ts";
import { errorText, shortened } from "../../../core/text.ts";
import { membersOf } from "../json.ts";

/** With these reasons the server certainly never ran the request. */
const NOT_RUN: readonly FailureReason[] = [
  "broker-unreachable",
  "login-refused",
  "not-authorized",
  "publish-refused",
  "subscribe-refused",
  "no-server-online",
  "child-not-started",
  "too-large",
  "too-many-pending",
  "too-many-sessions",
];

/** The longest error text of a server, in characters. */
const LONGEST = 4_000;

/**
 * An error with the name of the server. The server's own errors keep their code and data. Errors of the way to it say
 * whether the call may have run.
 *
 * @param asked whether the request was sent
 */
export function serverError(server: string, error: unknown, asked = true): ProtocolError {
  const { code, data, reason } = told(error);
  const text = shortened(errorText(error), LONGEST);
  if (reason === undefined && !(error instanceof SdkError)) {
    return new ProtocolError(code ?? TRANSPORT_ERROR_CODE, `${server}: ${text}`, data);
  }
  const mayHaveRun = asked && (reason === undefined || !NOT_RUN.includes(reason));
  const outcome = mayHaveRun ? "the call may have run" : "the call has not run";
  return new ProtocolError(TRANSPORT_ERROR_CODE, `${server}: ${text} (${outcome})`, {
    ...membersOf(data),
    reason: reason ?? "server-not-responding",
    server,
    mayHaveRun,
  });
}

interface Told {
  readonly code?: number;
  readonly data?: unknown;
  /** Why the request was not delivered. */
  readonly reason?: FailureReason;
}

function told(error: unknown): Told {
  if (error instanceof Failure) return { data: error.details, reason: error.reason };
  const { code, data } = membersOf(error);
  const { reason } = membersOf(data);
  if (code === TRANSPORT_ERROR_CODE && isFailureReason(reason)) return { data, reason };
  return { ...(typeof code === "number" ? { code } : {}), data };
}
