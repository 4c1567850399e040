/**
 * The session layer: nothing lost, nothing twice, nothing out of order.
 *
 * QoS 1 duplicates, QoS 0 loses, and a broker that restarts or runs out of queue loses what it had acknowledged. So
 * each direction of a session numbers its messages. The receiver acknowledges what has been taken from it, drops what
 * it has seen, and asks again when it misses something. The sender keeps what is not acknowledged.
 *
 * This is the state machine alone: it knows neither MQTT nor sessions.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import type { Message } from "../../../core/message.ts";
import type { Frame, Stream, StreamEnds, Subject } from "./frame.ts";
import { Assembler, type Part, splitMessage } from "./parts.ts";
import { SendQueue, WINDOW_ITEMS } from "./send_queue.ts";

/** What a {@linkcode ReliableStream} is made of. */
export interface ReliableOptions extends StreamEnds {
  /** Largest payload of one frame, in bytes. */
  readonly maximumPart: () => number;
  /** Largest message, in bytes, that is put together from parts. */
  readonly maxMessage: number;
  /** Told of each message that was larger, when all of it has gone by. */
  readonly tooLarge: (bytes: number, subject: Subject | undefined) => void;
  /** Told how many items are sent again. */
  readonly retransmitted?: (count: number) => void;
  /** Told of each item that had arrived before. */
  readonly duplicate?: () => void;
  readonly clock: Clock;
}

/**
 * An acknowledgement waits this long, in ms, for a message that it can travel with. A packet of its own costs more than
 * itself: a broker with Nagle's algorithm (mosquitto by default) holds what follows it back for 40 ms, because nobody
 * answers it.
 */
const ACKNOWLEDGE_AFTER = 400;
/** It waits only this long, in ms, */
const ACKNOWLEDGE_SOON = 5;
/** when there are this many items to acknowledge, */
const ACKNOWLEDGE_ITEMS = WINDOW_ITEMS / 4;
/** or this many bytes: the peer may not send much more. */
const ACKNOWLEDGE_BYTES = 1024 * 1024;

/** A peer that has acknowledged nothing for this long, in ms, is asked what it has; and then ever less often. */
const FIRST_PROBE = 1_000;
const LONGEST_PROBE = 10_000;

const NOTHING = new Uint8Array();

interface Outgoing extends Part {
  readonly message: Message;
}

interface Arrived {
  readonly message: Message;
  readonly sequence: number;
  readonly size: number;
}

/** One end of a session. */
export class ReliableStream implements Stream {
  readonly #options: ReliableOptions;
  readonly #queue = new SendQueue<Outgoing>();
  readonly #assembler: Assembler;
  #online = true;
  #closed = false;

  /** The last number that has arrived in order, and the last whose message has been taken. */
  #received = 0;
  #taken = 0;
  /** The last number that the peer was told of, and when. */
  #acknowledged = 0;
  #acknowledgedAt = 0;
  #bytesToAcknowledge = 0;
  #askedAgain = false;
  #arrivals: Arrived[] = [];
  /** The number of the message that its receiver has not taken yet. */
  #delivering: number | undefined;

  #probeDelay = FIRST_PROBE;
  #probeDue = 0;
  #cancelProbe: (() => void) | undefined;
  #cancelAcknowledgement: (() => void) | undefined;
  #acknowledgementDue = Infinity;

  constructor(options: ReliableOptions) {
    this.#options = options;
    this.#assembler = new Assembler(options.maxMessage, options.tooLarge);
  }

  send(message: Message): Promise<void> | void {
    if (this.#closed) return;
    for (const part of splitMessage(message, this.#options.maximumPart())) {
      this.#queue.push({ ...part, message }, part.payload.length);
    }
    this.#pump();
    return this.#queue.room();
  }

  receive(frame: Frame): void {
    if (this.#closed) return;
    const known = Math.max(frame.resume ?? 0, frame.acknowledge ?? 0);
    if (this.#queue.acknowledge(known)) this.#expectProgress(FIRST_PROBE);
    if (frame.resume !== undefined) this.#sendAgain(frame.resume);
    if (frame.sequence !== undefined) this.#arrived(frame, frame.sequence);
    if (frame.sent !== undefined) this.#compare(frame.sent);
    this.#pump();
  }

  pause(): void {
    this.#online = false;
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
  }

  resume(): void {
    if (this.#closed) return;
    this.#online = true;
    if (this.#received > 0 || this.#queue.highest > 0) {
      this.#control({ resume: this.#received, sent: this.#queue.highest });
    }
    if (this.#queue.awaitsAcknowledgement) this.#expectProgress(FIRST_PROBE);
    this.#pump();
  }

  get seen(): number {
    const [waiting] = this.#arrivals;
    return waiting === undefined ? this.#received : waiting.sequence - 1;
  }

  unseen(last: number): readonly Message[] {
    const messages = new Set(this.#queue.after(last).map(({ message }) => message));
    return [...messages].filter(({ kind }) => kind === "request");
  }

  close(): void {
    this.#closed = true;
    this.#cancelProbe?.();
    this.#cancelAcknowledgement?.();
    this.#arrivals = [];
    this.#queue.release();
  }

  #pump(): void {
    while (this.#online && !this.#closed) {
      const entry = this.#queue.take();
      if (entry === undefined) break;
      const { item: { message, payload, more, subject }, sequence } = entry;
      if (this.#cancelProbe === undefined) this.#expectProgress(FIRST_PROBE);
      this.#acknowledging();
      void this.#options.transmit({
        payload,
        sequence,
        acknowledge: this.#taken,
        ...(more ? { more } : {}),
        ...(subject === undefined ? {} : { subject }),
      }, message);
    }
  }

  #control(members: Omit<Frame, "payload" | "sequence">): void {
    if (!this.#online || this.#closed) return;
    this.#acknowledging();
    void this.#options.transmit({ payload: NOTHING, acknowledge: this.#taken, ...members });
  }

  // --- what arrives

  #arrived(frame: Frame, sequence: number): void {
    if (sequence <= this.#received) return this.#options.duplicate?.();
    if (sequence > this.#received + 1) return this.#ask();
    if (this.#arrivals.length >= WINDOW_ITEMS) return; // more than we let the peer send: it has to send it again
    this.#received = sequence;
    this.#askedAgain = false;
    const size = frame.payload.length;
    const assembled = this.#assembler.add(frame);
    if (assembled === undefined) return this.#took(size);
    const { message, correlation } = assembled;
    this.#options.arrived(message, correlation);
    if (this.#delivering !== undefined) this.#arrivals.push({ message, sequence, size });
    else this.#deliver({ message, sequence, size });
  }

  #deliver({ message, sequence, size }: Arrived): void {
    const wait = this.#options.deliver(message);
    if (wait === undefined) return this.#took(size);
    this.#delivering = sequence;
    void wait.then(() => {
      this.#delivering = undefined;
      this.#took(size);
      while (this.#delivering === undefined) {
        const next = this.#arrivals.shift();
        if (next === undefined) break;
        this.#deliver(next);
      }
    });
  }

  /** Everything counts as taken up to the message that its receiver still hesitates to take. */
  #took(size: number): void {
    if (this.#closed) return; // by the receiver of the message, perhaps
    const waiting = this.#delivering ?? this.#arrivals[0]?.sequence;
    this.#taken = waiting === undefined ? this.#received : waiting - 1;
    this.#bytesToAcknowledge += size;
    if (this.#taken > this.#acknowledged) {
      this.#scheduleAcknowledgement(this.#muchToAcknowledge ? ACKNOWLEDGE_SOON : ACKNOWLEDGE_AFTER);
    }
  }

  /** Asks for what is missing, once; if that is lost, the peer's next question shows it. */
  #ask(): void {
    if (this.#askedAgain) return;
    this.#askedAgain = true;
    this.#control({ resume: this.#received });
  }

  /** The peer says how much it has sent: it wants to know how much of that is here. */
  #compare(sent: number): void {
    if (sent > this.#received) {
      this.#askedAgain = false;
      this.#ask();
    } else {
      this.#control({});
    }
  }

  // --- acknowledging

  get #muchToAcknowledge(): boolean {
    return this.#taken - this.#acknowledged >= ACKNOWLEDGE_ITEMS || this.#bytesToAcknowledge >= ACKNOWLEDGE_BYTES;
  }

  #acknowledging(): void {
    this.#acknowledged = this.#taken;
    this.#acknowledgedAt = this.#options.clock.now();
    this.#bytesToAcknowledge = 0;
  }

  /** The timer is left running when a message takes the acknowledgement along: it is cheaper to let it find nothing. */
  #scheduleAcknowledgement(delay: number): void {
    const due = this.#options.clock.now() + delay;
    if (due >= this.#acknowledgementDue) return;
    this.#cancelAcknowledgement?.();
    this.#acknowledgementDue = due;
    this.#cancelAcknowledgement = this.#options.clock.after(delay, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#acknowledgementDue = Infinity;
    if (this.#closed || this.#taken <= this.#acknowledged) return;
    const left = this.#acknowledgedAt + ACKNOWLEDGE_AFTER - this.#options.clock.now();
    if (left > 0 && !this.#muchToAcknowledge) this.#scheduleAcknowledgement(left);
    else this.#control({});
  }

  // --- being acknowledged

  #sendAgain(after: number): void {
    const count = this.#queue.rewind(after);
    if (count > 0) this.#options.retransmitted?.(count);
  }

  /** Asks the peer in `delay` ms what it has, unless it says so before. */
  #expectProgress(delay: number): void {
    this.#probeDelay = delay;
    this.#probeDue = this.#options.clock.now() + delay;
    this.#cancelProbe ??= this.#options.clock.after(delay, () => this.#probe());
  }

  #probe(): void {
    this.#cancelProbe = undefined;
    if (this.#closed || !this.#queue.awaitsAcknowledgement) return;
    const left = this.#probeDue - this.#options.clock.now();
    if (left > 0) {
      this.#cancelProbe = this.#options.clock.after(left, () => this.#probe());
      return;
    }
    this.#control({ sent: this.#queue.highest });
    this.#expectProgress(Math.min(this.#probeDelay * 2, LONGEST_PROBE));
  }
}
