/**
 * Waiting for a link.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import type { BrokerLimits, LinkState, MqttLink } from "./link.ts";

/**
 * Resolves when the link is online.
 *
 * @param limit how long to wait, in ms
 * @throws {Failure} why the link is not online: at once when the broker has refused it, else after `limit`
 * @throws the reason of `signal`, as soon as it is aborted
 */
export function whenOnline(
  link: MqttLink,
  limit: number,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<BrokerLimits> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const over = new AbortController();
    const finish = (outcome: () => void) => {
      if (over.signal.aborted) return;
      over.abort();
      outcome();
    };
    const check = (state: LinkState) => {
      if (state.status === "online") finish(() => resolve(state.limits));
      else if (state.status === "refused") finish(() => reject(state.failure));
      else if (state.status === "closed") finish(() => reject(unavailableReason(link.state, limit)));
    };
    const cancel = clock.after(limit, () => finish(() => reject(unavailableReason(link.state, limit))));
    over.signal.addEventListener("abort", cancel);
    signal.addEventListener("abort", () => finish(() => reject(signal.reason)), { signal: over.signal });
    link.watch(check, over.signal);
    check(link.state);
  });
}

/**
 * Why a link cannot be used.
 *
 * @param waited how long the caller has waited in vain, in ms; left out when it has not waited
 */
export function unavailableReason(state: LinkState, waited?: number): Failure {
  if ("failure" in state && state.failure !== undefined) return state.failure;
  const text = state.status === "closed"
    ? "The connection to the broker was closed"
    : waited === undefined
    ? "The broker has not answered yet"
    : `The broker did not answer within ${waited / 1000} s`;
  return new Failure("broker-unreachable", text);
}
