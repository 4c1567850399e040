/**
 * Topic names and topic filters.
 *
 * Source: MQTT 5.0, section 4.7; for shared subscriptions section 4.8.2.
 *
 * @module
 */

/** The longest topic of MQTT, in bytes of UTF-8 (MQTT 5.0, section 1.5.4). */
export const MAXIMUM_TOPIC_LENGTH = 65_535;

/** The most levels of a topic. EMQX closes the connection over more levels, mosquitto over about 200. */
const MAXIMUM_LEVELS = 128;

/** Control characters: mosquitto closes the connection over them, as MQTT 5.0, section 1.5.4, allows. */
// deno-lint-ignore no-control-regex -- finding them is the purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Topics with more levels than this are refused by AWS IoT Core and Azure Event Grid. */
const PORTABLE_LEVELS = 8;
/** Topics with more bytes than this are refused by AWS IoT Core. */
const PORTABLE_LENGTH = 256;

const encoder = new TextEncoder();

/** What is wrong with `topic` as a topic name to publish to, as the end of a sentence; `undefined` if nothing is. */
export function topicNameProblem(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return "has a wildcard (+ or #), but one can only publish to a single topic: name that";
  if (topic.startsWith("$share/")) return "begins like a shared subscription ($share/), but is used to publish to";
  return topicProblem(topic);
}

/** What is wrong with `filter` as a topic filter, as the end of a sentence; `undefined` if nothing is. */
export function topicFilterProblem(filter: string): string | undefined {
  if (filter.startsWith("$share/")) {
    const group = filter.split("/")[1] ?? "";
    if (!isTopicLevel(group)) return "shares a subscription, but its group is not a name";
    if (unshared(filter) === "") return "shares a subscription, but to nothing";
  }
  const levels = unshared(filter).split("/");
  for (const [index, level] of levels.entries()) {
    if (level.includes("+") && level !== "+") {
      return "has a + that is not a whole level: write it between slashes, as in plant/+/temperature";
    }
    if (level.includes("#") && level !== "#") {
      return "has a # that is not a whole level: write it behind a slash, as in plant/#";
    }
    if (level === "#" && index < levels.length - 1) {
      return "has a # that is not the last level: use + for a level in the middle";
    }
  }
  return topicProblem(filter);
}

function topicProblem(topic: string): string | undefined {
  if (topic === "") return "is empty";
  const [control] = CONTROL.exec(topic) ?? [];
  if (control !== undefined) {
    return `has the control character ${codePointName(control)}, which brokers refuse: leave it out`;
  }
  if (!topic.isWellFormed()) return "has half of a surrogate pair, which UTF-8 cannot express";
  // To encode a topic takes long, and UTF-8 has at most three bytes for each unit of its length.
  const length = 3 * topic.length > MAXIMUM_TOPIC_LENGTH ? encoder.encode(topic).length : 0;
  if (length > MAXIMUM_TOPIC_LENGTH) return `has ${length} bytes; MQTT allows ${MAXIMUM_TOPIC_LENGTH}`;
  const levels = topic.split("/").length;
  if (levels > MAXIMUM_LEVELS) return `has ${levels} levels; brokers allow ${MAXIMUM_LEVELS}`;
}

function codePointName(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Why AWS IoT Core or Azure Event Grid would refuse `topic`, as the end of a sentence; `undefined` if they take it. */
export function topicPortabilityProblem(topic: string): string | undefined {
  const levels = topic.split("/").length;
  if (levels > PORTABLE_LEVELS) return `has ${levels} levels; some cloud brokers allow ${PORTABLE_LEVELS}`;
  const length = encoder.encode(topic).length;
  if (length > PORTABLE_LENGTH) return `has ${length} bytes; some cloud brokers allow ${PORTABLE_LENGTH}`;
}

/** A shared subscription's filter without its `$share/GROUP/`; any other filter as it is. */
export function unshared(filter: string): string {
  return filter.startsWith("$share/") ? filter.split("/").slice(2).join("/") : filter;
}

/** The part of a filter with which every topic begins that it matches. */
export function literalPrefix(filter: string): string {
  const plain = unshared(filter);
  const end = plain.search(/\/?[+#]/); // "a/#" matches "a", too
  return end < 0 ? plain : plain.slice(0, end);
}

/** Whether a message on `topic` belongs to a subscription to `filter`. */
export function topicMatches(filter: string, topic: string): boolean {
  const pattern = unshared(filter).split("/");
  const levels = topic.split("/");
  if (topic.startsWith("$") && startsWithWildcard(pattern)) return false;
  for (const [index, level] of pattern.entries()) {
    if (level === "#") return true;
    if (index >= levels.length) return false;
    if (level !== "+" && level !== levels[index]) return false;
  }
  return pattern.length === levels.length;
}

/** Whether `text` can stand as one level of a topic: not empty, and without `/`, `+`, `#` and control characters. */
export function isTopicLevel(text: string): boolean {
  return text !== "" && !/[/+#]/.test(text) && !CONTROL.test(text) && text.isWellFormed();
}

/** The longest client id that is accepted from a broker, in characters: the broker may assign any text. */
const LONGEST_CLIENT_ID = 1_000;

/**
 * A client id that the broker has assigned, if it can be a topic level. With any other, nobody could answer this
 * client.
 */
export function usableClientId(assigned: string | undefined): string | undefined {
  return assigned !== undefined && assigned.length <= LONGEST_CLIENT_ID && isTopicLevel(assigned)
    ? assigned
    : undefined;
}

/** Whether every topic that `inner` matches is matched by `outer` too. */
export function filterCovers(outer: string, inner: string): boolean {
  const wide = unshared(outer).split("/");
  const narrow = unshared(inner).split("/");
  if (inner.startsWith("$") && startsWithWildcard(wide)) return false;
  for (const [index, level] of wide.entries()) {
    if (level === "#") return true;
    const other = narrow[index];
    if (other === undefined || other === "#") return false;
    if (level !== "+" && level !== other) return false;
  }
  return wide.length === narrow.length;
}

/**
 * Whether a filter begins with a wildcard. Such a filter does not match topics that begin with `$` (MQTT 5.0, section
 * 4.7.2).
 */
function startsWithWildcard([first]: readonly string[]): boolean {
  return first === "+" || first === "#";
}
