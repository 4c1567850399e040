/**
 * An MQTT client that is none of ours: to look at what is on the broker, and to put things there.
 *
 * @module
 */
import { connect, type IClientOptions, type IClientPublishOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { Buffer } from "node:buffer";
import { eventually } from "./wait.ts";

/** A message as it arrived. */
export interface Arrival {
  readonly topic: string;
  readonly text: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly retain: boolean;
  readonly properties: NonNullable<IPublishPacket["properties"]>;
}

/** A connected client that keeps what it gets. */
export class TestClient implements AsyncDisposable {
  /** Everything that has arrived so far. */
  readonly arrivals: Arrival[] = [];
  /** The client of MQTT.js itself. */
  readonly client: MqttClient;
  #sessionPresent = false;
  #ending = false;

  private constructor(client: MqttClient) {
    this.client = client;
    client.once("connect", ({ sessionPresent }) => this.#sessionPresent = sessionPresent);
    client.on("message", (topic, payload, { qos, retain, properties = {} }) => {
      this.arrivals.push({ topic, payload, text: payload.toString(), qos, retain, properties });
    });
    client.on("error", () => {});
  }

  static async connect(url: string, options: IClientOptions = {}, ...filters: string[]): Promise<TestClient> {
    const mqtt = connect(url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
    const client = new TestClient(mqtt);
    await new Promise<void>((resolve, reject) => mqtt.once("connect", () => resolve()).once("error", reject));
    if (filters.length > 0) await client.subscribe(...filters);
    return client;
  }

  /** Whether the broker remembered a session of this client. */
  get sessionPresent(): boolean {
    return this.#sessionPresent;
  }

  get connected(): boolean {
    return this.client.connected;
  }

  /** Subscribes, and returns the reason codes. */
  async subscribe(...filters: string[]): Promise<readonly number[]> {
    const topics = Object.fromEntries(filters.map((filter) => [filter, { qos: 1 as const }]));
    const grants = await this.client.subscribeAsync(topics);
    return grants.map(({ qos }) => qos);
  }

  /**
   * Publishes, with QoS 1 unless the options say otherwise, and waits until the broker has acknowledged the message, or
   * this client ends.
   */
  async publish(
    topic: string,
    payload: string | Uint8Array,
    options: IClientPublishOptions = {},
  ): Promise<void> {
    const bytes = typeof payload === "string" ? payload : Buffer.from(payload);
    await this.client.publishAsync(topic, bytes, { qos: 1, ...options }).catch((error) => {
      if (!this.#ending) throw error;
    });
  }

  /** The first message that fulfils `condition`, from the beginning. */
  arrival(what: string, condition: (arrival: Arrival) => boolean, limit?: number): Promise<Arrival> {
    return eventually(what, () => this.arrivals.find(condition), limit);
  }

  /** Drops the connection, so that the will is sent. */
  drop(): void {
    this.client.stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    await this.client.endAsync(true);
    this.client.stream.destroy();
  }
}

/** The message that is retained on `topic`, if there is one. */
export async function retained(url: string, topic: string, options: IClientOptions = {}): Promise<string | undefined> {
  const marker = `marker/${crypto.randomUUID()}`;
  await using client = await TestClient.connect(url, options, topic, marker);
  // Retained messages come before what is published after the subscription.
  await client.publish(marker, "");
  await client.arrival("the marker has come", (arrival) => arrival.topic === marker);
  return client.arrivals.find((arrival) => arrival.topic === topic)?.text;
}
