/** Another MQTT client, for tests. @module */
import { Buffer } from "node:buffer";
import { connectAsync, type IClientOptions, type IClientPublishOptions, type MqttClient } from "mqtt";

/** A plain MQTT client. */
export interface Peer extends AsyncDisposable {
  readonly client: MqttClient;
  /** Publishes with QoS 1, and waits until the broker has it. */
  publish(topic: string, payload: string | Uint8Array, options?: IClientPublishOptions): Promise<void>;
}

/** Connects to the broker at `url`, with MQTT 5 unless the options say otherwise. */
export async function mqttPeer(url: string, options: IClientOptions = {}): Promise<Peer> {
  const client = await connectAsync(url, { protocolVersion: 5, ...options });
  return {
    client,
    async publish(topic, payload, publishOptions) {
      const bytes = typeof payload === "string" ? payload : Buffer.from(payload);
      await client.publishAsync(topic, bytes, { qos: 1, ...publishOptions });
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
    },
  };
}
