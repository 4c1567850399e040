/**
 * The other end of a session of the request-response profile, played by hand: every property is the test's choice.
 *
 * @module
 */
import type { IClientOptions, IClientPublishOptions } from "mqtt";
import { Buffer } from "node:buffer";
import { type Arrival, TestClient } from "./mqtt_client.ts";
import { eventually } from "./wait.ts";

/** What to publish besides a payload. */
export interface Manner {
  /** User properties; those of the session layer are without their `mcp-`. */
  readonly layer?: Readonly<Record<string, string | number>>;
  readonly responseTopic?: string;
  readonly correlation?: string;
  readonly retain?: boolean;
}

/** A packet, with its properties as values that can be compared. */
export interface Seen {
  readonly topic: string;
  /** As JSON, as text if it is none. */
  // deno-lint-ignore no-explicit-any -- what tests look into has any shape
  readonly payload: any;
  readonly qos: number;
  readonly retain: boolean;
  /** User properties, without their `mcp-`. */
  readonly layer: Readonly<Record<string, string>>;
  readonly responseTopic?: string;
  readonly correlation?: string;
  /** Message Expiry Interval, in seconds. */
  readonly expiry?: number;
  /** Payload Format Indicator and Content Type. */
  readonly format: string;
}

/** A client of the broker that keeps what it gets until it is asked for. */
export class SessionPeer implements AsyncDisposable {
  readonly #client: TestClient;
  #next = 0;

  private constructor(client: TestClient) {
    this.#client = client;
  }

  static async connect(url: string, options: IClientOptions, ...filters: string[]): Promise<SessionPeer> {
    return new SessionPeer(await TestClient.connect(url, options, ...filters));
  }

  /** Everything so far. */
  get all(): Seen[] {
    return this.#client.arrivals.map(seen);
  }

  /** Subscribes to more. */
  async subscribe(...filters: string[]): Promise<void> {
    await this.#client.subscribe(...filters);
  }

  async say(topic: string, payload: unknown, manner: Manner = {}): Promise<void> {
    const { layer = {}, responseTopic, correlation, retain = false } = manner;
    const userProperties = Object.fromEntries(
      Object.entries(layer).map(([name, value]) => [`mcp-${name}`, String(value)]),
    );
    const properties: NonNullable<IClientPublishOptions["properties"]> = {
      payloadFormatIndicator: true,
      ...(Object.keys(userProperties).length === 0 ? {} : { userProperties }),
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(correlation === undefined ? {} : { correlationData: Buffer.from(correlation) }),
    };
    const bytes = typeof payload === "string" || payload instanceof Uint8Array ? payload : JSON.stringify(payload);
    await this.#client.publish(topic, bytes, { qos: 1, retain, properties });
  }

  /** The next packet that has not been asked for. */
  async next(): Promise<Seen> {
    const index = this.#next;
    const arrival = await eventually(
      `packet ${index} has come, after ${JSON.stringify(this.all.map(({ topic, payload }) => [topic, payload]))}`,
      () => this.#client.arrivals[index],
    );
    this.#next = index + 1;
    return seen(arrival);
  }

  /** The next packet with a payload; those of the session layer alone are passed over. */
  async message(): Promise<Seen> {
    return await this.find(({ payload }) => payload !== "");
  }

  /** The next packet that fulfils `condition`; those before it are passed over. */
  async find(condition: (packet: Seen) => boolean): Promise<Seen> {
    while (true) {
      const packet = await this.next();
      if (condition(packet)) return packet;
    }
  }

  /** Drops the connection, so that the will is sent. */
  drop(): void {
    this.#client.drop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}

function seen({ topic, text, qos, retain, properties }: Arrival): Seen {
  const { userProperties = {}, responseTopic, correlationData, messageExpiryInterval } = properties;
  const { payloadFormatIndicator, contentType } = properties;
  return {
    topic,
    payload: parse(text),
    qos,
    retain,
    layer: Object.fromEntries(
      Object.entries(userProperties).map(([name, value]) => [name.replace(/^mcp-/, ""), String(value)]),
    ),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlation: Buffer.from(correlationData).toString() }),
    ...(messageExpiryInterval === undefined ? {} : { expiry: messageExpiryInterval }),
    format: `${payloadFormatIndicator === true ? "UTF-8" : "bytes"} ${contentType}`,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
