/**
 * Connections, made by a library that is loaded with the first of them.
 *
 * @module
 */
import type { Connect } from "./connection.ts";

/** Opens a connection. What only shows its help should not have to wait for an MQTT client to load. */
export const connectToBroker: Connect = async (request, signal) => {
  const { connectMqttJs } = await import("./mqttjs.ts");
  return await connectMqttJs(request, signal);
};
