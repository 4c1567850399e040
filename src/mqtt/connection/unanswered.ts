/**
 * Explanations for a CONNECT that nobody answers.
 *
 * @module
 */

/** What the port may be for instead, by the scheme that was tried. */
const OTHER_PORTS: Readonly<Record<string, string>> = {
  "mqtt:": "the port may be for TLS (mqtts://) or websockets (ws://)",
  "mqtts:": "the port may be for websockets (wss://), or want a client certificate (--cert and --key)",
  "ws:": "the path may be another one, such as /mqtt",
  "wss:": "the path may be another one, such as /mqtt",
};

/** A text that says that CONNECT was not answered, and why that may be. */
export function unanswered(url: string, how: "closed" | "silent"): string {
  const what = how === "closed"
    ? "the connection was accepted, and closed without an answer to CONNECT"
    : "the connection was accepted, but CONNECT is not answered";
  const port = OTHER_PORTS[new URL(url).protocol];
  // amqtt 0.12 does not answer an MQTT 5 CONNECT, but waits for more bytes.
  const old = how === "silent" ? "; one that knows only MQTT 3.1.1 may have to be asked for it: --mqtt-version 4" : "";
  return `${what}; if that is always so, there may be no MQTT broker behind it: ${
    port ?? "it may be for something else"
  }` +
    `, or a load balancer there has no backend; if there is one, its log says more${old}`;
}

/** Whether an error means that the other end has closed the connection with unread data. */
export function isReset(error: unknown): boolean {
  if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) return true;
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
