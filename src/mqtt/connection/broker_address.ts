/**
 * Where a broker is, by its URL.
 *
 * @module
 */
/** The ports that the schemes stand for. */
const PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883, "ws:": 80, "wss:": 443 };

/** Whether the connection is one over TLS. */
export function isEncrypted({ protocol }: URL): boolean {
  return protocol === "mqtts:" || protocol === "wss:";
}

/** Whether MQTT goes over a websocket. */
export function isWebSocket({ protocol }: URL): boolean {
  return protocol === "ws:" || protocol === "wss:";
}

/** The port; that of the scheme when the URL has none. */
export function portOf({ protocol, port }: URL): number {
  return Number(port) || (PORTS[protocol] ?? 0);
}

/** The host as the system wants it: an IPv6 address without its brackets. */
export function hostnameOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
