/**
 * Connections over websockets, by MQTT.js. Only this file and `mqttjs_packets.ts` use MQTT.js.
 *
 * Every attempt has a client of its own. So three habits of MQTT.js that do not suit a bridge never matter: the fixed
 * reconnect period, the unbounded queue for QoS 0, and resubscribing without a check of the answer.
 * @module
 */
import { type ClientSubscribeCallback, MqttClient } from "mqtt";
import { Duplex } from "node:stream";
import {
  type Connect,
  type ConnectAnswer,
  ConnectError,
  type ConnectionEnd,
  type ConnectRequest,
  type MqttConnection,
  type SubscriptionRequest,
} from "../connection.ts";
import { waitAtMost } from "../../../core/waiting.ts";
import type { PublishPacket } from "../../link.ts";
import { allProperties, EXCESSIVE, isExcessive } from "../../codec/properties.ts";
import { networkErrorText, type Socket } from "../socket.ts";
import { LenientPackets } from "./lenient_packets.ts";
import { openInTime } from "../transport.ts";
import { unanswered } from "../unanswered.ts";
import { fromReturnCode, reasonCodeName } from "../../reason_codes.ts";
import {
  clientOptions,
  isSuback,
  toAnswer,
  toBuffer,
  toProperties,
  toReceivedPacket,
  toSubscribeOptions,
} from "./mqttjs_packets.ts";

/** How long closing may take, in ms. */
const END_TIMEOUT = 1_000;

/** Opens a connection over a websocket. */
export const connectWebSocket: Connect = async (request, signal) => {
  signal.throwIfAborted();
  const stream = toDuplex(await openInTime(request.broker, signal));
  const client = new MqttClient(() => stream, clientOptions(request));
  receiveFrom(client, request);
  const closed = watchEnd(client);
  const giveUp = () => destroy(client);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const answer = await Promise.race([
      new Promise<ConnectAnswer>((resolve) => client.once("connect", (packet) => resolve(toAnswer(packet)))),
      closed.then((end) => {
        throw new ConnectError(refusalText(end, request.broker.url), end.reasonCode, end.silent);
      }),
    ]);
    signal.throwIfAborted();
    return new MqttJsConnection(client, answer, closed, request);
  } catch (error) {
    destroy(client);
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
};

function refusalText({ cause, silent }: ConnectionEnd & { silent: boolean }, url: string): string {
  if (silent) return unanswered(url, "closed");
  return cause === "connack timeout" ? unanswered(url, "silent") : cause;
}

function receiveFrom(client: MqttClient, { received, dropped }: ConnectRequest): void {
  client.handleMessage = (packet, done) => {
    // As on other connections, a packet with too many user properties is dropped.
    if (isExcessive(packet.properties?.userProperties)) {
      dropped?.(packet.topic, EXCESSIVE);
      return done();
    }
    const wait = received(toReceivedPacket(packet));
    if (wait === undefined) done();
    else void wait.then(() => done());
  };
}

/** The websocket as a stream for MQTT.js. It is opened as without MQTT.js, so all transports and proxies work. */
function toDuplex(socket: Socket): Duplex {
  const packets = new LenientPackets();
  return new Duplex({
    read() {
      passOn(socket, packets, (packet) => void this.push(packet)).catch((error) => this.destroy(error));
    },
    write(chunk: Uint8Array, _encoding, done) {
      socket.write(chunk).then(() => done(), done);
    },
    final(done) {
      socket.endWriting().then(() => done(), done);
    },
    destroy(error, done) {
      socket.close();
      done(error);
    },
  });
}

/** Reads until at least one packet is complete, or until the end. */
async function passOn(
  socket: Socket,
  packets: LenientPackets,
  push: (packet: Uint8Array | null) => void,
): Promise<void> {
  for (let found = false; !found;) {
    const chunk = await socket.read();
    if (chunk === undefined) return push(null);
    for (const packet of packets.take(chunk)) {
      push(packet);
      found = true;
    }
  }
}

function destroy(client: MqttClient): void {
  client.end(true);
  client.stream.destroy();
}

class MqttJsConnection implements MqttConnection {
  readonly answer: ConnectAnswer;
  readonly early: readonly Promise<readonly number[]>[];
  readonly closed: Promise<ConnectionEnd>;
  readonly #client: MqttClient;
  #reasonCode = 0;
  #ending = false;
  #ended = false;

  constructor(
    client: MqttClient,
    answer: ConnectAnswer,
    closed: Promise<ConnectionEnd>,
    { early = [] }: ConnectRequest,
  ) {
    this.answer = answer;
    this.closed = closed;
    this.#client = client;
    // MQTT.js passes the reason code to a callback only for refusals. "No matching subscribers" is a success.
    client.on("packetreceive", (packet) => {
      this.#reasonCode = "reasonCode" in packet ? packet.reasonCode ?? 0 : 0;
    });
    void closed.then(() => this.#ended = true);
    this.early = early.map((requests) => this.subscribe(requests));
    for (const grants of this.early) grants.catch(() => {}); // those who await it get the error
  }

  publish(packet: PublishPacket, acknowledged: (reasonCode: number) => void): void {
    if (this.#ending) return; // it would be sent after DISCONNECT
    const options = {
      qos: packet.qos,
      retain: packet.retain ?? false,
      properties: toProperties(allProperties(packet)),
    };
    this.#client.publish(packet.topic, toBuffer(packet.payload), options, (error) => {
      if (!this.#ended && !isConnectionError(error)) acknowledged(packet.qos === 0 ? 0 : this.#reasonCode);
    });
  }

  subscribe(requests: readonly SubscriptionRequest[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      const answered: ClientSubscribeCallback = (error, _granted, packet) => {
        const answer = packet ?? (error !== null && "packet" in error ? error.packet : undefined);
        if (isSuback(answer)) resolve(answer.granted);
        else reject(error ?? new Error("The broker did not answer SUBSCRIBE"));
      };
      const [only] = requests;
      if (only !== undefined && requests.length === 1) {
        // Not as the key of an object: MQTT.js would take the filter "resubscribe" for an option.
        this.#client.subscribe(only.filter, toSubscribeOptions(only), answered);
      } else {
        const topics = Object.fromEntries(requests.map((request) => [request.filter, toSubscribeOptions(request)]));
        this.#client.subscribe(topics, answered);
      }
    });
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#client.unsubscribeAsync(filter);
  }

  async end(): Promise<void> {
    this.#ending = true;
    await waitAtMost(this.#client.endAsync(), END_TIMEOUT);
    this.destroy();
    await this.closed;
  }

  destroy(): void {
    destroy(this.#client);
  }
}

/**
 * Whether a packet was not sent because the connection is ending. A refusal by the broker has a reason code instead.
 */
function isConnectionError(error: Error | null | undefined): boolean {
  return error !== null && error !== undefined && !("code" in error && typeof error.code === "number");
}

/** The end of the connection, with the first cause that MQTT.js reports. */
function watchEnd(client: MqttClient): Promise<ConnectionEnd & { silent: boolean }> {
  let cause: string | undefined;
  let reasonCode: number | undefined;
  client.on("error", (error) => {
    cause ??= networkErrorText(error);
    if ("code" in error && typeof error.code === "number") {
      reasonCode ??= error.code < 0x80 ? fromReturnCode(error.code) : error.code;
      cause = reasonCodeName(reasonCode);
    }
    // After a packet that it cannot read, such as a PUBACK of mochi-mqtt 2.7, MQTT.js stops reading but keeps the
    // connection.
    queueMicrotask(() => destroy(client));
  });
  client.on("disconnect", (packet) => {
    reasonCode ??= packet.reasonCode ?? 0;
    cause ??= `the broker said goodbye: ${reasonCodeName(reasonCode)}`;
  });
  return new Promise((resolve) => {
    client.once("close", () => {
      resolve({
        cause: cause ?? "the broker closed the connection",
        reasonCode,
        silent: cause === undefined,
      });
    });
  });
}
