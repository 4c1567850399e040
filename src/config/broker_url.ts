/**
 * URLs of brokers. A URL may hold a password, which no message may show.
 *
 * @module
 */

/** The schemes of a broker's URL. */
export const BROKER_SCHEMES: readonly string[] = ["mqtt:", "mqtts:", "ws:", "wss:", "unix:"];

/** Schemes of other programs, by the scheme here that means the same. */
const OTHER_SCHEMES: Readonly<Record<string, string>> = {
  "tcp:": "mqtt:",
  "mqtt+tcp:": "mqtt:",
  "ssl:": "mqtts:",
  "tls:": "mqtts:",
  "mqtt+ssl:": "mqtts:",
};

const ALL_SCHEMES = [...BROKER_SCHEMES, ...Object.keys(OTHER_SCHEMES)];

/** A host name, where other letters than ASCII are percent-encoded, or an IPv6 address between brackets. */
const HOST = /^(?:[\w.~%-]+|\[[\da-f:.]+\])$/i;

const HIGHEST_PORT = 65_535;

/** A host name or address without a scheme, possibly with a port. */
const BARE = /^(?:[a-z\d_.-]+|\[[\da-f:.]+\])(?::\d+)?$/i;

/**
 * The URLs in a comma-separated list, with the schemes of other programs replaced by ours. The list is split only where
 * a URL begins, because a password may contain a comma.
 */
export function brokerUrls(list: string): string[] {
  return list.split(/,(?=[a-z][a-z0-9+.-]*:\/\/)/i).map((url) => url.trim()).filter((url) => url !== "").map(canonical);
}

function canonical(url: string): string {
  if (BARE.test(url)) return `mqtt://${url}`;
  const [scheme = "", rest = ""] = url.split(/(?<=^[^/]*:)(?=\/\/)/, 2);
  return (OTHER_SCHEMES[scheme.toLowerCase()] ?? scheme) + rest;
}

/** What is wrong with `list` as the URLs of brokers, as the end of a sentence; `undefined` if nothing is. */
export function brokerUrlProblem(list: string): string | undefined {
  const urls = brokerUrls(list);
  if (urls.length === 0) return "names no broker";
  return urls.map(problemOf).find((problem) => problem !== undefined);
}

function problemOf(text: string): string | undefined {
  const url = URL.parse(text);
  const [, port] = url === null ? /^\w+:\/\/[^/]*:(\d+)\/?$/.exec(text) ?? [] : [];
  if (Number(port) > HIGHEST_PORT) return `has a port above ${HIGHEST_PORT}`;
  if (url === null || !BROKER_SCHEMES.includes(url.protocol)) {
    return `must be a URL that begins with ${sentence(ALL_SCHEMES)}, or a host; it is "${withoutCredentials(text)}"`;
  }
  if (url.protocol === "unix:") {
    return url.hostname === "" && url.pathname.length > 1 ? undefined : "names no socket: unix:///PATH";
  }
  if (url.hostname === "") return "has no host";
  if (!HOST.test(url.hostname)) return "has a host that is neither a name nor an address";
  const rest = url.pathname.replace(/^\/$/, "") + url.search + url.hash;
  const misread = url.protocol.startsWith("mqtt") ? rest !== "" : rest.includes("@") || url.hash !== "";
  if (misread) {
    return "has something behind the host; in a username or a password, / ? and # are written %2F %3F and %23";
  }
}

function sentence(schemes: readonly string[]): string {
  const [last, ...others] = schemes.map((scheme) => `${scheme}//`).toReversed();
  return `${others.toReversed().join(", ")} or ${last}`;
}

/** `text` without anything that could be a username or a password. */
function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1…@");
}
