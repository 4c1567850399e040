/**
 * Connections, made by what their URL asks for.
 *
 * @module
 */
import type { Connect } from "./connection.ts";
import { connectStream } from "./stream.ts";

/**
 * The file that loads MQTT.js. Its name is put together, since Deno fetches at once whatever a remote module imports by a
 * literal name: those who run this program from a registry would wait for forty packages. Locally, and in a bundle, Deno
 * finds it.
 */
const CLIENT = "mqttjs";

/** Opens a connection: over TCP or TLS by our own protocol code, over a websocket by MQTT.js, which is loaded for that. */
export const connectToBroker: Connect = async (request, signal) => {
  if (!isWebSocket(request.broker.url)) return await connectStream(request, signal);
  const { connectWebSocket }: typeof import("./websocket/mqttjs.ts") = await import(`./websocket/${CLIENT}.ts`);
  return await connectWebSocket(request, signal);
};

/** Loads what a connection to `url` takes, which otherwise happens when the first one is opened. */
export async function loadConnection(url: string): Promise<void> {
  if (isWebSocket(url)) await import(`./websocket/${CLIENT}.ts`);
}

function isWebSocket(url: string): boolean {
  return /^wss?:/.test(url);
}
