/**
 * The sealed sessions of a server, from their handshake on.
 *
 * The first message of a handshake takes no slot, replaces no session and starts no process. The session exists once
 * its first sealed packet has been opened: only a client with the private key can have made that packet.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../core/clock.ts";
import { Failure } from "../../../core/failure.ts";
import type { MqttLink, ReceivedPacket } from "../../../mqtt/mod.ts";
import type { Seal, ServerSealing } from "../../../seal/mod.ts";
import { CLOSED, toFrame, userProperty } from "../session/properties.ts";
import { RateLimit } from "../../rate_limit.ts";
import type { ServerSession } from "../server/server_session.ts";
import { encodeAnswer } from "./client_handshake.ts";
import { KEY_LIFETIME } from "./key_lifetime.ts";
import { SealedLink } from "./sealed_link.ts";
import { openProperties, randomCorrelation } from "./sealed_packet.ts";

/** How many handshakes are read a second, since reading one costs more than sending it. */
const HANDSHAKES = { each: 5, all: 50 };

/** How long a handshake may wait for the session's first packet, in ms. */
const HALF_OPEN_TIME = 10_000;
/** How many of them there may be for one key, and in all; the oldest goes. */
const HALF_OPEN_EACH = 2;
const HALF_OPEN_ALL = 256;

/** A session's keys are used no longer, in ms: somewhat longer than by a client, which opens another session then. */
const LONGEST_LIFE = KEY_LIFETIME + 60 * 60 * 1_000;

/** Where a sealed session lies. */
export interface SealedPlace {
  readonly client: string;
  readonly session: string;
  readonly responseTopic: string;
}

/** A client that has its private key. */
export interface AuthenticatedClient {
  /** Its public key, as text. */
  readonly key: string;
  /** What the operator calls it. */
  readonly name: string;
}

/** What {@linkcode SealedSessions} are made of. */
export interface SealedSessionsOptions {
  readonly link: MqttLink;
  readonly base: string;
  readonly sealing: ServerSealing;
  /** The topic on which the client finds this instance. */
  readonly instanceTopic: (client: string) => string;
  /** Makes the session of a client. */
  readonly make: (place: SealedPlace, link: MqttLink, client: AuthenticatedClient) => ServerSession;
  /** Takes the session with its first message. */
  readonly opened: (session: ServerSession) => void;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

interface HalfOpen extends SealedPlace, AuthenticatedClient {
  readonly seal: Seal;
  /** The first message and its answer. If the first message is repeated, so is the answer. */
  readonly first: Uint8Array;
  readonly answer: Uint8Array;
  readonly cancel: () => void;
}

interface Open extends SealedPlace {
  readonly key: string;
  readonly link: SealedLink;
  readonly session: string;
  readonly server: ServerSession;
}

/** The sealed sessions of one server. */
export class SealedSessions {
  readonly #options: SealedSessionsOptions;
  readonly #limit: RateLimit;
  /** Oldest first. */
  readonly #halfOpen = new Set<HalfOpen>();
  /** By the names of the sessions, which hardly ever are the same. */
  readonly #open = new Map<string, readonly Open[]>();

  constructor(options: SealedSessionsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#limit = new RateLimit(HANDSHAKES, options.clock ?? systemClock);
    options.sealing.watch(() => this.#endUnauthorized(), signal);
    signal.addEventListener("abort", () => {
      for (const one of this.#halfOpen) this.#forget(one);
    }, { once: true });
  }

  /** Takes a packet that begins a handshake. */
  begin(packet: ReceivedPacket, place: SealedPlace): void {
    const { client, session } = place;
    if (!this.#limit.allows(client)) return;
    for (const one of this.#halfOpen) {
      if (one.client === client && one.session === session && isSame(one.first, packet.payload)) {
        return this.#answer(place, one.answer);
      }
    }
    const { sealing, base, link } = this.#options;
    const handshake = sealing.read(base, session, packet.payload);
    if (handshake === undefined) return;
    // Looked up only now, and told only inside: nobody else learns which keys are authorized.
    const name = sealing.nameOf(handshake.client);
    if (name === undefined) {
      const text = "The server does not know this client's key: its operator has to add it to --authorized-keys";
      return this.#answer(place, handshake.answer(encodeAnswer(new Failure("not-authorized", text))).message);
    }
    const { message, seal } = handshake.answer(encodeAnswer(link.clientId));
    this.#keep({ ...place, key: handshake.client, name, seal, first: packet.payload.slice(), answer: message });
    this.#answer(place, message);
  }

  /** Takes a sealed packet; whether there is a session for it, or a handshake. What does not open is dropped. */
  deliver(packet: ReceivedPacket, client: string, session: string): boolean {
    let known = false;
    for (const open of this.#open.get(session) ?? []) {
      if (open.client !== client) continue;
      known = true;
      const opened = open.link.unseal(packet);
      if (opened === undefined) continue;
      this.#hand(open.server, opened);
      return true;
    }
    const waiting = [...this.#halfOpen].filter((one) => one.client === client && one.session === session);
    waiting.some((one) => this.#confirm(one, packet));
    return known || waiting.length > 0;
  }

  /**
   * A message says that a client, or one session of it, is gone. Clients that are still there answer.
   *
   * @returns how many sessions are asked
   */
  doubt(client: string, session?: string): number {
    const doubted = this.#all.filter((open) =>
      open.client === client && (session === undefined || open.session === session)
    );
    for (const { server } of doubted) server.doubt();
    return doubted.length;
  }

  #confirm(half: HalfOpen, packet: ReceivedPacket): boolean {
    const { link, make, opened, clock = systemClock } = this.#options;
    const { client, session, responseTopic, key, name, seal } = half;
    const place = { client, session, responseTopic };
    const spent = new Failure("session-ended", "The session's keys are used up");
    const sealed = new SealedLink({
      link,
      seal,
      session,
      topic: responseTopic,
      exhausted: () => server.expel(spent),
    });
    const first = sealed.unseal(packet);
    if (first === undefined || userProperty(first, CLOSED) !== undefined) return false;
    this.#forget(half);
    for (const other of this.#all) {
      if (other.key === key && other.client === client) other.server.replace();
    }
    const server: ServerSession = make(place, sealed, { key, name });
    const entry = { ...place, key, link: sealed, server };
    this.#change(entry, (others) => [...others, entry]);
    const cancel = clock.after(LONGEST_LIFE, () => void server.close(spent));
    void server.closed.then(() => {
      cancel();
      this.#change(entry, (others) => others.filter((other) => other !== entry));
    });
    server.welcome();
    server.deliver(toFrame(first));
    opened(server);
    return true;
  }

  get #all(): readonly Open[] {
    return [...this.#open.values()].flat();
  }

  #change({ session }: SealedPlace, change: (entries: readonly Open[]) => readonly Open[]): void {
    const entries = change(this.#open.get(session) ?? []);
    if (entries.length === 0) this.#open.delete(session);
    else this.#open.set(session, entries);
  }

  #hand(server: ServerSession, packet: ReceivedPacket): void {
    if (userProperty(packet, CLOSED) !== undefined) return server.left();
    server.confirmInstance();
    server.deliver(toFrame(packet));
  }

  #keep(half: Omit<HalfOpen, "cancel">): void {
    const ofKey = [...this.#halfOpen].filter(({ key }) => key === half.key);
    for (const old of ofKey.slice(0, Math.max(0, ofKey.length + 1 - HALF_OPEN_EACH))) this.#forget(old);
    const [oldest] = this.#halfOpen;
    if (this.#halfOpen.size >= HALF_OPEN_ALL && oldest !== undefined) this.#forget(oldest);
    const { clock = systemClock } = this.#options;
    const entry: HalfOpen = { ...half, cancel: clock.after(HALF_OPEN_TIME, () => this.#halfOpen.delete(entry)) };
    this.#halfOpen.add(entry);
  }

  #forget(half: HalfOpen): void {
    half.cancel();
    this.#halfOpen.delete(half);
  }

  #answer({ client, session, responseTopic }: SealedPlace, payload: Uint8Array): void {
    const { link, instanceTopic } = this.#options;
    const properties = { correlationData: randomCorrelation(), responseTopic: instanceTopic(client) };
    void link.publish({
      topic: responseTopic,
      payload,
      qos: 1,
      common: openProperties(session),
      properties,
      bare: true,
    });
  }

  #endUnauthorized(): void {
    const { sealing } = this.#options;
    for (const { key, server } of this.#all) {
      if (sealing.nameOf(key) !== undefined) continue;
      server.expel(new Failure("not-authorized", "The client's key is no longer in --authorized-keys"));
    }
    for (const one of this.#halfOpen) {
      if (sealing.nameOf(one.key) === undefined) this.#forget(one);
    }
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
