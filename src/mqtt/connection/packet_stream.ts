/**
 * The stream that MQTT.js gets instead of a socket: PUBLISH packets go past it.
 *
 * MQTT.js has the connection, its handshake, its keep-alive, subscriptions and acknowledged publishes. What comes in as
 * a PUBLISH with QoS 0 or 1 is decoded here and never reaches it, and what goes out with QoS 0 is written here, between
 * its own packets. So both ends of the hot path cost one allocation, and all packets of one turn go out in one write.
 *
 * @module
 */
import { EventEmitter } from "node:events";
import { Buffer } from "node:buffer";
import { batches } from "../../core/bytes.ts";
import { withTimeLimit } from "../../core/clock.ts";
import type { PublishPacket, ReceivedPacket } from "../link.ts";
import { PacketSplitter, type RawPacket } from "../codec/packet_splitter.ts";
import { decodePublish, encodePublish, PUBLISH } from "../codec/publish_codec.ts";
import type { Socket } from "./socket.ts";

/** What MQTT.js pipes a stream into. */
interface Sink {
  write(chunk: Uint8Array): boolean;
  once(event: "drain", listener: () => void): unknown;
}

/** Above this many bytes waiting to be written, writers are asked to wait. */
const HIGH_WATER_MARK = 1024 * 1024;

/** How long the broker's last words may take to arrive, in ms. */
const LAST_WORDS = 200;

/** The packet type of PUBACK, in the upper half of the first byte, and its length without a reason code. */
const PUBACK = [0x40, 0x02] as const;

const PINGREQ = Uint8Array.of(0xc0, 0x00);

/** The part of a Node duplex stream that MQTT.js uses, over a {@linkcode Socket} that may still be connecting. */
export class PacketStream extends EventEmitter {
  /** Why it was closed, if not by us. */
  failure: unknown;
  readonly #received: (packet: ReceivedPacket) => Promise<void> | void;
  readonly #protocolVersion: 4 | 5;
  readonly #opening: Promise<Socket>;
  #socket: Socket | undefined;
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  #flushing: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  #needsDrain = false;
  #closed = false;

  /** @param received takes every PUBLISH of QoS 0 and 1. A returned promise holds back what is behind it */
  constructor(
    opening: Promise<Socket>,
    protocolVersion: 4 | 5,
    received: (packet: ReceivedPacket) => Promise<void> | void,
  ) {
    super();
    this.#opening = opening;
    this.#protocolVersion = protocolVersion;
    this.#received = received;
  }

  /**
   * Sends a PUBLISH with QoS 0.
   *
   * @returns whether more may follow at once; otherwise a `drain` event tells when
   */
  publish(packet: PublishPacket): boolean {
    for (const chunk of encodePublish(packet, this.#protocolVersion)) this.#enqueue(chunk);
    return this.#mayContinue();
  }

  /**
   * Sends a PINGREQ. Anything that is sent acknowledges what has come on the level of TCP; and a broker with Nagle's
   * algorithm has been holding the next packet back until then, or for 40 ms.
   */
  ping(): void {
    this.#enqueue(PINGREQ);
  }

  /** Takes what MQTT.js writes, piece by piece. */
  write(chunk: Uint8Array | string): boolean {
    this.#enqueue(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    return this.#mayContinue();
  }

  /** Starts to read; what is no PUBLISH goes to MQTT.js. */
  pipe(sink: Sink): Sink {
    this.#reading = this.#read(sink).then(() => this.destroy(), (error) => this.destroy(error));
    return sink;
  }

  /** Writes what is waiting, then closes. */
  end(callback?: () => void): void {
    void (async () => {
      await this.#flushing;
      this.destroy();
      callback?.();
    })();
  }

  destroy(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.failure ??= error;
    this.#chunks = [];
    void this.#opening.then((socket) => socket.close(), () => {});
    queueMicrotask(() => this.emit("close"));
  }

  #enqueue(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    this.#flushing ??= this.#flush();
  }

  #mayContinue(): boolean {
    if (this.#waiting <= HIGH_WATER_MARK) return true;
    this.#needsDrain = true;
    return false;
  }

  async #flush(): Promise<void> {
    try {
      this.#socket ??= await this.#opening;
      await undefined; // what else this turn writes goes along
      while (this.#chunks.length > 0) {
        const chunks = this.#chunks;
        this.#chunks = [];
        for (const batch of batches(chunks)) {
          await this.#socket.write(batch);
          this.#waiting -= batch.length;
        }
        if (this.#needsDrain && this.#waiting <= HIGH_WATER_MARK) {
          this.#needsDrain = false;
          this.emit("drain");
        }
      }
    } catch (error) {
      // What the broker has said before it closed, such as a TLS alert, tells more than that it does not listen.
      if (this.#reading !== undefined) await withTimeLimit(this.#reading, LAST_WORDS);
      this.destroy(error);
    } finally {
      this.#flushing = undefined;
    }
  }

  async #read(sink: Sink): Promise<void> {
    const socket = await this.#opening;
    const splitter = new PacketSplitter();
    while (!this.#closed) {
      const chunk = await socket.read();
      if (chunk === undefined) return;
      for (const raw of splitter.push(chunk)) {
        const wait = this.#take(raw, sink);
        if (wait !== undefined) await wait;
        if (this.#closed) return;
      }
    }
  }

  #take(raw: RawPacket, sink: Sink): Promise<void> | void {
    const first = raw.bytes[0] ?? 0;
    const isQoS2 = (first & 0x06) === 0x04;
    if (first >> 4 !== PUBLISH || isQoS2) {
      if (!sink.write(raw.bytes)) return new Promise((resolve) => void sink.once("drain", resolve));
      return;
    }
    const { packet, identifier } = decodePublish(raw.bytes, raw.body, this.#protocolVersion);
    const wait = this.#received(packet);
    if (identifier === undefined) return wait;
    if (wait === undefined) return this.#acknowledge(identifier);
    return wait.then(() => this.#acknowledge(identifier));
  }

  #acknowledge(identifier: number): void {
    this.#enqueue(Uint8Array.of(...PUBACK, identifier >> 8, identifier & 0xff));
  }
}
