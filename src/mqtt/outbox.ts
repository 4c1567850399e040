/**
 * Messages to publish that wait for a connection, for room in the broker's Receive Maximum, or for an acknowledgement.
 *
 * @module
 */
import { Backpressure } from "../core/backpressure.ts";
import type { Clock } from "../core/clock.ts";
import type { Failure } from "../core/failure.ts";
import { Queue } from "../core/queue.ts";
import { type Redact, redactNothing } from "../core/redaction.ts";
import type { MqttConnection } from "./connection/connection.ts";
import type { BrokerLimits, PublishOutcome, PublishPacket, QoS } from "./link.ts";
import {
  beyondLimits,
  cannotBeSent,
  closedOver,
  expired,
  LARGEST_HEADER,
  mayHaveArrived,
  refusal,
  unacknowledged,
} from "./publish_failures.ts";
import { Suspicion } from "./suspicion.ts";

/** If more bytes of payload than this wait, the caller is asked to wait. */
const HIGH_WATER_MARK = 4 * 1024 * 1024;

/**
 * How long the broker may take to acknowledge a message, in ms. A broker may drop a forbidden message and never answer.
 */
const ACKNOWLEDGEMENT_TIMEOUT = 10_000;

/** Large messages get more time, as if the network had this speed, in bytes per ms. */
const SLOWEST_NETWORK = 16;

/** A payload larger than this, in bytes, counts as waiting until it is written. */
const LARGEST_AT_ONCE = 64 * 1024;

interface Entry {
  readonly packet: PublishPacket;
  readonly done: PublishOutcome | undefined;
  readonly signal: AbortSignal | undefined;
  /** When its Message Expiry Interval ends, in ms of the clock. */
  readonly expires: number;
  /** Its position among all messages that were accepted. */
  readonly order: number;
  /** By when the broker has to acknowledge it, in ms of the clock. */
  deadline: number;
}

/** The cost of a message in addition to its payload, in bytes. */
const ENTRY_COST = 256;

/**
 * The messages of one link that are not yet with the broker, in order. Only when the Receive Maximum is reached,
 * messages of QoS 0 overtake the others, since it does not limit them. So one slow sender does not hold up everybody.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #redact: Redact;
  #connection: MqttConnection | undefined;
  #limits: BrokerLimits | undefined;
  /** Waiting messages of QoS 1 or 2. */
  readonly #waiting = new Queue<Entry>();
  /** Waiting messages of QoS 0. */
  readonly #waitingUnconfirmed = new Queue<Entry>();
  #taken = 0;
  #unacknowledged = new Set<Entry>();
  readonly #suspicion = new Suspicion<Entry>();
  /** The suspected message that was sent alone. */
  #alone: Entry | undefined;
  readonly #payloads = new Backpressure(HIGH_WATER_MARK);
  /** The signals whose abort is already watched: all messages of a session share one. */
  readonly #watched = new WeakSet<AbortSignal>();
  #bytesSent = 0;
  #pumping = false;
  #empty: PromiseWithResolvers<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerDue = Infinity;

  /** @param redact applied to the topics in failures, where they may hold a client id that nobody is to see */
  constructor(clock: Clock, redact: Redact = redactNothing) {
    this.#clock = clock;
    this.#redact = redact;
  }

  /** Takes a message; see {@linkcode MqttLink.publish}. */
  add(packet: PublishPacket, done?: PublishOutcome, signal?: AbortSignal): Promise<void> | void {
    if (this.#sendAtOnce(packet, done, signal)) return;
    const expiry = packet.properties?.messageExpiryInterval;
    const expires = expiry === undefined ? Infinity : this.#clock.now() + expiry * 1000;
    this.#payloads.add(costOf(packet));
    this.#push({ packet, done, signal, expires, order: this.#taken++, deadline: Infinity });
    this.#pump();
    const room = this.#payloads.room();
    if (room === undefined) return;
    // An abort may free the room that a caller waits for, even without a connection.
    if (signal !== undefined && !this.#watched.has(signal)) {
      this.#watched.add(signal);
      signal.addEventListener("abort", () => this.#removeAborted(), { once: true });
    }
    return room;
  }

  /** From now on, sends on `connection`. */
  attach(connection: MqttConnection, limits: BrokerLimits): void {
    this.#connection = connection;
    this.#limits = limits;
    this.#pump();
  }

  /**
   * Stops sending. Unacknowledged messages of QoS 1 or 2 go back to the front of the queue. Messages that may be sent
   * only once fail instead. So does a message that is known to have made the broker close the connection.
   *
   * @returns whether that message was found; otherwise, whether one of the unacknowledged messages could have been the
   * cause
   */
  detach(reasonCode?: number): "found" | "possible" | "none" {
    this.#connection = undefined;
    this.#cancelTimer?.();
    this.#timerDue = Infinity;
    const inFlight = [...this.#unacknowledged];
    this.#unacknowledged.clear();
    this.#bytesSent = 0;
    this.#alone = undefined;
    const culprit = this.#suspicion.lost(reasonCode, inFlight);
    const others = inFlight.filter((entry) => entry !== culprit);
    this.#waiting.prepend(others.filter(({ packet }) => packet.qos !== 0 && packet.once !== true));
    const topicOf = ({ packet }: Entry) => this.#redact(packet.topic);
    if (culprit !== undefined) {
      this.#finish(culprit, closedOver(topicOf(culprit), culprit.packet.payload.length, reasonCode));
    }
    for (const entry of others) {
      if (entry.packet.qos === 0) this.#finish(entry);
      else if (entry.packet.once === true) {
        this.#finish(entry, mayHaveArrived(topicOf(entry), entry.packet.payload.length));
      }
    }
    if (culprit !== undefined) return "found";
    return inFlight.length > 0 ? "possible" : "none";
  }

  /** Fails all messages. */
  fail(failure: Failure): void {
    const entries = [...this.#unacknowledged, ...this.#takeWaiting()];
    this.#unacknowledged.clear();
    for (const entry of entries) this.#finish(entry, failure);
    this.#announceEmpty();
  }

  /** Resolves when every message is with the broker, or has failed. */
  drained(): Promise<void> {
    if (this.#isEmpty()) return Promise.resolve();
    return (this.#empty ??= Promise.withResolvers<void>()).promise;
  }

  #isEmpty(): boolean {
    return this.#waits === 0 && this.#unacknowledged.size === 0;
  }

  /** How many messages wait. */
  get #waits(): number {
    return this.#waiting.length + this.#waitingUnconfirmed.length;
  }

  #queueOf({ packet }: Entry): Queue<Entry> {
    return packet.qos === 0 ? this.#waitingUnconfirmed : this.#waiting;
  }

  #push(entry: Entry): void {
    this.#queueOf(entry).push(entry);
  }

  #takeWaiting(): Entry[] {
    return [...this.#waiting.takeAll(), ...this.#waitingUnconfirmed.takeAll()].sort((a, b) => a.order - b.order);
  }

  /** The next message to send; `undefined` when none may be sent. */
  #next({ maximumQoS, receiveMaximum }: BrokerLimits): Entry | undefined {
    const unconfirmed = this.#waitingUnconfirmed.first;
    const { first } = this.#waiting;
    if (first === undefined) return unconfirmed;
    if (maximumQoS > 0 && this.#unacknowledged.size >= receiveMaximum) return unconfirmed;
    return unconfirmed !== undefined && unconfirmed.order < first.order ? unconfirmed : first;
  }

  /** The fast path for most messages: QoS 0, and nothing to wait for. */
  #sendAtOnce(packet: PublishPacket, done: PublishOutcome | undefined, signal: AbortSignal | undefined): boolean {
    const connection = this.#connection;
    const limits = this.#limits;
    if (packet.qos > 0 || packet.retain === true || connection?.hasRoom !== true || limits === undefined) return false;
    if (this.#suspicion.suspectsAll || this.#alone !== undefined) return false;
    // Waiting messages of QoS 1 or 2 do not matter here: the Receive Maximum holds them back.
    if (this.#waitingUnconfirmed.length > 0) return false;
    if (packet.payload.length + LARGEST_HEADER > limits.maximumPacketSize) return false;
    if (packet.payload.length > LARGEST_AT_ONCE || signal?.aborted === true) return false;
    try {
      connection.publish(packet, () => {});
    } catch (error) {
      done?.(cannotBeSent(error));
      return true;
    }
    this.#suspicion.sentUnconfirmed();
    done?.(); // even if the connection should be lost before it is written: nobody sends this message again
    return true;
  }

  /** Sends all messages that may be sent. A callback may publish again; that only lengthens the queue of this loop. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      this.#sendWaiting();
    } finally {
      this.#pumping = false;
    }
    this.#announceEmpty();
  }

  #sendWaiting(): void {
    while (this.#connection !== undefined && this.#limits !== undefined) {
      const entry = this.#next(this.#limits);
      if (entry === undefined) break;
      const isSuspect = this.#suspicion.isSuspect(entry);
      if (this.#alone !== undefined || (isSuspect && this.#unacknowledged.size > 0)) break;
      const wanted = isSuspect ? Math.max(1, entry.packet.qos) : entry.packet.qos;
      const qos = Math.min(wanted, this.#limits.maximumQoS) as QoS;
      if (qos > 0 && this.#unacknowledged.size >= this.#limits.receiveMaximum) break;
      this.#queueOf(entry).shift();
      if (isSuspect) this.#alone = entry;
      const late = entry.expires <= this.#clock.now();
      const failure = late ? expired() : beyondLimits(entry.packet, this.#limits);
      if (failure !== undefined) this.#finish(entry, failure);
      else if (entry.signal?.aborted !== true) this.#send(entry, qos, this.#connection);
      else this.#release(entry);
    }
  }

  #announceEmpty(): void {
    if (!this.#isEmpty()) return;
    this.#empty?.resolve();
    this.#empty = undefined;
  }

  #send(entry: Entry, qos: QoS, connection: MqttConnection): void {
    this.#bytesSent += entry.packet.payload.length;
    this.#unacknowledged.add(entry);
    const packet = qos === entry.packet.qos ? entry.packet : { ...entry.packet, qos };
    try {
      connection.publish(packet, (reasonCode) => this.#acknowledged(entry, reasonCode));
    } catch (error) {
      // A field of this message does not fit into a packet. The other messages go on.
      this.#forgetSent(entry);
      return this.#finish(entry, cannotBeSent(error));
    }
    if (qos === 0) this.#suspicion.sentUnconfirmed();
    if (qos === 0) return; // it counts as sent when it is written, however long that takes
    entry.deadline = this.#clock.now() + ACKNOWLEDGEMENT_TIMEOUT + this.#bytesSent / SLOWEST_NETWORK;
    this.#setTimer(entry.deadline);
  }

  #acknowledged(entry: Entry, reasonCode: number): void {
    if (!this.#forgetSent(entry)) return;
    this.#suspicion.acknowledged(entry);
    this.#finish(entry, refusal(this.#redact(entry.packet.topic), entry.packet.payload.length, reasonCode));
    if (this.#waits > 0 || this.#empty !== undefined) this.#pump();
  }

  #forgetSent(entry: Entry): boolean {
    if (!this.#unacknowledged.delete(entry)) return false;
    this.#bytesSent -= entry.packet.payload.length;
    return true;
  }

  #expire(): void {
    this.#timerDue = Infinity;
    const now = this.#clock.now();
    let next: Entry | undefined;
    for (const entry of [...this.#unacknowledged]) {
      if (entry.deadline <= now) this.#giveUp(entry);
      else if (next === undefined || entry.deadline < next.deadline) next = entry;
    }
    if (next !== undefined) this.#setTimer(next.deadline);
    this.#pump();
  }

  #setTimer(due: number): void {
    if (due >= this.#timerDue) return;
    this.#cancelTimer?.();
    this.#timerDue = due;
    this.#cancelTimer = this.#clock.after(due - this.#clock.now(), () => this.#expire());
  }

  #giveUp(entry: Entry): void {
    this.#forgetSent(entry);
    this.#finish(entry, unacknowledged(this.#redact(entry.packet.topic)));
  }

  #removeAborted(): void {
    for (const entry of this.#takeWaiting()) {
      if (entry.signal?.aborted === true) this.#release(entry);
      else this.#push(entry);
    }
    this.#announceEmpty();
  }

  #finish(entry: Entry, failure?: Failure): void {
    this.#release(entry);
    entry.done?.(failure);
  }

  #release(entry: Entry): void {
    if (entry === this.#alone) this.#alone = undefined;
    this.#suspicion.forget(entry);
    this.#payloads.add(-costOf(entry.packet));
  }
}

function costOf({ payload }: PublishPacket): number {
  return payload.length + ENTRY_COST;
}
