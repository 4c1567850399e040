/**
 * Connections, made by what their URL asks for.
 *
 * @module
 */
import type { Connect } from "./connection.ts";
import { connectStream } from "./stream.ts";

/** Opens a connection: over TCP or TLS by our own protocol code, over a websocket by MQTT.js, which is loaded for that. */
export const connectToBroker: Connect = async (request, signal) => {
  if (!/^wss?:/.test(request.broker.url)) return await connectStream(request, signal);
  const { connectWebSocket } = await import("./mqttjs.ts");
  return await connectWebSocket(request, signal);
};
