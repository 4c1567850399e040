/**
 * Brokers that let everybody in and misbehave then.
 *
 * @module
 */
import { acknowledgement, bytes, disconnect, packet, properties, publish, text, two, user } from "./bytes.ts";
import type { Guest, Mode } from "./broker.ts";

/** Does this to whoever has subscribed. */
function later(name: string, beside: (guest: Guest) => void | Promise<void>): Mode {
  return { name, beside };
}

/** Sends these bytes to whoever has subscribed. */
function saying(name: string, ...parts: readonly Uint8Array[]): Mode {
  return later(name, (guest) => guest.send(...parts));
}

/** Says goodbye after a second, with a reason. */
function leaving(code: number, ...parts: readonly Uint8Array[]): Mode {
  return later(`DISCONNECT 0x${code.toString(16)}${parts.length === 0 ? "" : " with properties"}`, async (guest) => {
    await pause(1_000);
    await guest.send(disconnect(code, ...parts));
    guest.close();
  });
}

function pause(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

const LONG = "x".repeat(60_000);
const MANY_PROPERTIES = properties(...Array.from({ length: 20_000 }, (_, index) => user(`${index % 7}`, "b")));
const NO_TEXT = bytes([0x66, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80]);
const PRESENCE = "mcp/echo/presence/evil";
const ONLINE = '{"jsonrpc":"2.0","method":"notifications/server/online","params":{"server_name":"echo"}}';
type Delivering = NonNullable<Mode["delivering"]>;

const CODES = [0x00, 0x04, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98];

/** Modes of a broker to which one is connected. */
export const TRAFFIC_MODES: readonly Mode[] = [
  {
    name: "byte by byte",
    sending: async (guest, all) => {
      for (const byte of all.subarray(0, 5_000)) await guest.write(Uint8Array.of(byte));
      await guest.write(all.subarray(5_000));
    },
  },
  {
    name: "stops in the middle of a packet",
    sending: async (guest, all) => {
      if ((guest.counts.get("subscribe") ?? 0) === 0) return await guest.write(all);
      await guest.write(all.subarray(0, all.length - 1));
      await new Promise(() => {});
    },
  },
  {
    name: "says nothing after SUBACK",
    sending: async (guest, all) => {
      if ((guest.counts.get("publish") ?? 0) === 0) await guest.write(all);
    },
  },
  { name: "delivers everything twice", delivering: (guest, message) => guest.send(message, message) },
  {
    name: "delivers everything 500 times",
    delivering: async (guest, message) => {
      for (let count = 0; count < 10; count++) await guest.send(...Array(50).fill(message));
    },
  },
  { name: "delivers backwards", delivering: backwards() },
  { name: "drops every third message", delivering: thirds() },
  { name: "delivers to the wrong topic", delivering: (guest) => guest.send(publish("mcp/echo/response/x", "{}")) },
  { name: "delivers without payload", delivering: (guest, _, { topic }) => guest.send(publish(topic, "")) },
  {
    name: "delivers without properties",
    delivering: (guest, _, { topic, payload }) => guest.send(publish(topic, new Uint8Array(payload as Uint8Array))),
  },
  {
    name: "delivers with the wrong session",
    delivering: (guest, _, { topic, payload }) =>
      guest.send(publish(topic, new Uint8Array(payload as Uint8Array), {
        properties: properties(user("mcp-session", "0".repeat(32)), user("mcp-seq", "1")),
      })),
  },
  {
    name: "delivers noise",
    delivering: (guest, _, { topic }) => guest.send(publish(topic, crypto.getRandomValues(new Uint8Array(5_000)))),
  },
  acknowledging("never acknowledges", () => undefined),
  acknowledging("acknowledges other identifiers", (id) => acknowledgement(0x40, id + 9)),
  acknowledging("acknowledges with PUBREC", (id) => acknowledgement(0x50, id)),
  acknowledging("acknowledges twice", (id) => bytes(acknowledgement(0x40, id), acknowledgement(0x40, id))),
  acknowledging("refuses every message", (id) => acknowledgement(0x40, id, [0x87, 0])),
  acknowledging("refuses with 0xff", (id) => acknowledgement(0x40, id, [0xff, 0])),
  acknowledging(
    "acknowledges with an endless property",
    (id) => acknowledgement(0x40, id, [0, 0xff, 0xff, 0xff, 0x7f]),
  ),
  saying("acknowledgements of nothing", ...Array.from({ length: 100 }, (_, id) => acknowledgement(0x40, id))),
  saying("releases of nothing", ...Array.from({ length: 100 }, (_, id) => acknowledgement(0x62, id))),
  later("a flood of PUBACK", (guest) => guest.flood(acknowledgement(0x40, 77))),
  later("a flood of PUBREC", (guest) => guest.flood(acknowledgement(0x50, 77), 50_000_000)),
  later("a flood of PUBREL", (guest) => guest.flood(acknowledgement(0x62, 77), 50_000_000)),
  later("a flood of PINGRESP", (guest) => guest.flood(packet(0xd0))),
  later("a flood of messages to nobody", (guest) => guest.flood(publish("nobody/here", "x"), 200_000_000)),
  later("a flood of QoS 1 to nobody", (guest) => guest.flood(publish("nobody/here", "x", { qos: 1 }), 20_000_000)),
  later("a flood of QoS 2 that is never released", async (guest) => {
    for (let round = 0; round < 3; round++) {
      for (let identifier = 1; identifier < 65_536; identifier++) {
        await guest.send(publish("nobody/here", "x", { qos: 2, identifier }));
      }
    }
  }),
  later("a flood of presences", async (guest) => {
    for (let number = 0; number < 130_000 && guest.open; number++) {
      await guest.send(publish(`mcp/x${number}/presence/i${number}`, "{}", { retain: true }));
      await guest.send(publish(`$mcp-server/presence/i${number}/x${number}`, ONLINE, { retain: true }));
    }
  }),
  later("a flood of one presence", (guest) =>
    guest.flood(
      bytes(publish(PRESENCE, "{}", { retain: true }), publish(PRESENCE, "", { retain: true })),
      50_000_000,
    )),
  later(
    "a flood of responses",
    (guest) => guest.flood(publish("mcp/echo/response/x", '{"jsonrpc":"2.0","id":1,"result":{}}'), 50_000_000),
  ),
  saying("a message with 20,000 user properties", publish(PRESENCE, "{}", { properties: MANY_PROPERTIES })),
  saying("a message with a long property", publish(PRESENCE, "{}", { properties: properties(user(LONG, LONG)) })),
  saying("a message with an unknown property", publish(PRESENCE, "{}", { properties: bytes([2, 0x7e, 1]) })),
  saying("a message with Topic Alias 0", publish("", "{}", { properties: bytes([3, 0x23, 0, 0]) })),
  saying("a message with an unknown Topic Alias", publish("", "{}", { properties: bytes([3, 0x23, 0, 5]) })),
  saying(
    "a message with a Topic Alias beyond the limit",
    publish("a", "{}", { properties: bytes([3, 0x23, 255, 255]) }),
  ),
  saying("a message without topic", publish("", "{}")),
  saying("a message to a filter", publish("mcp/+/presence/#", "{}")),
  saying("a message whose topic is no UTF-8", publish(NO_TEXT, "{}")),
  saying("a message whose topic has a NUL", publish("mcp/echo/presence/\u0000", "{}")),
  saying(
    "a message whose topic is an escape sequence",
    publish("mcp/\u001b[2J\u202e/presence/x", '{"description":"\u001b[2J"}'),
  ),
  saying("a message of QoS 3", publish(PRESENCE, "{}", { qos: 3 })),
  saying("a message with identifier 0", publish(PRESENCE, "{}", { qos: 1, identifier: 0 })),
  saying("a message shorter than its topic", packet(0x30, two(500), [0x61])),
  saying("a message of 256 MB that never comes", bytes([0x30, 0xff, 0xff, 0xff, 0x7f])),
  later("a message of 256 MB", async (guest) => {
    await guest.send(bytes([0x30, 0xff, 0xff, 0xff, 0x7f], text(PRESENCE), [0]));
    const piece = new Uint8Array(1_000_000);
    for (let sent = 0; sent < 268 && guest.open; sent++) await guest.send(piece);
  }),
  saying("a presence of 8 MB", publish(PRESENCE, `{"description":"${"y".repeat(8_000_000)}"}`, { retain: true })),
  saying(
    "a presence that nests",
    publish(PRESENCE, `{"meta":${"[".repeat(500_000)}${"]".repeat(500_000)}}`, { retain: true }),
  ),
  saying(
    "what only clients send",
    packet(0xc0),
    packet(0x82, two(1), [0], text("a"), [0]),
    packet(0x10, text("MQTT"), [5]),
  ),
  saying("a packet of type 0", packet(0x00, [1, 2, 3])),
  saying("SUBACK of nothing", packet(0x90, two(9), [0, 0])),
  saying("PUBACK of one byte", packet(0x40, [1])),
  saying("PINGRESP with a body", packet(0xd0, [1, 2, 3])),
  saying("DISCONNECT with garbage", packet(0xe0, [0x8e, 0x7f, 1, 2, 3])),
  later("closes after a second", async (guest) => {
    await pause(1_000);
    guest.close();
  }),
  { name: "closes at the first message", on: { publish: (guest) => (guest.close(), true) } },
  ...CODES.map((code) => leaving(code)),
  leaving(0x9c, bytes([0x1c], text("evil.example"))),
  leaving(0x82, bytes([0x1f], text(`\u001b[2J\r\nfatal: fake line ${LONG}`))),
];

function acknowledging(name: string, answer: (identifier: number) => Uint8Array | undefined): Mode {
  return {
    name,
    on: {
      publish: async (guest, { qos, messageId = 0 }) => {
        if (qos === 0) return;
        const bytes = answer(messageId);
        if (bytes !== undefined) await guest.send(bytes);
        return true;
      },
    },
  };
}

function backwards(): Delivering {
  const held = new Map<Guest, Uint8Array[]>();
  return async (guest, message) => {
    const waiting = held.get(guest) ?? [];
    held.set(guest, waiting);
    waiting.push(message);
    if (waiting.length > 1) return;
    await pause(20);
    await guest.send(...waiting.splice(0).reverse());
  };
}

function thirds(): Delivering {
  let count = 0;
  return (guest, message) => ++count % 3 === 0 ? undefined : guest.send(message);
}
