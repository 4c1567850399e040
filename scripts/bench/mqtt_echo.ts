/**
 * Sends every message back to its Response Topic: what MQTT.js alone can do.
 *
 *     deno run -A scripts/bench/mqtt_echo.ts BROKER TOPIC QOS
 */
import { connectAsync } from "mqtt";

const [broker = "", topic = "", qos = "0"] = Deno.args;
const client = await connectAsync(broker, { protocolVersion: 5 });
client.on("message", (_, payload, { properties }) => {
  const { responseTopic, correlationData } = properties ?? {};
  if (responseTopic === undefined || correlationData === undefined) return;
  client.publish(responseTopic, payload, { qos: qos === "1" ? 1 : 0, properties: { correlationData } });
});
await client.subscribeAsync(topic, { qos: qos === "1" ? 1 : 0 });
Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
