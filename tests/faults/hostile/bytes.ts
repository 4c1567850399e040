/**
 * MQTT packets piece by piece, so that each of them can be wrong.
 *
 * @module
 */

const encoder = new TextEncoder();

/** What a packet is made of: bytes, or the numbers of bytes. */
export type Part = Uint8Array | readonly number[];

/** Everything in one piece. */
export function bytes(...parts: readonly Part[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Two bytes, the higher one first. */
export function two(value: number): number[] {
  return [value >> 8 & 0xff, value & 0xff];
}

/** Four bytes, the highest first. */
export function four(value: number): number[] {
  return [...two(value >>> 16), ...two(value & 0xffff)];
}

/** A variable byte integer. */
export function variable(value: number): number[] {
  const digits: number[] = [];
  do {
    digits.push(value % 128 | (value > 127 ? 0x80 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return digits;
}

/** A text with its length, or bytes that are no text. */
export function text(value: string | Uint8Array): Uint8Array {
  const content = typeof value === "string" ? encoder.encode(value) : value;
  return bytes(two(content.length), content);
}

/** A packet: its first byte, and what its length says it has. */
export function packet(first: number, ...parts: readonly Part[]): Uint8Array {
  const body = bytes(...parts);
  return bytes([first], variable(body.length), body);
}

/** Properties with their length. */
export function properties(...parts: readonly Part[]): Uint8Array {
  const all = bytes(...parts);
  return bytes(variable(all.length), all);
}

/** A user property. */
export function user(name: string, value: string): Uint8Array {
  return bytes([0x26], text(name), text(value));
}

/** A CONNACK. */
export function connack(code = 0, ...parts: readonly Part[]): Uint8Array {
  return packet(0x20, [0, code], properties(...parts));
}

/** A SUBACK or UNSUBACK. */
export function granted(first: 0x90 | 0xb0, identifier: number, codes: readonly number[]): Uint8Array {
  return packet(first, two(identifier), [0], codes);
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP. */
export function acknowledgement(first: number, identifier: number, ...rest: readonly Part[]): Uint8Array {
  return packet(first, two(identifier), ...rest);
}

/** What makes a PUBLISH. */
export interface PublishParts {
  readonly qos?: 0 | 1 | 2 | 3;
  readonly retain?: boolean;
  readonly identifier?: number;
  readonly properties?: Uint8Array;
}

/** A PUBLISH. */
export function publish(topic: string | Uint8Array, payload: string | Uint8Array, more: PublishParts = {}): Uint8Array {
  const { qos = 0, retain = false, identifier = 1 } = more;
  return packet(
    0x30 | qos << 1 | (retain ? 1 : 0),
    text(topic),
    qos === 0 ? [] : two(identifier),
    more.properties ?? [0],
    typeof payload === "string" ? encoder.encode(payload) : payload,
  );
}

/** A DISCONNECT. */
export function disconnect(code: number, ...parts: readonly Part[]): Uint8Array {
  return packet(0xe0, [code], properties(...parts));
}
