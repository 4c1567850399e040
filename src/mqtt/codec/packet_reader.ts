/**
 * Reading the fields of an MQTT packet in order.
 *
 * Source: MQTT 5.0, section 1.5.
 *
 * @module
 */
import { TextReader } from "../../core/text_reader.ts";

const texts = new TextReader();

/** Reads fields. Each throws a RangeError when the packet ends too early. */
export class PacketReader {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  /** @param end where the packet ends in `bytes`. @default {bytes.length} */
  constructor(bytes: Uint8Array, position: number, end: number = bytes.length) {
    this.#bytes = bytes;
    this.position = position;
    this.#end = end;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#end - this.position;
  }

  /** Skips `count` bytes, and returns the position of the first one. */
  skip(count: number): number {
    const start = this.position;
    if (start + count > this.#end) throw new RangeError("it ends too early");
    this.position = start + count;
    return start;
  }

  byte(): number {
    return this.#bytes[this.skip(1)] ?? 0;
  }

  twoBytes(): number {
    return this.byte() * 256 + this.byte();
  }

  fourBytes(): number {
    return this.twoBytes() * 65_536 + this.twoBytes();
  }

  /** Variable Byte Integer (MQTT 5.0, section 1.5.5). */
  variable(): number {
    let value = 0;
    for (let factor = 1; factor <= 128 ** 3; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError("it has a length that has no end");
  }

  /** Binary Data (MQTT 5.0, section 1.5.6). The result shares memory with the packet. */
  binary(): Uint8Array {
    const length = this.twoBytes();
    const start = this.skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(): string {
    const length = this.twoBytes();
    const start = this.skip(length);
    return texts.read(this.#bytes, start, start + length);
  }

  /** All remaining bytes. The result shares memory with the packet. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.skip(this.left), this.#end);
  }

  /** A reader for the part that begins here with its length, such as properties. This reader skips the part. */
  nested(): PacketReader {
    const length = this.variable();
    const start = this.skip(length);
    return new PacketReader(this.#bytes, start, start + length);
  }
}
