/**
 * Events without credentials.
 *
 * @module
 */
import type { Observer, ProxyEvent } from "../core/events.ts";
import type { Redact } from "../core/redaction.ts";

/** Hands events on to `observe` after `redact` has been applied to every text in them. */
export function redacting(observe: Observer, redact: Redact): Observer {
  return (event) => {
    const members = Object.entries(event).map(([name, value]) => [
      name,
      name !== "type" && typeof value === "string" ? redact(value) : value,
    ]);
    observe(Object.fromEntries(members) as ProxyEvent);
  };
}
