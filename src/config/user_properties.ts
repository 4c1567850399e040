/**
 * User properties of MQTT packets that the user sets, for rules and logs of the broker.
 *
 * @module
 */
import type { UserProperties } from "../mqtt/mod.ts";
import { InvalidValue, type Kind, linesOf, text } from "./kinds.ts";

/** Maximum number of user properties of a message. */
const MOST_PROPERTIES = 32;

/** Maximum size of all names and values together, in bytes. Every message carries them. */
const MOST_BYTES = 4 * 1024;

/** Names that the wire profiles use themselves, such as `mcp-seq` and `MCP-COMPONENT-TYPE`. */
const RESERVED = /^mcp-/i;

const TRACE_NAMES: readonly string[] = ["traceparent", "tracestate"];

const encoder = new TextEncoder();

const lines = linesOf(text);

/**
 * User properties. As text, they are lines of `NAME=VALUE`; as a value, a list of such texts or an object. An error
 * names no value, because it may be a token.
 */
export const userProperties: Kind<UserProperties> = {
  items: lines.fromText,
  fromText: (text) => toProperties(lines.fromText(text).map(parse)),
  fromValue: (value) => toProperties(pairsOf(value)),
};

type Pair = readonly [name: string, value: string];

function pairsOf(value: unknown): Pair[] {
  if (typeof value === "string" || Array.isArray(value)) return [value].flat().map((text) => parse(String(text)));
  if (typeof value !== "object" || value === null) {
    throw new InvalidValue("must be an object with a text for each name");
  }
  return Object.entries(value).flatMap(([name, values]) =>
    [values].flat().map((each): Pair => {
      if (typeof each !== "string") throw new InvalidValue(`must have texts as values; "${name}" has something else`);
      return [name, each];
    })
  );
}

function parse(text: string): Pair {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidValue("must be NAME=VALUE");
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function toProperties(pairs: readonly Pair[]): UserProperties {
  const properties: Record<string, string | string[]> = Object.create(null);
  let bytes = 0;
  for (const [name, value] of pairs) {
    checkPair(name, value);
    bytes += encoder.encode(name).length + encoder.encode(value).length;
    const before = properties[name];
    properties[name] = before === undefined ? value : [before, value].flat();
  }
  if (pairs.length > MOST_PROPERTIES) {
    throw new InvalidValue(`may be given ${MOST_PROPERTIES} times at most, since each message carries them all`);
  }
  if (bytes > MOST_BYTES) {
    throw new InvalidValue(`may have ${MOST_BYTES} bytes at most, all names and values together; there are ${bytes}`);
  }
  return properties;
}

function checkPair(name: string, value: string): void {
  if (name === "") throw new InvalidValue("must have names");
  if (RESERVED.test(name)) throw new InvalidValue(`must not begin with mcp-: such names are the proxy's own`);
  if (TRACE_NAMES.includes(name)) throw new InvalidValue(`must not be ${name}: --trace-context takes it from messages`);
  // deno-lint-ignore no-control-regex -- what MQTT 5.0, section 1.5.4, does not want in a text
  if (/[\x00-\x1f\x7f-\x9f]/.test(name + value) || !(name + value).isWellFormed()) {
    throw new InvalidValue(`must not have control characters; ${JSON.stringify(name)} has`);
  }
}
