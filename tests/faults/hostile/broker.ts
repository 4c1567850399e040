/**
 * A broker that does as it likes: honest where its mode says nothing, so that everything goes on behind it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { generate, type IPublishPacket, type ISubscribePacket, type Packet, parser } from "mqtt-packet";
import { topicMatches, unshared } from "../../../src/mqtt/topics.ts";
import { acknowledgement, bytes, connack, granted, packet } from "./bytes.ts";

/** What a broker does instead of what it should. `true` when that was all there is to do. */
export type Instead<T extends Packet = Packet> = (guest: Guest, packet: T) => boolean | void | Promise<boolean | void>;

/** How a broker misbehaves. */
export interface Mode {
  readonly name: string;
  /** Before anything has come. */
  readonly accepted?: (guest: Guest) => boolean | void | Promise<boolean | void>;
  /** For each type of packet. */
  readonly on?: { readonly [Type in Packet["cmd"]]?: Instead<Extract<Packet, { cmd: Type }>> };
  /** After the answer to the first SUBSCRIBE, or to CONNECT when there is none: runs beside everything else. */
  readonly beside?: (guest: Guest) => void | Promise<void>;
  /** What becomes of everything that is sent. */
  readonly sending?: (guest: Guest, bytes: Uint8Array) => Promise<void>;
  /** What becomes of a message on its way to this guest; by default it is sent once. */
  readonly delivering?: (guest: Guest, message: Uint8Array, original: IPublishPacket) => void | Promise<void>;
}

/** One connection to a {@linkcode HostileBroker}. */
export class Guest {
  readonly filters = new Set<string>();
  /** What was published on this connection, by type of packet. */
  readonly counts = new Map<string, number>();
  clientId = "";
  version: 4 | 5 = 5;
  open = true;
  readonly #connection: Deno.TcpConn;
  readonly #mode: Mode;
  #writing: Promise<void> = Promise.resolve();

  constructor(connection: Deno.TcpConn, mode: Mode) {
    this.#connection = connection;
    this.#mode = mode;
  }

  /** Sends, behind what is being sent. */
  send(...parts: readonly Uint8Array[]): Promise<void> {
    const all = bytes(...parts);
    this.#writing = this.#writing.then(async () => {
      if (this.#mode.sending === undefined) await this.write(all);
      else await this.#mode.sending(this, all);
    });
    return this.#writing;
  }

  /** Writes at once. */
  async write(all: Uint8Array): Promise<void> {
    try {
      for (let rest = all; rest.length > 0 && this.open;) rest = rest.subarray(await this.#connection.write(rest));
    } catch {
      this.open = false;
    }
  }

  /** Sends the same until the guest has had enough, or `limit` bytes. */
  async flood(part: Uint8Array, limit = 500_000_000): Promise<void> {
    const piece = bytes(...Array.from({ length: Math.max(1, Math.floor(64_000 / part.length)) }, () => part));
    for (let sent = 0; this.open && sent < limit; sent += piece.length) await this.send(piece);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    try {
      this.#connection.close();
    } catch {
      // The guest was faster.
    }
  }
}

/** A broker on a port of its own. */
export class HostileBroker implements AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly #mode: Mode;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #guests = new Set<Guest>();
  readonly #retained = new Map<string, IPublishPacket>();
  readonly #running: Promise<void>;

  constructor(mode: Mode) {
    this.#mode = mode;
    this.port = this.#listener.addr.port;
    this.url = `mqtt://127.0.0.1:${this.port}`;
    this.#running = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const guest of this.#guests) guest.close();
    await this.#running;
  }

  async #accept(): Promise<void> {
    const serving = new Set<Promise<void>>();
    try {
      for await (const connection of this.#listener) {
        const one = this.#serve(connection).finally(() => serving.delete(one));
        serving.add(one);
      }
    } catch {
      // The listener was closed.
    }
    await Promise.all(serving);
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const guest = new Guest(connection, this.#mode);
    this.#guests.add(guest);
    let beside: Promise<void> | void = undefined;
    try {
      if (await this.#mode.accepted?.(guest) !== true) {
        const reader = parser({ protocolVersion: 5 });
        const packets: Packet[] = [];
        reader.on("packet", (one) => packets.push(one)).on("error", () => guest.close());
        const buffer = new Uint8Array(65_536);
        for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
          reader.parse(Buffer.from(buffer.slice(0, count)));
          for (const one of packets.splice(0)) {
            await this.#take(guest, one);
            if (one.cmd === "subscribe") beside ??= this.#mode.beside?.(guest);
          }
        }
      }
    } catch {
      // The guest has gone.
    }
    guest.close();
    this.#guests.delete(guest);
    await beside;
  }

  async #take(guest: Guest, one: Packet): Promise<void> {
    guest.counts.set(one.cmd, (guest.counts.get(one.cmd) ?? 0) + 1);
    if (one.cmd === "connect") {
      guest.clientId = one.clientId;
      guest.version = one.protocolVersion === 5 ? 5 : 4;
    }
    const instead = this.#mode.on?.[one.cmd] as Instead | undefined;
    if (await instead?.(guest, one) === true) return;
    const identifier = one.messageId ?? 0;
    switch (one.cmd) {
      case "connect":
        return await guest.send(guest.version === 5 ? connack() : packet(0x20, [0, 0]));
      case "subscribe":
        await guest.send(granted(0x90, identifier, one.subscriptions.map(({ qos }) => qos)));
        return this.#subscribed(guest, one);
      case "unsubscribe":
        return await guest.send(granted(0xb0, identifier, one.unsubscriptions.map(() => 0)));
      case "publish":
        if (one.qos > 0) await guest.send(acknowledgement(one.qos === 1 ? 0x40 : 0x50, identifier));
        return this.#publish(one);
      case "pubrel":
        return await guest.send(acknowledgement(0x70, identifier));
      case "pingreq":
        return await guest.send(packet(0xd0));
      case "disconnect":
        return guest.close();
    }
  }

  #subscribed(guest: Guest, { subscriptions }: ISubscribePacket): void {
    for (const { topic } of subscriptions) {
      guest.filters.add(unshared(topic));
      for (const message of this.#retained.values()) {
        if (topicMatches(topic, message.topic)) this.#deliver(guest, { ...message, retain: true });
      }
    }
  }

  #publish(message: IPublishPacket): void {
    if (message.retain && message.payload.length === 0) this.#retained.delete(message.topic);
    else if (message.retain) this.#retained.set(message.topic, message);
    for (const guest of this.#guests) {
      const wanted = [...guest.filters].some((filter) => topicMatches(filter, message.topic));
      if (wanted) this.#deliver(guest, { ...message, retain: false });
    }
  }

  #deliver(guest: Guest, message: IPublishPacket): void {
    const { messageId: _, ...rest } = message;
    const copy = generate({ ...rest, qos: 0, dup: false }, { protocolVersion: guest.version });
    if (this.#mode.delivering === undefined) void guest.send(copy);
    else void this.#mode.delivering(guest, copy, message);
  }
}
