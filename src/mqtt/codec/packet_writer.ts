/**
 * MQTT packets on their way out, as bytes.
 *
 * Source: MQTT 5.0, sections 1.5 and 2.1.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Room for the packets of a usual turn, in bytes. */
const USUAL_SIZE = 64 * 1024;

/** A longer payload, in bytes, is written from where it is, if it does not fit behind what has gathered. */
const COPY_LIMIT = 16 * 1024;

/** The longest fixed header: the first byte, and four for the length. */
const LONGEST_HEADER = 5;

/** No text and no binary data is longer, in bytes (MQTT 5.0, section 1.5.4). */
const LONGEST_TEXT = 65_535;

/**
 * Gathers packets until they are taken to be written, all in one piece: small packets cost no buffer of their own.
 *
 * A packet is begun, filled and ended. What throws in between leaves nothing of the packet behind.
 */
export class PacketWriter {
  #bytes: Uint8Array = new Uint8Array(USUAL_SIZE);
  /** The buffer that was taken last, to be used again when it has been written. */
  #spare: Uint8Array | undefined;
  #length = 0;
  /** Where the piece begins that has not been put among the chunks. */
  #start = 0;
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  #begun = 0;

  /** How many bytes wait to be taken. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Begins a packet with its first byte. */
  begin(type: number, flags = 0): void {
    this.#begun = this.#length;
    this.#reserve(LONGEST_HEADER);
    this.#bytes[this.#length] = (type << 4) | flags;
    this.#length += LONGEST_HEADER;
  }

  /** Ends the packet, with what its payload is. */
  end(payload?: Uint8Array): void {
    const begun = this.#begun;
    const body = this.#length - begun - LONGEST_HEADER;
    const size = payload === undefined ? 0 : payload.length;
    // The length is known only now: the body moves up to the header, which is shorter than the room it has.
    this.#length = begun + 1;
    this.#variable(body + size);
    this.#bytes.copyWithin(this.#length, begun + LONGEST_HEADER, begun + LONGEST_HEADER + body);
    this.#length += body;
    this.#waiting += this.#length - begun + size;
    if (payload === undefined || size === 0) return;
    if (size <= COPY_LIMIT || this.#length + size <= this.#bytes.length) {
      this.#reserve(size);
      this.#bytes.set(payload, this.#length);
      this.#length += size;
    } else {
      this.#chunks.push(this.#bytes.subarray(this.#start, this.#length), payload);
      this.#start = this.#length;
    }
  }

  /** Forgets the packet that was begun. */
  abandon(): void {
    this.#length = this.#begun;
  }

  /** Takes what has gathered: to be written in this order, and not changed. */
  take(): Uint8Array[] {
    const chunks = this.#chunks;
    if (this.#length > this.#start) chunks.push(this.#bytes.subarray(this.#start, this.#length));
    const taken = this.#bytes;
    this.#bytes = this.#spare ?? new Uint8Array(USUAL_SIZE);
    this.#spare = undefined;
    this.#taken = taken.length === USUAL_SIZE ? taken : undefined;
    this.#chunks = [];
    this.#length = 0;
    this.#start = 0;
    this.#waiting = 0;
    return chunks;
  }

  #taken: Uint8Array | undefined;

  /** What was taken last has been written: its buffer can be used again. */
  written(): void {
    this.#spare = this.#taken;
    this.#taken = undefined;
  }

  /** A place in the packet, for {@linkcode since}. */
  mark(): number {
    return this.#length - this.#begun;
  }

  /** A copy of what was written since a place in the packet. */
  since(mark: number): Uint8Array {
    return this.#bytes.slice(this.#begun + mark, this.#length);
  }

  /** Bytes as they are. */
  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  twoBytes(value: number): void {
    this.byte(value >> 8);
    this.byte(value & 0xff);
  }

  fourBytes(value: number): void {
    this.twoBytes(value >>> 16);
    this.twoBytes(value & 0xffff);
  }

  /** Variable Byte Integer (MQTT 5.0, section 1.5.5). */
  variable(value: number): void {
    this.#reserve(4);
    this.#variable(value);
  }

  /**
   * Binary data with its length in front.
   *
   * @throws {RangeError} when it is too long
   */
  binary(value: Uint8Array): void {
    checkLength(value.length);
    this.twoBytes(value.length);
    this.bytes(value);
  }

  /**
   * UTF-8 text with its length in front.
   *
   * @throws {RangeError} when it is too long
   */
  text(value: string): void {
    checkLength(value.length);
    this.#reserve(2 + 3 * value.length);
    const start = this.#length + 2;
    let length = 0;
    while (length < value.length) {
      const code = value.charCodeAt(length);
      if (code >= 0x80) break;
      this.#bytes[start + length++] = code;
    }
    if (length < value.length) length = encoder.encodeInto(value, this.#bytes.subarray(start)).written;
    checkLength(length);
    this.#bytes[start - 2] = length >> 8;
    this.#bytes[start - 1] = length & 0xff;
    this.#length = start + length;
  }

  /** What `write` writes, with its length in front as a Variable Byte Integer: the properties of a packet. */
  prefixed(write: () => void): void {
    const start = this.#length;
    write();
    const size = this.#length - start;
    const prefix = size < 128 ? 1 : size < 16_384 ? 2 : size < 2_097_152 ? 3 : 4;
    this.#reserve(prefix);
    this.#bytes.copyWithin(start + prefix, start, start + size);
    this.#length = start;
    this.#variable(size);
    this.#length += size;
  }

  #variable(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function checkLength(length: number): void {
  if (length > LONGEST_TEXT) throw new RangeError(`${length} bytes do not fit: MQTT allows ${LONGEST_TEXT} here`);
}
