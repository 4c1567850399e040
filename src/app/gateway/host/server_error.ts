/**
 * What went wrong with a server, for the host.
 *
 * @module
 */
import { SdkError } from "@modelcontextprotocol/client";
import { ProtocolError } from "@modelcontextprotocol/server";
import { Failure, type FailureReason, isFailureReason, TRANSPORT_ERROR_CODE } from "../../../core/failure.ts";
import { errorText, shortened } from "../../../core/text.ts";
import { membersOf } from "../json.ts";

/** Reasons for which the server is known never to have looked at a request. */
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

/** Errors of servers may have texts of this length. */
const LONGEST = 4_000;

/**
 * The error of a server, with its name; and if it is one of the way to it, whether what was asked for may have run. The
 * server's own errors keep their code and their data.
 *
 * @param asked whether the request itself had been sent
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
  /** Why the request could not be carried. */
  readonly reason?: FailureReason;
}

function told(error: unknown): Told {
  if (error instanceof Failure) return { data: error.details, reason: error.reason };
  const { code, data } = membersOf(error);
  const { reason } = membersOf(data);
  if (code === TRANSPORT_ERROR_CODE && isFailureReason(reason)) return { data, reason };
  return { ...(typeof code === "number" ? { code } : {}), data };
}
