/**
 * A JSON-RPC message: its exact bytes, and the members of its envelope.
 *
 * @module
 */
import { owned } from "./bytes.ts";
import { type Envelope, type MessageKind, type RequestKey, scanEnvelope } from "./json_rpc.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A JSON-RPC message. Its bytes are never changed and, once handed over, never written to again. */
export class Message implements Envelope {
  #bytes: Uint8Array;
  readonly kind: MessageKind;
  readonly id: string | undefined;
  readonly key: RequestKey | undefined;
  readonly method: string | undefined;

  /** Reads the envelope of `bytes`, which the message keeps. Never throws: what is not JSON is `malformed`. */
  constructor(bytes: Uint8Array) {
    const envelope = scanEnvelope(bytes);
    this.#bytes = bytes;
    this.kind = envelope.kind;
    this.id = envelope.id;
    this.key = envelope.key;
    this.method = envelope.method;
  }

  /** The bytes as they were sent. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * To be called before a message is kept. It is copied if it shares a much larger buffer, which it would keep alive.
   */
  keep(): this {
    this.#bytes = owned(this.#bytes);
    return this;
  }

  /** A message with the JSON text of `value`, or with `value` itself when it is JSON text already. */
  static from(value: unknown): Message {
    return new Message(encoder.encode(typeof value === "string" ? value : JSON.stringify(value)));
  }

  /**
   * The whole message as a value, for the few kinds of message a proxy has to read.
   *
   * @throws {SyntaxError} when the body is not valid JSON, which the envelope alone does not show
   */
  parse(): unknown {
    return JSON.parse(decoder.decode(this.bytes));
  }
}
