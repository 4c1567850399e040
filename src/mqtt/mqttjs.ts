/**
 * Connections made by MQTT.js. The only file that knows it.
 *
 * Every attempt gets a client of its own. So none of its habits that a bridge cannot live with come into play:
 * the fixed reconnect period, the unbounded queue for QoS 0, the resubscription without a look at the answer.
 *
 * @module
 */
import {
  connect as connectClient,
  type IClientOptions,
  type IConnackPacket,
  type IPublishPacket,
  type MqttClient,
} from "mqtt";
import { Buffer } from "node:buffer";
import type {
  Connect,
  ConnectAnswer,
  ConnectionEnd,
  ConnectRequest,
  MqttConnection,
  SubscriptionRequest,
} from "./connection.ts";
import { ConnectError } from "./connection.ts";
import { withTimeLimit } from "../core/clock.ts";
import type { PublishPacket, PublishProperties, ReceivedPacket, Will } from "./link.ts";
import { fromReturnCode, reasonCodeName } from "./reason_codes.ts";

/** How long a broker may take from the first packet to CONNACK, in ms. */
const CONNECT_TIMEOUT = 10_000;

/** How long a goodbye may take, in ms. */
const END_TIMEOUT = 1_000;

/** Opens a connection with MQTT.js. */
export const connectMqttJs: Connect = async (request, signal) => {
  signal.throwIfAborted();
  const client = connectClient(request.broker.url, clientOptions(request));
  client.handleMessage = (packet, done) => {
    const wait = request.received(toReceivedPacket(packet));
    if (wait === undefined) done();
    else void wait.then(() => done());
  };
  const closed = watchEnd(client);
  const abort = () => client.end(true);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const answer = await Promise.race([
      new Promise<ConnectAnswer>((resolve) => client.once("connect", (packet) => resolve(toAnswer(packet)))),
      closed.then((end) => {
        throw new ConnectError(end.cause, end.reasonCode, end.silent);
      }),
    ]);
    signal.throwIfAborted();
    return new MqttJsConnection(client, answer, closed);
  } catch (error) {
    client.end(true);
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
};

function clientOptions({ broker, plan, protocolVersion, cleanStart }: ConnectRequest): IClientOptions {
  const version5 = protocolVersion === 5;
  const { tls } = broker;
  return {
    log: () => {},
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: CONNECT_TIMEOUT,
    protocolVersion,
    clean: cleanStart,
    clientId: plan.clientId,
    keepalive: broker.keepAlive,
    rejectUnauthorized: tls?.insecure !== true,
    ...defined({
      username: broker.username,
      password: broker.password?.reveal(),
      ca: tls?.ca,
      cert: tls?.cert,
      key: tls?.key?.reveal(),
      servername: tls?.servername,
    }),
    ...(version5
      ? {
        properties: defined({ sessionExpiryInterval: plan.sessionExpiryInterval, userProperties: plan.userProperties }),
      }
      : {}),
    ...(plan.will === undefined ? {} : { will: toWill(plan.will, version5) }),
  } as IClientOptions;
}

function toWill(will: Will, version5: boolean): IClientOptions["will"] {
  return {
    topic: will.topic,
    payload: Buffer.from(will.payload),
    qos: will.qos,
    retain: will.retain,
    ...(version5
      ? { properties: { ...toProperties(will.properties), ...defined({ willDelayInterval: will.delay }) } }
      : {}),
  };
}

class MqttJsConnection implements MqttConnection {
  readonly answer: ConnectAnswer;
  readonly closed: Promise<ConnectionEnd>;
  readonly #client: MqttClient;
  #reasonCode = 0;
  #ended = false;

  constructor(client: MqttClient, answer: ConnectAnswer, closed: Promise<ConnectionEnd>) {
    this.answer = answer;
    this.closed = closed;
    this.#client = client;
    // MQTT.js tells a callback of refusals only, but not of "No matching subscribers", which is a success.
    client.on("packetreceive", (packet) => {
      this.#reasonCode = "reasonCode" in packet ? packet.reasonCode ?? 0 : 0;
    });
    void closed.then(() => this.#ended = true);
  }

  publish(packet: PublishPacket, acknowledged: (reasonCode: number) => void): void {
    const options = {
      qos: packet.qos,
      retain: packet.retain ?? false,
      properties: toProperties(packet.properties),
    };
    this.#client.publish(packet.topic, toBuffer(packet.payload), options, () => {
      if (!this.#ended) acknowledged(packet.qos === 0 ? 0 : this.#reasonCode);
    });
  }

  subscribe(requests: readonly SubscriptionRequest[]): Promise<readonly number[]> {
    const topics = Object.fromEntries(requests.map(({ filter, qos, noLocal }) => [filter, { qos, nl: noLocal }]));
    return new Promise((resolve, reject) => {
      this.#client.subscribe(topics, (error, _granted, packet) => {
        const answer = packet ?? (error !== null && "packet" in error ? error.packet : undefined);
        if (isSuback(answer)) resolve(answer.granted);
        else reject(error ?? new Error("The broker did not answer SUBSCRIBE"));
      });
    });
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#client.unsubscribeAsync(filter);
  }

  async end(): Promise<void> {
    await withTimeLimit(this.#client.endAsync(), END_TIMEOUT);
    this.destroy();
    await this.closed;
  }

  destroy(): void {
    this.#client.end(true);
    this.#client.stream.destroy();
  }
}

function isSuback(packet: unknown): packet is { granted: readonly number[] } {
  return typeof packet === "object" && packet !== null && "granted" in packet && Array.isArray(packet.granted);
}

/** The end of the connection, with the first cause that MQTT.js names on the way there. */
function watchEnd(client: MqttClient): Promise<ConnectionEnd & { silent: boolean }> {
  let cause: string | undefined;
  let reasonCode: number | undefined;
  client.on("error", (error) => {
    cause ??= describe(error);
    if ("code" in error && typeof error.code === "number") {
      reasonCode ??= error.code < 0x80 ? fromReturnCode(error.code) : error.code;
      cause = reasonCodeName(reasonCode);
    }
  });
  client.on("disconnect", (packet) => {
    reasonCode ??= packet.reasonCode ?? 0;
    cause ??= `the broker said goodbye: ${reasonCodeName(reasonCode)}`;
  });
  return new Promise((resolve) => {
    client.once("close", () =>
      resolve({
        cause: cause ?? "the broker closed the connection",
        reasonCode,
        silent: cause === undefined,
      }));
  });
}

function describe(error: Error): string {
  // Errors that gather one error for each address of a host have no message of their own.
  if (error.message === "" && error instanceof AggregateError) return error.errors.map(String).join("; ");
  return error.message;
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toProperties(properties: PublishProperties = {}): NonNullable<IPublishPacket["properties"]> {
  const { correlationData, ...rest } = properties;
  const converted = correlationData === undefined ? rest : { ...rest, correlationData: toBuffer(correlationData) };
  return converted as NonNullable<IPublishPacket["properties"]>;
}

function toReceivedPacket(packet: IPublishPacket): ReceivedPacket {
  return {
    topic: packet.topic,
    payload: typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload,
    qos: packet.qos,
    retain: packet.retain,
    properties: packet.properties ?? {},
  };
}

function toAnswer({ sessionPresent, properties = {} }: IConnackPacket): ConnectAnswer {
  const { maximumQoS } = properties;
  return {
    sessionPresent,
    maximumQoS: maximumQoS === 0 || maximumQoS === 1 ? maximumQoS : undefined,
    retainAvailable: properties.retainAvailable,
    wildcardSubscriptionAvailable: properties.wildcardSubscriptionAvailable,
    sharedSubscriptionAvailable: properties.sharedSubscriptionAvailable,
    maximumPacketSize: properties.maximumPacketSize,
    receiveMaximum: properties.receiveMaximum,
    topicAliasMaximum: properties.topicAliasMaximum,
    serverKeepAlive: properties.serverKeepAlive,
    assignedClientIdentifier: properties.assignedClientIdentifier,
    userProperties: properties.userProperties ?? {},
  };
}

/** `values` without the members that are undefined. */
function defined<T extends Record<string, unknown>>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
