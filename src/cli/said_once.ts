/**
 * Commands that end with what went wrong.
 *
 * @module
 */
import type { Observer, ProxyEvent } from "../core/events.ts";
import type { LogOptions } from "../observe/mod.ts";

/** What the error at the end says too. */
const REPEATED: readonly ProxyEvent["type"][] = ["broker.lost", "broker.refused", "subscription.refused"];

/** Leaves out of the log what the command says at its end, unless more than warnings was asked for. */
export function saidOnce(observe: Observer, level: LogOptions["logLevel"]): Observer {
  if (level === "debug" || level === "info") return observe;
  return (event) => REPEATED.includes(event.type) ? undefined : observe(event);
}
