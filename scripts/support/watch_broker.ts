/**
 * What passes the embedded broker, in words.
 *
 * @module
 */
import type { Aedes, AedesPublishPacket, Client } from "aedes";

/** Takes each message: who published it, what it is, and on which topic. */
export type Watcher = (who: string, what: string, topic: string) => void;

/** Tells `watcher` of every message that a client publishes. */
export function watchBroker(aedes: Aedes, watcher: Watcher): void {
  aedes.on("publish", (packet: AedesPublishPacket, client: Client | null) => {
    if (client === null) return; // the broker's own, about itself
    const bytes = typeof packet.payload === "string" ? new TextEncoder().encode(packet.payload) : packet.payload;
    watcher(client.id.split("-")[1] ?? client.id, describe(bytes, packet.retain), packet.topic);
  });
}

/** In the form `tools/call (id 3), 120 bytes`. */
function describe(payload: Uint8Array, retained: boolean): string {
  if (payload.length === 0) return retained ? "gone: what was retained is cleared" : "an empty message";
  const size = `${payload.length} bytes`;
  let message: { id?: unknown; method?: unknown; error?: unknown };
  try {
    message = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return size;
  }
  const id = message.id === undefined ? "" : ` (id ${JSON.stringify(message.id)})`;
  const kind = message.method ?? (message.error === undefined ? "result" : "error");
  return `${kind}${id}, ${size}`;
}
