/**
 * Who is online: prints each server as it comes and goes.
 *
 *     deno run -A scripts/examples/watch_presence.ts [mqtt://127.0.0.1:1883]
 *
 * It runs until Ctrl-C. The command `mcp-mqtt-proxy list --watch` does the same and more.
 *
 * The library has no function for this. It takes an MQTT client, and the topics on which servers show their presence: a
 * retained `notifications/server/online` while they are online, an empty message when they are gone.
 *
 * In a program of your own, write "npm:mqtt@5" instead of "mqtt".
 *
 * @module
 */
// deno-lint-ignore-file no-console -- an example prints what it shows
import { connect } from "mqtt";

const broker = Deno.args[0] ?? "mqtt://127.0.0.1:1883";

/** Servers named like `files` and `home/files`, in both profiles. */
const FILTERS = ["mcp/+/presence/+", "mcp/+/+/presence/+", "$mcp-server/presence/+/#"];

/** What each instance says of itself, by the topic of its presence. */
const online = new Map<string, string>();

const client = connect(broker, { protocolVersion: 5 });
client.on("error", ({ message }) => console.error("error:", message));
client.on("connect", () => {
  online.clear(); // after a reconnection, the broker names everybody who is still there
  client.subscribe(FILTERS, { qos: 1 });
});
client.on("message", (topic, payload) => {
  const before = online.get(topic);
  if (payload.length === 0) {
    online.delete(topic);
    if (before !== undefined) console.log("-", before);
    return;
  }
  const profile = topic.startsWith("$") ? "mcp-over-mqtt" : "request-response";
  const { server_name, description } = read(payload.toString());
  const server = `${server_name ?? topic} (${profile}): ${description ?? ""}`;
  online.set(topic, server);
  if (before === undefined) console.log("+", server);
});

/** The `params` of a presence. Anybody may publish there, so it may be something else. */
function read(text: string): { server_name?: string; description?: string } {
  try {
    return JSON.parse(text).params ?? {};
  } catch {
    return {};
  }
}
