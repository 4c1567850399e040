/**
 * The plaintext of a sealed packet: everything that an unsealed packet says in the open.
 *
 * The first line holds the user properties of the session as `name=value`, without `mcp-`, separated by spaces. The
 * payload follows it. Only the value of `id` may contain spaces, so `id` comes last.
 *
 * @module
 */
import { indexOfByte } from "../../../core/bytes.ts";
import type { PublishPacket, PublishProperties, ReceivedPacket, UserProperties } from "../../../mqtt/mod.ts";
import { firstValue } from "../../packets.ts";
import { SESSION } from "../session/properties.ts";

/** User property of a packet that is sealed, or belongs to the handshake; its value is the version. */
export const SEALED = "mcp-sealed";
const SEALED_VERSION = "1";

const PREFIX = "mcp-";
const LAST = "id";
const LINE_FEED = 0x0a;
const CORRELATION_LENGTH = 8;

/** Random bytes are drawn for so many packets at once. */
const DRAWN = 512;
const drawn = new Uint8Array(DRAWN * CORRELATION_LENGTH);
let used = drawn.length;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** What all packets of a sealed session say in the open; with Correlation Data that tells nothing. */
export function openProperties(session: string): PublishProperties {
  return {
    payloadFormatIndicator: false,
    contentType: "application/octet-stream",
    userProperties: { [SESSION]: session, [SEALED]: SEALED_VERSION },
  };
}

/** Random Correlation Data. */
export function randomCorrelation(): Uint8Array {
  if (used === drawn.length) {
    crypto.getRandomValues(drawn);
    used = 0;
  }
  return drawn.slice(used, used += CORRELATION_LENGTH);
}

/** The plaintext of a packet, in pieces. */
export function toPlaintext({ payload, properties = {} }: PublishPacket): Uint8Array[] {
  return [encoded(`${headerLine(properties.userProperties ?? {})}\n`), payload];
}

/** The packet that a plaintext stands for; `undefined` when it stands for none. */
export function fromPlaintext(
  plaintext: Uint8Array,
  { topic, qos }: ReceivedPacket,
  session: string,
): ReceivedPacket | undefined {
  const end = indexOfByte(plaintext, LINE_FEED);
  if (end < 0) return undefined;
  try {
    const userProperties = { ...readHeaderLine(decoded(plaintext, end)), [SESSION]: session };
    return { topic, qos, retain: false, payload: plaintext.subarray(end + 1), properties: { userProperties } };
  } catch {
    return undefined; // it is no text
  }
}

function headerLine(properties: UserProperties): string {
  const words: string[] = [];
  let last = "";
  for (const name in properties) {
    const value = firstValue(properties, name) ?? "";
    if (name === SESSION || !name.startsWith(PREFIX)) continue;
    const word = `${name.slice(PREFIX.length)}=${value}`;
    if (name === PREFIX + LAST) last = word;
    else words.push(word);
  }
  return [...words, ...(last === "" ? [] : [last])].join(" ");
}

function readHeaderLine(line: string): Record<string, string> {
  const properties: Record<string, string> = {};
  let rest = line;
  while (rest !== "") {
    const equals = rest.indexOf("=");
    const name = rest.slice(0, equals);
    const space = name === LAST ? -1 : rest.indexOf(" ", equals);
    const end = space < 0 ? rest.length : space;
    if (equals > 0) properties[PREFIX + name] = rest.slice(equals + 1, end);
    rest = rest.slice(end + 1);
  }
  return properties;
}

/** UTF-8; a short line of plain letters takes a loop less time than a call of the encoder. */
function encoded(line: string): Uint8Array {
  const bytes = new Uint8Array(line.length);
  for (let index = 0; index < line.length; index++) {
    const code = line.charCodeAt(index);
    if (code >= 0x80) return encoder.encode(line);
    bytes[index] = code;
  }
  return bytes;
}

/**
 * The same the other way round.
 *
 * @throws {TypeError} when it is no text
 */
function decoded(bytes: Uint8Array, end: number): string {
  let line = "";
  for (let index = 0; index < end; index++) {
    const code = bytes[index] ?? 0;
    if (code >= 0x80) return decoder.decode(bytes.subarray(0, end));
    line += String.fromCharCode(code);
  }
  return line;
}
