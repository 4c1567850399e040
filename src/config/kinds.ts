/**
 * The kinds of values that settings have: how their text is parsed, and which values are valid.
 *
 * @module
 */
import { isTopicLevel, topicFilterProblem, topicNameProblem } from "../mqtt/mod.ts";
import { brokerUrlProblem, brokerUrls } from "./broker_url.ts";

/** A kind of value. */
export interface Kind<T> {
  /**
   * The value that a text stands for.
   *
   * @throws {InvalidValue} when the text is not valid
   */
  fromText(text: string): T;
  /**
   * A value that a program gives, such as `5000` for five seconds.
   *
   * @throws {InvalidValue} when the value is not valid
   */
  fromValue(value: unknown): T;
  /** The value when none is given. @default {undefined} */
  readonly absent?: T;
  /** All possible texts, if the kind has a fixed set of them. */
  readonly choices?: readonly string[];
  /** Splits a text with several items, as an environment variable has it. */
  items?(text: string): readonly string[];
  /** Whether placeholders are filled in. @default {false} */
  readonly hasPlaceholders?: boolean;
}

/**
 * The error of a text or value that is not valid. Its message is the end of a sentence that begins with the setting's
 * name.
 */
export class InvalidValue extends Error {
  override readonly name = "InvalidValue";
}

/** A text that is checked by `problem`, which returns the end of a sentence about what is wrong. */
export function textWithout(problem: (text: string) => string | undefined): Kind<string> {
  const fromText = (text: string) => {
    const wrong = problem(text);
    if (wrong !== undefined) throw new InvalidValue(wrong);
    return text;
  };
  return { fromText, fromValue: (value) => fromText(expectText(value)) };
}

/** Any text. */
export const text: Kind<string> = textWithout(() => undefined);

const ON = ["1", "true", "yes", "on", "y", "enabled"];
const OFF = ["0", "false", "no", "off", "n", "disabled"];

/** A switch. In the environment: `1`, `true`, `yes`, `on`, or their opposites. */
export const onOff: Kind<boolean> = {
  absent: false,
  fromText(text) {
    const word = text.toLowerCase();
    if (ON.includes(word)) return true;
    if (OFF.includes(word)) return false;
    throw new InvalidValue(`must be true or false; it is ${JSON.stringify(text)}`);
  },
  fromValue: (value) => typeof value === "boolean" ? value : onOff.fromText(expectText(value)),
};

/** A list; empty when not given. As one text, in the environment, its items are separated by white space. */
export function listOf<T>(item: Kind<T>): Kind<readonly T[]> {
  return several(item, /\s+/);
}

/** A list; empty when not given. As one text, in the environment, its items are lines. */
export function linesOf<T>(item: Kind<T>): Kind<readonly T[]> {
  return several(item, /\r?\n/);
}

function several<T>(item: Kind<T>, separator: RegExp): Kind<readonly T[]> {
  const items = (text: string) => text.split(separator).filter((each) => each !== "");
  return {
    absent: [],
    items,
    hasPlaceholders: item.hasPlaceholders ?? false,
    fromText: (text) => items(text).map((each) => item.fromText(each)),
    fromValue: (value) => [value].flat().map((each) => item.fromText(expectText(each))),
  };
}

/** The name of an environment variable. */
export const variableName: Kind<string> = textWithout((name) =>
  name === "" || /[=\0]/.test(name) ? "must be names of variables, without values" : undefined
);

/** A whole number from `minimum` to `maximum`. */
export function wholeNumber(minimum: number, maximum: number): Kind<number> {
  return number(
    (value) => Number.isInteger(value) && value >= minimum && value <= maximum,
    `must be a whole number from ${minimum} to ${maximum}`,
  );
}

/** A duration: seconds as text, which may have decimals, and milliseconds as a value. `0` means no limit: `Infinity`. */
export const seconds: Kind<number> = {
  fromText: (text) => unlimitedAtZero(secondsOrNone.fromText(text)),
  fromValue: (value) => unlimitedAtZero(secondsOrNone.fromValue(value)),
};

/** A duration as {@linkcode seconds}, but `0` means no time at all. */
export const secondsOrNone: Kind<number> = {
  fromText: (text) => number((value) => value >= 0, "must be a number of seconds").fromText(text) * 1000,
  fromValue: number((value) => value >= 0, "must be a number of milliseconds").fromValue,
};

/** As {@linkcode seconds}, or `auto`, which is `undefined`. */
export const secondsOrAuto: Kind<number | undefined> = {
  fromText: (text) => text === "auto" ? undefined : seconds.fromText(text),
  fromValue: (value) => seconds.fromValue(value),
};

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * A number of bytes. As text: `100000`, `64K`, `64M`, `1G`, also with `B` or `iB` after it.
 *
 * @param minimum the smallest number that makes sense, as text
 * @param maximum the largest one, as text
 */
export function bytes(minimum: string, maximum: string): Kind<number> {
  const smallest = toBytes(minimum);
  const largest = toBytes(maximum);
  const { fromValue } = number(
    (value) => Number.isInteger(value) && value >= smallest && value <= largest,
    `must be a number of bytes from ${minimum} to ${maximum}`,
  );
  const fromText = (text: string) => {
    const value = toBytes(text);
    if (value >= smallest && value <= largest) return value;
    throw new InvalidValue(`must be a number of bytes from ${minimum} to ${maximum}, such as 100000; it is "${text}"`);
  };
  return { fromText, fromValue };
}

/** The number of bytes that a text stands for; `NaN` when it stands for none. */
function toBytes(text: string): number {
  const [, digits = NaN, unit = ""] = /^(\d+)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  return Number(digits) * (UNITS[unit.toLowerCase()] ?? NaN);
}

/** One of some values, each of which has a text. */
export function oneOf<const T>(values: readonly (readonly [text: string, value: T])[]): Kind<T> {
  const choices = values.map(([text]) => text);
  const find = (suits: (text: string, value: T) => boolean, input: unknown) => {
    const found = values.find(([text, value]) => suits(text, value));
    if (found !== undefined) return found[1];
    throw new InvalidValue(`must be one of ${choices.join(", ")}; it is "${input}"`);
  };
  return {
    choices,
    fromText: (input) => find((text) => text === input, input),
    fromValue: (input) => find((_, value) => value === input, input),
  };
}

/** One of some texts. */
export function oneText<const T extends string>(choices: readonly T[]): Kind<T> {
  return oneOf(choices.map((choice) => [choice, choice] as const));
}

/** A text that can be one level of a topic, such as a client id or a server's name. */
export const topicLevel: Kind<string> = textWithout((text) =>
  isTopicLevel(text)
    ? undefined
    : `must not contain / + # or control characters, since it becomes a level of topics; it is "${text}"`
);

/** Topic levels that the open convention has in the same place as a server's id, after `mcp-server`. */
const RESERVED_IDS: readonly string[] = ["presence", "capability"];

/** Why a text cannot be an MQTT client id that becomes a level of topics, as the end of a sentence. */
export function clientIdProblem(id: string): string | undefined {
  if (!isTopicLevel(id)) return "must not contain / + # or control characters, since it becomes a level of topics";
  if (RESERVED_IDS.includes(id)) {
    return "must not be presence or capability, which are other topics' in the open convention";
  }
}

/** An MQTT client id that becomes a level of topics. */
export const clientId: Kind<string> = textWithout((id) => {
  const problem = clientIdProblem(id);
  return problem && `${problem}; it is "${id}"`;
});

/** The URL of a broker. The error does not repeat it, because it may hold a password. */
export const brokerUrl: Kind<string> = {
  fromText(text) {
    const problem = brokerUrlProblem(text);
    if (problem !== undefined) throw new InvalidValue(problem);
    return brokerUrls(text).join(",");
  },
  fromValue: (value) => brokerUrl.fromText([value].flat().map(expectText).join(",")),
};

/** An HTTP header, as `Name: value`. `@FILE` at the end of the value stands for the first line of the file. */
export const header: Kind<string> = textWithout((text) =>
  /^[!#$%&'*+.^`|~\w-]+:[^\r\n\0]*$/.test(text)
    ? undefined
    : 'must be headers, such as "Authorization: Bearer @token.txt"'
);

/** The URL of a proxy. The error does not repeat it, because it may hold a password. */
export const proxyUrl: Kind<string> = textWithout((text) => {
  const url = URL.parse(text);
  const known = url !== null && ["http:", "socks5:", "socks5h:"].includes(url.protocol) && url.hostname !== "";
  return known ? undefined : "must be the URL of a proxy: http://HOST:PORT or socks5://HOST:PORT";
});

/** The name of a server, which may have several levels. */
export const serverName: Kind<string> = textWithout((name) =>
  name.split("/").every(isTopicLevel)
    ? undefined
    : `must not contain + # or control characters, nor begin or end with /, since it becomes part of topics; it is "${name}"`
);

/** The beginning of topics. `acme` stands for `acme/`; `$`, and a text that ends in `/`, are taken as they are. */
export const topicPrefix: Kind<string> = {
  fromText(prefix) {
    if (topicNameProblem(prefix) !== undefined) {
      throw new InvalidValue(
        `must not contain + # or control characters, since topics begin with it; it is "${prefix}"`,
      );
    }
    return /[/$]$/.test(prefix) ? prefix : `${prefix}/`;
  },
  fromValue: (value) => topicPrefix.fromText(expectText(value)),
};

/** A JSON object. */
export const jsonObject: Kind<Readonly<Record<string, unknown>>> = {
  fromText(text) {
    try {
      return expectObject(JSON.parse(text));
    } catch {
      throw new InvalidValue(`must be a JSON object, such as {"room":"attic"}; it is "${text}"`);
    }
  },
  fromValue: expectObject,
};

/** A topic to publish to. */
export const topicName: Kind<string> = textWithout((topic) => withTopic(topic, topicNameProblem(topic)));

/** A topic filter. */
export const topicFilter: Kind<string> = textWithout((filter) => withTopic(filter, topicFilterProblem(filter)));

function withTopic(topic: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${problem}: "${topic}"`;
}

function number(suits: (value: number) => boolean, problem: string): Kind<number> {
  const check = (value: number, input: unknown) => {
    if (suits(value)) return value;
    throw new InvalidValue(`${problem}; it is ${JSON.stringify(input)}`);
  };
  return {
    fromText: (text) => check(text.trim() === "" ? NaN : Number(text), text),
    fromValue: (value) => check(typeof value === "number" ? value : NaN, value),
  };
}

function unlimitedAtZero(milliseconds: number): number {
  return milliseconds === 0 ? Infinity : milliseconds;
}

function expectText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new InvalidValue(`must be text; it is ${JSON.stringify(value)}`);
}

function expectObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidValue(`must be an object; it is ${JSON.stringify(value)}`);
}
