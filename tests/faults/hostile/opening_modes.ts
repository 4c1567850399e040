/**
 * Brokers that misbehave until somebody is let in.
 *
 * @module
 */
import { bytes, connack, disconnect, four, granted, packet, properties, text, two, user } from "./bytes.ts";
import type { Guest, Instead, Mode } from "./broker.ts";

/** Answers CONNECT with these bytes. */
function answering(name: string, ...parts: readonly Uint8Array[]): Mode {
  return { name, on: { connect: instead((guest) => guest.send(...parts)) } };
}

function instead(act: (guest: Guest) => void | Promise<void>): Instead {
  return async (guest) => {
    await act(guest);
    return true;
  };
}

/** Does this to whoever connects, before anything has come. */
function greeting(name: string, act: (guest: Guest) => void | Promise<void>): Mode {
  return {
    name,
    accepted: async (guest) => {
      await act(guest);
    },
  };
}

const LONG = "x".repeat(65_535);
const encoder = new TextEncoder();
const HTTP = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

/** Modes of a broker that does not get as far as to be one. */
export const OPENING_MODES: readonly Mode[] = [
  greeting("closes at once", (guest) => guest.close()),
  { name: "closes after CONNECT", on: { connect: instead((guest) => guest.close()) } },
  { name: "never answers CONNECT", on: { connect: () => true } },
  {
    name: "closes after CONNACK",
    on: {
      connect: instead(async (guest) => {
        await guest.send(connack());
        guest.close();
      }),
    },
  },
  { name: "reads nothing", accepted: () => new Promise(() => {}) },
  greeting("speaks HTTP", (guest) => guest.send(encoder.encode(HTTP))),
  greeting("speaks SSH", (guest) => guest.send(encoder.encode("SSH-2.0-OpenSSH_9.2p1\r\n"))),
  greeting("speaks TLS", (guest) => guest.send(bytes([0x15, 3, 3, 0, 2, 2, 40]))),
  greeting("sends zeros", (guest) => guest.flood(new Uint8Array(1_000), 10_000_000)),
  greeting("sends noise", async (guest) => {
    for (let count = 0; count < 100; count++) {
      await guest.send(crypto.getRandomValues(new Uint8Array(60_000)));
    }
  }),
  greeting("floods CONNACK", (guest) => guest.flood(connack())),
  greeting("floods PINGRESP before CONNACK", (guest) => guest.flood(packet(0xd0))),
  greeting("a DISCONNECT without CONNACK", (guest) => guest.send(disconnect(0x8b))),
  answering("two CONNACKs", connack(), connack()),
  answering("a second CONNACK that refuses", connack(), connack(0x87)),
  answering("CONNACK with Receive Maximum 0", connack(0, [0x21, 0, 0])),
  answering("CONNACK with Receive Maximum 1", connack(0, [0x21, 0, 1])),
  answering("CONNACK with Maximum Packet Size 0", connack(0, [0x27], four(0))),
  answering("CONNACK with Maximum Packet Size 1", connack(0, [0x27], four(1))),
  answering("CONNACK with Maximum Packet Size 60", connack(0, [0x27], four(60))),
  answering("CONNACK with Maximum QoS 7", connack(0, [0x24, 7])),
  answering("CONNACK with a property twice", connack(0, [0x21, 0, 9, 0x21, 0, 8])),
  answering("CONNACK with a property of PUBLISH", connack(0, [0x23, 0, 1])),
  answering("CONNACK with an unknown property", connack(0, [0x7f, 1])),
  answering("CONNACK with Server Keep Alive 1", connack(0, [0x13, 0, 1])),
  answering("CONNACK with Server Keep Alive 0", connack(0, [0x13, 0, 0])),
  answering("CONNACK with everything forbidden", connack(0, [0x24, 0, 0x25, 0, 0x28, 0, 0x29, 0, 0x2a, 0])),
  answering("CONNACK with another client id", connack(0, [0x12], text("somebody/else"))),
  answering("CONNACK with a client id of wildcards", connack(0, [0x12], text("a/+/#"))),
  answering("CONNACK with a client id of 64 kB", connack(0, [0x12], text(LONG))),
  answering("CONNACK with a client id that is no UTF-8", connack(0, [0x12], text(bytes([0xff, 0xfe, 0xc0])))),
  answering("CONNACK with an empty client id", connack(0, [0x12], text(""))),
  answering("CONNACK with 20,000 user properties", connack(0, ...Array(20_000).fill(user("a", "b")))),
  answering("CONNACK of 200 MB that never ends", bytes([0x20, 0xff, 0xff, 0xff, 0x7f])),
  answering("CONNACK with a session from nowhere", packet(0x20, [1, 0, 0])),
  answering("CONNACK without properties", packet(0x20, [0, 0])),
  answering("CONNACK of one byte", packet(0x20, [0])),
  answering("CONNACK of no byte", packet(0x20)),
  answering("CONNACK with a length beyond its end", packet(0x20, [0, 0, 100])),
  answering("CONNACK with a length of five bytes", bytes([0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 1])),
  answering("CONNACK with flags", packet(0x2f, [0xff, 0, 0])),
  answering("CONNACK with reason code 1", connack(1)),
  answering("CONNACK with reason code 0x7f", connack(0x7f)),
  answering("CONNACK with reason code 0xff", connack(0xff, [0x1f], text(LONG))),
  answering(
    "refused with an escape sequence",
    connack(0x87, [0x1f], text("\u001b]0;owned\u0007\u001b[2J\u202e\r\nfatal: fake line")),
  ),
  answering("refused: unsupported protocol version", connack(0x84)),
  answering("refused as 3.1.1 does", packet(0x20, [0, 1])),
  answering("refused: try another server", connack(0x9c, [0x1c], text("evil.example:1883"))),
  answering("refused: too many connections", connack(0x9f)),
  answering("refused: server busy", connack(0x89)),
  answering("AUTH instead of CONNACK", packet(0xf0, [0x18], properties([0x15], text("SCRAM")))),
  { name: "a flood of AUTH after CONNACK", beside: (guest) => guest.flood(packet(0xf0, [0x18, 0])) },
  { name: "never answers SUBSCRIBE", on: { subscribe: () => true } },
  { name: "closes at SUBSCRIBE", on: { subscribe: instead((guest) => guest.close()) } },
  subscribing("SUBACK without codes", (guest, id) => guest.send(granted(0x90, id, []))),
  subscribing("SUBACK with 1,000 codes", (guest, id) => guest.send(granted(0x90, id, Array(1_000).fill(0)))),
  subscribing("SUBACK for another identifier", (guest, id) => guest.send(granted(0x90, id + 7, [0]))),
  subscribing("SUBACK as UNSUBACK", (guest, id) => guest.send(granted(0xb0, id, [0]))),
  subscribing("SUBACK that grants QoS 77", (guest, id) => guest.send(granted(0x90, id, [77]))),
  subscribing("SUBACK that refuses", (guest, id) => guest.send(granted(0x90, id, Array(8).fill(0x87)))),
  subscribing("SUBACK of 1 MB", (guest, id) => guest.send(packet(0x90, two(id), [0], new Uint8Array(1_000_000)))),
  subscribing("SUBACK a hundred times", async (guest, id, count) => {
    for (let time = 0; time < 100; time++) await guest.send(granted(0x90, id, Array(count).fill(0)));
  }),
];

function subscribing(name: string, act: (guest: Guest, identifier: number, filters: number) => Promise<void>): Mode {
  return {
    name,
    on: {
      subscribe: async (guest, { messageId = 0, subscriptions }) => {
        await act(guest, messageId, subscriptions.length);
        return true;
      },
    },
  };
}
