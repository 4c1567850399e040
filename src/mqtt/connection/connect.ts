/**
 * Choosing the implementation of a connection by its URL.
 *
 * @module
 */
import type { Connect } from "./connection.ts";
import { connectStream } from "./stream.ts";

/**
 * The name of the file that loads MQTT.js. The import path is put together at run time. Deno fetches the literal
 * imports of a remote module at once, so users who run this program from a registry would wait for forty packages. From
 * a local directory or a bundle, Deno finds the file all the same.
 */
const CLIENT = "mqttjs";

const WEBSOCKET = /^wss?:/;

/**
 * Opens a connection. A websocket uses MQTT.js, which is loaded only then; other connections use our own protocol code.
 */
export const connectToBroker: Connect = async (request, signal) => {
  if (!WEBSOCKET.test(request.broker.url)) return await connectStream(request, signal);
  const { connectWebSocket }: typeof import("./websocket/mqttjs.ts") = await import(`./websocket/${CLIENT}.ts`);
  return await connectWebSocket(request, signal);
};

/** Loads the code for connections to `urls` in advance. Otherwise the first connection loads it. */
export async function loadConnection(urls: readonly string[]): Promise<void> {
  if (urls.some((url) => WEBSOCKET.test(url))) await import(`./websocket/${CLIENT}.ts`);
}
