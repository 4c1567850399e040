/**
 * One MQTT connection as a state machine: bytes in, packets and effects out. It has no socket and no clock.
 *
 * Source: MQTT 5.0, chapters 3 and 4; MQTT 3.1.1, the same chapters.
 *
 * @module
 */
import {
  readAcknowledgement,
  readGrants,
  writeAcknowledgement,
  writeSubscribe,
  writeUnsubscribe,
} from "../codec/acknowledgements.ts";
import { readConnack, readDisconnect, writeConnect, writeDisconnect } from "../codec/connect.ts";
import { PacketSplitter, type RawPacket } from "../codec/packet_splitter.ts";
import {
  CONNACK,
  DISCONNECT,
  PINGREQ,
  PINGRESP,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "../codec/packet_types.ts";
import { PacketWriter } from "../codec/packet_writer.ts";
import { EXCESSIVE } from "../codec/properties.ts";
import { readPublish, readPublishHead, writePublish } from "../codec/publish.ts";
import { onOneLine, shortened } from "../../core/text.ts";
import type { PublishPacket } from "../link.ts";
import { MALFORMED_PACKET, reasonCodeName } from "../reason_codes.ts";
import { AwaitedAnswers } from "./awaited_answers.ts";
import type { ConnectAnswer, ConnectionEnd, ConnectRequest, SubscriptionRequest } from "./connection.ts";

/** The effects of packets that arrive. */
export interface ProtocolEffects {
  /** There is something to write. */
  readonly wrote: () => void;
  /** The broker has accepted the connection. */
  readonly answered: (answer: ConnectAnswer) => void;
  /** The connection is to be closed, after the waiting bytes have been written. */
  readonly ended: (end: ConnectionEnd) => void;
}

/** The longest packet that is read, if the plan says nothing else, in bytes. */
const LONGEST_PACKET = 64 * 1024 * 1024;

/** The reason code for a message that is dropped because it is too long or has too many user properties. */
const IMPLEMENTATION_SPECIFIC_ERROR = 0x83;

/** The reason code for a packet identifier that is not in use. */
const PACKET_IDENTIFIER_NOT_FOUND = 0x92;

/** The client side of a connection. */
export class ClientProtocol {
  readonly #request: ConnectRequest;
  readonly #effects: ProtocolEffects;
  readonly #version: 4 | 5;
  readonly #writer = new PacketWriter();
  readonly #longest: number;
  readonly #splitter: PacketSplitter;
  readonly #awaited = new AwaitedAnswers();
  /** Packet identifiers of messages of QoS 2 that were handed on, and for which PUBREL has not arrived. */
  readonly #received = new Set<number>();
  #answer: ConnectAnswer | undefined;
  #ended = false;
  /** Whether a byte has arrived. */
  #begun = false;
  /** Whether no packet has arrived. */
  #silent = true;

  constructor(request: ConnectRequest, effects: ProtocolEffects) {
    this.#request = request;
    this.#effects = effects;
    this.#version = request.protocolVersion;
    this.#longest = request.plan.maximumPacket ?? LONGEST_PACKET;
    this.#splitter = new PacketSplitter(this.#longest);
  }

  /** The packets to be written. */
  get output(): PacketWriter {
    return this.#writer;
  }

  /** Whether no packet of the broker has arrived. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Writes CONNECT. */
  connect(): void {
    writeConnect(this.#writer, this.#request);
    this.#effects.wrote();
  }

  /**
   * Takes bytes that have arrived. A returned promise resolves when more bytes may be passed in.
   *
   * A malformed packet ends the connection.
   */
  receive(chunk: Uint8Array): Promise<void> | void {
    try {
      if (!this.#begun) checkFirstByte(chunk[0]);
      this.#begun = true;
      this.#splitter.push(chunk);
      return this.#takeAll();
    } catch (error) {
      this.#violated(error);
    }
  }

  /** Publishes. `acknowledged` takes the reason code; it is not called when the connection ends before. */
  publish(packet: PublishPacket, acknowledged: (reasonCode: number) => void): void {
    if (this.#ended) return;
    if (packet.qos === 0) {
      writePublish(this.#writer, packet, undefined, this.#version);
      this.#effects.wrote();
      return acknowledged(0);
    }
    const identifier = this.#awaited.nextIdentifier();
    writePublish(this.#writer, packet, identifier, this.#version);
    const type = packet.qos === 1 ? PUBACK : PUBREC;
    this.#awaited.add(identifier, { type, answered: ([code = 0]) => acknowledged(code) });
    this.#effects.wrote();
  }

  /**
   * Subscribes. Resolves with one reason code for each request.
   *
   * @throws {Error} when the connection ends before
   */
  subscribe(requests: readonly SubscriptionRequest[]): Promise<readonly number[]> {
    return this.#ask(SUBACK, (identifier) => writeSubscribe(this.#writer, requests, identifier, this.#version));
  }

  /**
   * Unsubscribes.
   *
   * @throws {Error} when the connection ends before
   */
  unsubscribe(filter: string): Promise<readonly number[]> {
    return this.#ask(UNSUBACK, (identifier) => writeUnsubscribe(this.#writer, filter, identifier, this.#version));
  }

  /** Sends PINGREQ. */
  ping(): void {
    this.#writer.begin(PINGREQ);
    this.#writer.end();
    this.#effects.wrote();
  }

  /** Sends DISCONNECT. Nothing is sent after it. */
  disconnect(): void {
    if (this.#ended) return;
    writeDisconnect(this.#writer);
    this.#effects.wrote();
    this.#end({ reasonCode: undefined, cause: "the connection was closed" });
  }

  /** The connection is lost: requests without an answer fail. */
  lost(): void {
    this.#ended = true;
    this.#awaited.lose();
  }

  #ask(type: number, write: (identifier: number) => void): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(new Error("the connection has ended"));
      if (this.#ended) return lost();
      const identifier = this.#awaited.nextIdentifier();
      write(identifier);
      this.#awaited.add(identifier, { type, answered: resolve, lost });
      this.#effects.wrote();
    });
  }

  // --- what arrives

  /** Handles the packets that have arrived. It waits after a packet whose receiver asks for that. */
  #takeAll(): Promise<void> | void {
    while (!this.#ended) {
      const raw = this.#splitter.next();
      if (raw === undefined) return;
      const wait = this.#take(raw);
      if (wait !== undefined) return wait.then(() => this.#takeAll()).catch((error) => this.#violated(error));
    }
  }

  #take({ bytes, body, tooLong }: RawPacket): Promise<void> | void {
    this.#silent = false;
    const type = (bytes[0] ?? 0) >> 4;
    if (tooLong !== undefined) return this.#dropTooLong(type, bytes, body, tooLong);
    switch (type) {
      case PUBLISH:
        return this.#takePublish(bytes, body);
      case PUBACK:
      case PUBREC:
      case PUBCOMP:
        return this.#takeAcknowledgement(type, bytes, body);
      case PUBREL:
        return this.#takeRelease(bytes, body);
      case SUBACK:
      case UNSUBACK: {
        const { identifier, reasonCodes } = readGrants(bytes, body, this.#version);
        return this.#awaited.answer(type, identifier, reasonCodes);
      }
      case CONNACK:
        return this.#takeConnack(bytes, body);
      case PINGRESP:
        return; // PINGRESP: any packet shows that the broker is alive
      case DISCONNECT: {
        const { code, text } = readDisconnect(bytes, body);
        return this.#end({ reasonCode: code, cause: `the broker said goodbye: ${named(code, text)}` });
      }
      default:
        throw new RangeError(`no broker sends a packet of type ${type}`);
    }
  }

  #takeConnack(bytes: Uint8Array, body: number): void {
    if (this.#answer !== undefined) throw new RangeError("a second CONNACK came");
    const { code, text, answer } = readConnack(bytes, body, this.#version);
    if (code >= 0x80) return this.#end({ reasonCode: code, cause: named(code, text) });
    this.#answer = answer;
    this.#effects.answered(answer);
  }

  #takePublish(bytes: Uint8Array, body: number): Promise<void> | void {
    const { packet, topic, qos, identifier } = readPublish(bytes, body, this.#version);
    if (packet === undefined) this.#request.dropped?.(topic, EXCESSIVE);
    if (identifier === undefined) return packet === undefined ? undefined : this.#request.received(packet);
    const code = packet === undefined ? IMPLEMENTATION_SPECIFIC_ERROR : 0;
    const type = qos === 1 ? PUBACK : PUBREC;
    const isNew = qos === 1 || !this.#received.has(identifier);
    if (qos === 2 && code === 0) this.#received.add(identifier);
    const wait = packet === undefined || !isNew ? undefined : this.#request.received(packet);
    if (wait === undefined) return this.#acknowledge(type, identifier, code);
    return wait.then(() => this.#acknowledge(type, identifier, code));
  }

  #dropTooLong(type: number, bytes: Uint8Array, body: number, length: number): void {
    if (type !== PUBLISH) throw new RangeError(`no broker sends a packet of type ${type} with ${length} bytes`);
    const { topic, qos, identifier } = readPublishHead(bytes, body);
    this.#request.dropped?.(
      topic,
      `its packet has ${length} bytes, and at most ${this.#longest} are read; raise --max-message`,
    );
    if (identifier === undefined) return;
    this.#acknowledge(qos === 1 ? PUBACK : PUBREC, identifier, IMPLEMENTATION_SPECIFIC_ERROR);
  }

  #takeRelease(bytes: Uint8Array, body: number): void {
    const { identifier } = readAcknowledgement(bytes, body);
    const known = this.#received.delete(identifier);
    this.#acknowledge(PUBCOMP, identifier, known ? 0 : PACKET_IDENTIFIER_NOT_FOUND);
  }

  #takeAcknowledgement(type: number, bytes: Uint8Array, body: number): void {
    const { identifier, reasonCodes } = readAcknowledgement(bytes, body);
    const [code = 0] = reasonCodes;
    if (type !== PUBREC || code >= 0x80) return this.#awaited.answer(type, identifier, reasonCodes);
    const known = this.#awaited.received(identifier);
    this.#acknowledge(PUBREL, identifier, known ? 0 : PACKET_IDENTIFIER_NOT_FOUND);
  }

  #acknowledge(type: number, identifier: number, reasonCode: number): void {
    if (this.#ended) return;
    // MQTT 3.1.1 has no reason codes.
    writeAcknowledgement(this.#writer, type, identifier, this.#version === 5 ? reasonCode : 0);
    this.#effects.wrote();
  }

  /** Ends the connection after a malformed packet. Any other error is a bug of ours. */
  #violated(error: unknown): void {
    if (!(error instanceof RangeError)) throw error;
    if (this.#ended) return;
    if (this.#version === 5 && this.#answer !== undefined) {
      writeDisconnect(this.#writer, MALFORMED_PACKET);
      this.#effects.wrote();
    }
    this.#end({ reasonCode: undefined, cause: `the broker sent something that is not MQTT: ${error.message}` });
  }

  #end(end: ConnectionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#effects.ended(end);
  }
}

/** What other protocols send first, by the first byte. */
const STRANGERS: Readonly<Record<number, string>> = {
  0x15: "it speaks TLS (mqtts:)",
  0x16: "it speaks TLS (mqtts:)",
  0x48: "it speaks HTTP (perhaps ws:)",
  0x53: "it speaks SSH",
};

/** Without this check, the bytes of another protocol might look like a long packet that never becomes complete. */
function checkFirstByte(byte: number | undefined): void {
  if (byte === undefined || byte === CONNACK << 4 || byte === DISCONNECT << 4) return;
  const known = STRANGERS[byte];
  throw new RangeError(`its first byte is 0x${byte.toString(16)}${known === undefined ? "" : `; ${known}`}`);
}

/** The name of a reason code, and the broker's Reason String, which may be any text. */
function named(code: number, text: string | undefined): string {
  return text === undefined ? reasonCodeName(code) : `${reasonCodeName(code)}: ${onOneLine(shortened(text))}`;
}
