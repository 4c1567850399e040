/**
 * The parts of a broker's URL.
 *
 * @module
 */
/** The default ports of the schemes. */
const PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883, "ws:": 80, "wss:": 443 };

/** Whether the connection uses TLS. */
export function isEncrypted({ protocol }: URL): boolean {
  return protocol === "mqtts:" || protocol === "wss:";
}

/** Whether the connection uses a websocket. */
export function isWebSocket({ protocol }: URL): boolean {
  return protocol === "ws:" || protocol === "wss:";
}

/** The port; the default of the scheme when the URL has none. */
export function portOf({ protocol, port }: URL): number {
  return Number(port) || (PORTS[protocol] ?? 0);
}

/** The host name for the operating system: an IPv6 address has no brackets. */
export function hostnameOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
