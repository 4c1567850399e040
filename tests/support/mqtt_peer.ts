/**
 * A client of the broker that is none of ours: it plays a peer, or only watches.
 *
 * @module
 */
import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { Buffer } from "node:buffer";

/** User properties by name; a name that occurs several times has a list of values. */
export type PeerProperties = Record<string, string | string[]>;

/** A message that a peer has received. */
export interface PeerPacket {
  readonly topic: string;
  /** The payload as JSON, as text if it is none, and `""` when it is empty. */
  // deno-lint-ignore no-explicit-any -- what tests look into has any shape
  readonly payload: any;
  readonly qos: number;
  readonly retain: boolean;
  readonly userProperties: PeerProperties;
}

/** How a peer publishes. */
export interface PeerPublish {
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly userProperties?: PeerProperties;
}

/** An MQTT 5 client that keeps what it receives until somebody asks. */
export class MqttPeer implements AsyncDisposable {
  /** Everything received so far. */
  readonly packets: PeerPacket[] = [];
  readonly #client: MqttClient;
  #next = 0;
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", (_topic, _payload, packet) => this.#add(packet));
  }

  /** Connects, without trying again when the connection is lost. */
  static async connect(url: string, options: IClientOptions = {}): Promise<MqttPeer> {
    return new MqttPeer(await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options }, false));
  }

  /** Resolves when the broker has granted the subscription. Retain flags arrive as they were published. */
  async subscribe(
    filter: string,
    { qos = 1, noLocal = false }: { qos?: 0 | 1; noLocal?: boolean } = {},
  ): Promise<void> {
    await this.#client.subscribeAsync(filter, { qos, nl: noLocal, rap: true });
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#client.unsubscribeAsync(filter);
  }

  /** Publishes JSON, or text as it is. */
  async publish(topic: string, message: unknown, options: PeerPublish = {}): Promise<void> {
    const { qos = 1, retain = false, userProperties } = options;
    const payload = typeof message === "string" ? message : JSON.stringify(message);
    await this.#client.publishAsync(topic, payload, {
      qos,
      retain,
      // MQTT.js writes a broken packet when there are none.
      ...(userProperties === undefined ? {} : { properties: { userProperties } }),
    });
  }

  /** The next message that has not been asked for. */
  async next(limit?: number): Promise<PeerPacket> {
    return await this.#from(this.#next, () => true, limit);
  }

  /** The next message on `topic`, past those that were asked for. */
  async nextOn(topic: string, limit?: number): Promise<PeerPacket> {
    return await this.#from(this.#next, (packet) => packet.topic === topic, limit);
  }

  /** The first message from the beginning that fulfils `condition`. */
  async find(condition: (packet: PeerPacket) => boolean, limit?: number): Promise<PeerPacket> {
    const asked = this.#next;
    const packet = await this.#from(0, condition, limit);
    this.#next = asked;
    return packet;
  }

  /** Cuts the connection without a goodbye, as a crash would. */
  async drop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#client.once("close", () => resolve()));
    this.#client.stream.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(!this.#client.connected);
  }

  async #from(start: number, condition: (packet: PeerPacket) => boolean, limit = 10_000): Promise<PeerPacket> {
    const deadline = performance.now() + limit;
    for (let index = start;; index++) {
      while (index >= this.packets.length) {
        const left = deadline - performance.now();
        if (left <= 0) {
          const seen = this.packets.map(({ topic, payload }) => `${topic} ${JSON.stringify(payload)}`).join("\n");
          throw new Error(`Nothing came within ${limit} ms; so far:\n${seen}`);
        }
        await this.#wait(left);
      }
      const packet = this.packets[index];
      if (packet === undefined || !condition(packet)) continue;
      this.#next = index + 1;
      return packet;
    }
  }

  async #wait(limit: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limit);
    await Promise.race([promise, this.#arrived.promise]);
    clearTimeout(timer);
  }

  #add({ topic, payload, qos, retain, properties }: IPublishPacket): void {
    this.packets.push({
      topic,
      payload: parse(Buffer.from(payload).toString()),
      qos,
      retain,
      userProperties: { ...properties?.userProperties },
    });
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
