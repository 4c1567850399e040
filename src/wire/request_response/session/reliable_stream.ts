/**
 * The session layer: nothing lost, nothing twice, nothing out of order.
 *
 * QoS 1 duplicates, QoS 0 loses, and a broker that restarts or runs out of queue loses what it had acknowledged. So
 * each direction of a session numbers its messages. The receiver acknowledges what has been taken from it, drops what
 * it has seen, and asks again when it misses something. The sender keeps what is not acknowledged.
 *
 * This is the state machine alone: it knows neither MQTT nor sessions, nor how messages become frames.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import { Failure } from "../../../core/failure.ts";
import type { Message } from "../../../core/message.ts";
import type { Arrival, Incoming, Outgoing } from "./format.ts";
import { type Frame, NOTHING, type Stream, type StreamEnds, type Writable } from "./frame.ts";
import { type LossVerdict, LossWatch, MOST_LOSSES } from "./loss_watch.ts";
import type { PathLimit } from "./path_limit.ts";
import { behind, isAfter, type Position, START } from "./position.ts";

/** What a {@linkcode ReliableStream} is made of. */
export interface ReliableOptions extends StreamEnds {
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  /** How many packets the peer may send without an acknowledgement; `undefined` when it is not to be told. */
  readonly window: () => number | undefined;
  /** What is known of the size of packets that get through. */
  readonly limit: PathLimit;
  /** Told of a message that will never arrive. What it returns goes out as its number. */
  readonly undeliverable: (message: Message, failure: Failure) => Message | undefined;
  /** Called when a number will never arrive, and nothing can stand for it. */
  readonly failed: (failure: Failure) => void;
  /** Told how many packets are sent again. */
  readonly retransmitted?: (count: number) => void;
  /** Told of each packet that had arrived before. */
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
/** when there are this many packets to acknowledge, or a quarter of the window, */
const ACKNOWLEDGE_PACKETS = 64;
/** or this many bytes, to which every message adds some: the peer may not send much more. */
const ACKNOWLEDGE_BYTES = 1024 * 1024;
const SMALLEST_COST = 1024;

/** No more than this may wait for its receiver, in bytes; a peer of ours does not send so much unacknowledged. */
const MOST_WAITING = 8 * 1024 * 1024;

/** A peer that has acknowledged nothing for this long, in ms, is asked what it has; and then ever less often. */
const FIRST_PROBE = 1_000;
const LONGEST_PROBE = 10_000;

/** One end of a session. */
export class ReliableStream implements Stream {
  readonly #options: ReliableOptions;
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #losses: LossWatch;
  /** What the broker has said of a packet that does not arrive. */
  #refusal: Failure | undefined;
  /** The largest payload since messages were cut smaller. */
  #cut = Infinity;
  #online = true;
  #closed = false;
  /** Whether everything that this turn sends leaves at its end. */
  #leaving = false;

  #arrivals: Arrival[] = [];
  #waitingBytes = 0;
  /** The number of the message that its receiver has not taken yet. */
  #delivering: number | undefined;

  /** How far everything has been taken. */
  #taken = START;
  /** What the peer was told of that, and when. */
  #acknowledged = START;
  #acknowledgedAt = 0;
  #packetsToAcknowledge = 0;
  #bytesToAcknowledge = 0;
  #window: number | undefined;
  #askedAgain = false;

  /** Somebody waits for the peer to take everything. */
  #delivered: PromiseWithResolvers<void> | undefined;
  #askedFor = START;

  /** When what the peer misses was sent again, and how many packets the connection has not taken yet. */
  #replayedAt = -Infinity;
  #leavingSlowly = 0;

  #probeDelay = FIRST_PROBE;
  #probeDue = 0;
  #cancelProbe: (() => void) | undefined;
  #cancelAcknowledgement: (() => void) | undefined;
  #acknowledgementDue = Infinity;

  constructor(options: ReliableOptions) {
    this.#options = options;
    this.#outgoing = options.outgoing;
    this.#incoming = options.incoming;
    this.#losses = new LossWatch(options.limit, options.clock);
    if (this.#outgoing.awaitsAcknowledgement) this.#expectProgress(FIRST_PROBE);
  }

  send(message: Message): Promise<void> | void {
    if (this.#closed) return;
    this.#outgoing.push(message);
    if (!this.#leaving) {
      this.#leaving = true;
      queueMicrotask(() => this.flush());
    }
    return this.#outgoing.room();
  }

  end(): boolean {
    if (this.#closed || this.#outgoing.pushEnd === undefined) return false;
    this.#outgoing.pushEnd();
    this.flush();
    return true;
  }

  flush(): void {
    this.#leaving = false;
    this.#pump();
  }

  delivered(): Promise<void> | undefined {
    this.flush();
    if (this.#closed || this.#outgoing.empty) return undefined;
    this.#delivered ??= Promise.withResolvers();
    this.#askFor(this.#outgoing.highest);
    return this.#delivered.promise;
  }

  acknowledge(): void {
    this.#control({});
  }

  receive(frame: Frame): void {
    if (this.#closed) return;
    const { acknowledge, resume, window, sequence, sent } = frame;
    if (window !== undefined) this.#outgoing.grant(window);
    // What has only arrived may still be lost with the peer, and its requests asked again elsewhere: it is kept.
    if (acknowledge !== undefined && this.#outgoing.acknowledge(acknowledge)) {
      this.#losses.arrived(acknowledge);
      this.#refusal = undefined;
      this.#expectProgress(FIRST_PROBE);
      if (this.#outgoing.empty) this.#delivered?.resolve();
    }
    if (resume !== undefined) this.#sendAgain(resume);
    if (sequence !== undefined) this.#arrived(frame, sequence);
    if (sent !== undefined) this.#compare(sent);
    if (!this.#leaving) this.#pump();
  }

  refused(frame: Frame, failure: Failure): boolean {
    const { sequence, payload } = frame;
    if (this.#closed || sequence === undefined) return true;
    if (failure.reason === "not-authorized") return false;
    this.#refusal = failure;
    if (failure.reason !== "too-large") return true; // the peer misses it, so it is sent again
    if (payload.length > this.#cut) return true; // all that went out with it has been cut since
    const from = begin(frame, sequence);
    if (this.#outgoing.rewind(from) === 0) return true;
    this.#obey(this.#losses.refused(from, frame), sequence);
    this.#pump();
    return true;
  }

  pause(): void {
    const { oldest } = this.#outgoing;
    if (this.#online && oldest !== undefined) this.#losses.closed(oldest.after, oldest.bytes);
    this.#online = false;
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
  }

  resume(): void {
    if (this.#closed) return;
    this.#online = true;
    const [received, sent] = [this.#incoming.received, this.#outgoing.highest];
    if (isAfter(received, START) || isAfter(sent, START)) this.#control({ resume: received, sent });
    if (this.#outgoing.awaitsAcknowledgement) this.#expectProgress(FIRST_PROBE);
    this.#pump();
  }

  get seen(): number {
    const [waiting] = this.#arrivals;
    return waiting === undefined ? this.#incoming.received.number : waiting.number - 1;
  }

  unseen(last: number): readonly Message[] {
    return this.#outgoing.after(last);
  }

  close(): void {
    this.#closed = true;
    this.#delivered?.resolve();
    this.#cancelProbe?.();
    this.#cancelAcknowledgement?.();
    this.#arrivals = [];
    this.#outgoing.release();
  }

  #pump(): void {
    while (this.#online && !this.#closed) {
      const next = this.#outgoing.next();
      if (next === undefined) break;
      if (this.#cancelProbe === undefined) this.#expectProgress(FIRST_PROBE);
      const { frame, message } = next;
      frame.acknowledge = this.#taken;
      this.#addNews(frame);
      const wait = this.#options.transmit(frame, message, this.#losses.sent(frame, frame.sequence));
      if (wait === undefined) continue;
      this.#leavingSlowly++;
      void wait.then(() => this.#leavingSlowly--);
    }
    if (this.#delivered !== undefined) this.#askFor(this.#outgoing.highest);
  }

  /** Whoever waits for the peer to take everything has it say so at once, whenever more has gone out. */
  #askFor(highest: Position): void {
    if (!isAfter(highest, this.#askedFor)) return;
    this.#askedFor = highest;
    this.#control({ sent: highest });
  }

  #control(members: Pick<Frame, "resume" | "sent">): void {
    if (!this.#online || this.#closed) return;
    this.#window = undefined; // told again: what was told before may be lost
    const frame: Writable<Frame> = { payload: NOTHING, acknowledge: this.#taken, ...members };
    this.#addNews(frame);
    void this.#options.transmit(frame, undefined, members.sent !== undefined);
  }

  // --- what arrives

  #arrived(frame: Frame, sequence: number): void {
    if (this.#waitingBytes > MOST_WAITING) return; // more than we let the peer send: it has to send it again
    const outcome = this.#incoming.take(frame, sequence, (arrival) => this.#queue(arrival));
    if (outcome === "known") this.#options.duplicate?.();
    if (outcome === "gap") this.#ask();
    if (outcome !== "taken") return;
    this.#askedAgain = false;
    this.#packetsToAcknowledge++;
    this.#bytesToAcknowledge += frame.payload.length;
    this.#took();
  }

  #queue(arrival: Arrival): void {
    const { message, correlation, end } = arrival;
    this.#bytesToAcknowledge += SMALLEST_COST;
    if (message !== undefined) this.#options.arrived(message, correlation);
    else if (end !== true) return;
    if (this.#delivering === undefined) return this.#handOn(arrival);
    message?.keep();
    this.#arrivals.push(arrival);
    this.#waitingBytes += Math.max(arrival.cost, SMALLEST_COST);
  }

  #handOn({ message, number }: Arrival): void {
    if (message === undefined) this.#options.ended();
    else this.#deliver(message, number);
  }

  #deliver(message: Message, number: number): void {
    const wait = this.#options.deliver(message);
    if (wait === undefined) return;
    this.#delivering = number;
    void wait.then(() => {
      this.#delivering = undefined;
      while (this.#delivering === undefined) {
        const next = this.#arrivals.shift();
        if (next === undefined) break;
        this.#waitingBytes -= Math.max(next.cost, SMALLEST_COST);
        this.#handOn(next);
      }
      this.#took();
    });
  }

  /** Everything counts as taken up to the message that its receiver still hesitates to take. */
  #took(): void {
    if (this.#closed) return; // by the receiver of the message, perhaps
    const waiting = this.#delivering ?? this.#arrivals[0]?.number;
    this.#taken = waiting === undefined ? this.#incoming.received : behind(waiting - 1);
    if (isAfter(this.#taken, this.#acknowledged)) {
      this.#scheduleAcknowledgement(this.#muchToAcknowledge ? ACKNOWLEDGE_SOON : ACKNOWLEDGE_AFTER);
    }
  }

  /** Asks for what is missing, once; if that is lost, the peer's next question shows it. */
  #ask(): void {
    if (this.#askedAgain) return;
    this.#askedAgain = true;
    this.#control({ resume: this.#incoming.received });
  }

  /** The peer says how much it has sent: it wants to know how much of that is here. */
  #compare(sent: Position): void {
    if (isAfter(sent, this.#incoming.received)) {
      this.#askedAgain = false;
      this.#ask();
    } else {
      this.#control({});
    }
  }

  // --- acknowledging

  get #muchToAcknowledge(): boolean {
    const packets = Math.min(ACKNOWLEDGE_PACKETS, (this.#options.window() ?? Infinity) / 4);
    return this.#packetsToAcknowledge >= packets || this.#bytesToAcknowledge >= ACKNOWLEDGE_BYTES;
  }

  /** Adds what has to be said to the peer beside the acknowledgement, which goes out now. */
  #addNews(frame: Writable<Frame>): void {
    this.#acknowledged = this.#taken;
    this.#acknowledgedAt = this.#options.clock.now();
    this.#packetsToAcknowledge = 0;
    this.#bytesToAcknowledge = 0;
    const window = this.#options.window();
    if (window === undefined || window === this.#window) return;
    this.#window = window;
    frame.window = window;
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
    if (this.#closed || !isAfter(this.#taken, this.#acknowledged)) return;
    const left = this.#acknowledgedAt + ACKNOWLEDGE_AFTER - this.#options.clock.now();
    if (left > 0 && !this.#muchToAcknowledge) this.#scheduleAcknowledgement(left);
    else this.#control({});
  }

  // --- being acknowledged

  /** A question costs its sender little, and the answer may be megabytes: it is given once in a while, and not twice at a time. */
  #sendAgain(after: Position): void {
    const now = this.#options.clock.now();
    if (this.#leavingSlowly > 0 || now - this.#replayedAt < FIRST_PROBE) return;
    const count = this.#outgoing.rewind(after);
    if (count === 0) return;
    this.#replayedAt = now;
    this.#options.retransmitted?.(count);
    this.#obey(this.#losses.missing(after), after.number + 1);
    if (this.#losses.losses === 0) return;
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
    this.#expectProgress(FIRST_PROBE);
  }

  /** Goes on from message `number`, which has not arrived. */
  #obey(verdict: LossVerdict, number: number): void {
    const { messages, losses } = this.#losses;
    switch (verdict) {
      case "repeat":
        return;
      case "separate":
        return this.#outgoing.separate?.(number, messages);
      case "cut":
        this.#cut = this.#options.limit.maximum;
        // What has gone out in format 1 cannot be cut again; but it may have been bad luck.
        if (this.#outgoing.replace === undefined && losses >= MOST_LOSSES) this.#giveUp(number);
        return;
      case "never":
        return this.#giveUp(number);
    }
  }

  #giveUp(number: number): void {
    const text = `The broker does not deliver a message, though it was sent ${this.#losses.losses} times`;
    const failure = this.#refusal ?? new Failure("publish-refused", text);
    const instead = (message: Message) => this.#options.undeliverable(message, failure);
    if (this.#outgoing.replace?.(number, instead) !== true) this.#options.failed(failure);
  }

  /** Asks the peer in `delay` ms what it has, unless it says so before. */
  #expectProgress(delay: number): void {
    this.#probeDelay = delay;
    this.#probeDue = this.#options.clock.now() + delay;
    this.#cancelProbe ??= this.#options.clock.after(delay, () => this.#probe());
  }

  #probe(): void {
    this.#cancelProbe = undefined;
    if (this.#closed || !this.#outgoing.awaitsAcknowledgement) return;
    const left = this.#probeDue - this.#options.clock.now();
    if (left > 0) {
      this.#cancelProbe = this.#options.clock.after(left, () => this.#probe());
      return;
    }
    this.#control({ sent: this.#outgoing.highest });
    this.#expectProgress(Math.min(this.#probeDelay * 2, LONGEST_PROBE));
  }
}

/** Where the payload of a frame begins. */
function begin({ piece }: Frame, sequence: number): Position {
  return { number: sequence - 1, offset: piece?.offset ?? 0 };
}
