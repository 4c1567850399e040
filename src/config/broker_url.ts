/**
 * URLs of brokers, which may hold a password that no message may show.
 *
 * @module
 */

/** What the URL of a broker may begin with. */
export const BROKER_SCHEMES: readonly string[] = ["mqtt:", "mqtts:", "ws:", "wss:"];

/** A name, possibly with letters beyond ASCII as the URL spells them, or an IPv6 address between brackets. */
const HOST = /^(?:[\w.~%-]+|\[[\da-f:.]+\])$/i;

/** What is wrong with `text` as the URL of a broker, as the end of a sentence; `undefined` if nothing is. */
export function brokerUrlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !BROKER_SCHEMES.includes(url.protocol)) {
    return `must be a URL that begins with mqtt://, mqtts://, ws:// or wss://; it is "${withoutCredentials(text)}"`;
  }
  if (url.hostname === "") return "has no host";
  if (!HOST.test(url.hostname)) return "has a host that is neither a name nor an address";
  const rest = url.pathname.replace(/^\/$/, "") + url.search + url.hash;
  const misread = url.protocol.startsWith("mqtt") ? rest !== "" : rest.includes("@") || url.hash !== "";
  if (misread) {
    return "has something behind the host; in a username or a password, / ? and # are written %2F %3F and %23";
  }
}

/** `text` with everything left out that could be a username or a password. */
function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1…@");
}
