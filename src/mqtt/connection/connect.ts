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

const WEBSOCKET = /^wss?:/;

/** Opens a connection: over a websocket by MQTT.js, which is loaded for that, else by our own protocol code. */
export const connectToBroker: Connect = async (request, signal) => {
  if (!WEBSOCKET.test(request.broker.url)) return await connectStream(request, signal);
  const { connectWebSocket }: typeof import("./websocket/mqttjs.ts") = await import(`./websocket/${CLIENT}.ts`);
  return await connectWebSocket(request, signal);
};

/** Loads what connections to `urls` take, which otherwise happens when the first one is opened. */
export async function loadConnection(urls: readonly string[]): Promise<void> {
  if (urls.some((url) => WEBSOCKET.test(url))) await import(`./websocket/${CLIENT}.ts`);
}
