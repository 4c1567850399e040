/**
 * Writing MQTT packets as bytes.
 *
 * Source: MQTT 5.0, sections 1.5 and 2.1.
 *
 * @module
 */

const encoder = new TextEncoder();

/** The initial size of the buffer, in bytes: room for the packets of a usual turn of the event loop. */
const USUAL_SIZE = 64 * 1024;

/**
 * A payload longer than this, in bytes, is not copied if it does not fit into the buffer: it becomes a chunk of its
 * own.
 */
const COPY_LIMIT = 16 * 1024;

/** The longest fixed header: the first byte, and four for the length. */
const LONGEST_HEADER = 5;

/** The longest text or binary data, in bytes (MQTT 5.0, section 1.5.4). */
const LONGEST_TEXT = 65_535;

/**
 * Gathers packets in one buffer until they are taken. So small packets need no buffer of their own.
 *
 * A packet is begun, filled and ended. If filling it throws, nothing of the packet remains.
 */
export class PacketWriter {
  #bytes: Uint8Array = new Uint8Array(USUAL_SIZE);
  /** The buffer that was taken last. It is used again once it has been written. */
  #spare: Uint8Array | undefined;
  #length = 0;
  /** Where the bytes begin that are not in `#chunks` yet. */
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

  /** Ends the packet, with its payload. */
  end(payload?: Uint8Array): void {
    const begun = this.#begun;
    const body = this.#length - begun - LONGEST_HEADER;
    const size = payload === undefined ? 0 : payload.length;
    // The length is known only now. The header may be shorter than the room left for it, so the body moves up.
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

  /** Discards the packet that was begun. */
  abandon(): void {
    this.#length = this.#begun;
  }

  /** Takes the gathered bytes. The caller writes them in this order, and does not change them. */
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

  /** The caller has written the bytes that it took last: their buffer can be used again. */
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

  /** Writes the output of `write` with its length in front, as a Variable Byte Integer. Properties are encoded so. */
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
