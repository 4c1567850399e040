/**
 * A value that must not be seen.
 *
 * @module
 */

const REDACTED = "[redacted]";

/** Credentials by their keys, such as `MQTT_PASS`. */
export type Credentials = ReadonlyMap<string, Secret>;

/** Holds a credential. Printed in any of the usual ways, it shows only `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value, for the one place that sends it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
