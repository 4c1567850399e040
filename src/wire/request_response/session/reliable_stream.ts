/**
 * The session layer: nothing lost, nothing twice, nothing out of order.
 *
 * MQTT alone is not enough. QoS 1 delivers twice. QoS 0 loses messages. A broker that restarts, or whose queue is full,
 * loses what it has acknowledged. So each direction of a session numbers its messages. The receiver acknowledges what
 * its program has taken, drops duplicates, and asks for what is missing. The sender keeps what is not acknowledged.
 *
 * This is the state machine alone: it knows neither MQTT nor sessions, nor how messages become frames.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import type { Failure } from "../../../core/failure.ts";
import type { Message } from "../../../core/message.ts";
import { DelayedAcknowledgement } from "./delayed_acknowledgement.ts";
import type { Arrival, Incoming, Outgoing } from "./format.ts";
import { type Frame, NOTHING, type Stream, type StreamOptions, type Writable } from "./frame.ts";
import { behind, isAfter, type Position, START } from "./position.ts";
import { ProbeTimer } from "./probe_timer.ts";
import { MESSAGE_COST, ReceiveBuffer } from "./receive_buffer.ts";
import { Retransmission, type RetransmissionOptions } from "./retransmission.ts";

/** What a {@linkcode ReliableStream} is made of. */
export interface ReliableOptions extends StreamOptions, RetransmissionOptions {
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  /** How many packets the peer may send without an acknowledgement; `undefined` when it is not to be told. */
  readonly window: () => number | undefined;
  /** Told of each packet that had arrived before. */
  readonly duplicate?: () => void;
  readonly clock: Clock;
}

/** One end of a session. */
export class ReliableStream implements Stream {
  readonly #options: ReliableOptions;
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #retransmission: Retransmission;
  readonly #acknowledgement: DelayedAcknowledgement;
  readonly #buffer: ReceiveBuffer;
  readonly #probe: ProbeTimer;
  #online = true;
  #closed = false;
  /** Whether a flush at the end of this turn is scheduled. */
  #leaving = false;
  /** Whether the peer has been asked for the missing messages. */
  #askedAgain = false;

  /** Resolved when the peer has taken everything, if somebody waits for that. */
  #delivered: PromiseWithResolvers<void> | undefined;
  #askedFor = START;

  constructor(options: ReliableOptions) {
    const { outgoing, incoming, window, clock } = options;
    this.#options = options;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#retransmission = new Retransmission(options);
    this.#acknowledgement = new DelayedAcknowledgement({ window, send: () => this.#control({}), clock });
    this.#buffer = new ReceiveBuffer(options, () => this.#took());
    this.#probe = new ProbeTimer({
      needed: () => !this.#closed && outgoing.awaitsAcknowledgement,
      ask: () => this.#control({ sent: outgoing.highest }),
      clock,
    });
    if (outgoing.awaitsAcknowledgement) this.#probe.start();
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
    // Messages that have arrived but are not taken may be lost with the peer. They are kept, to be sent elsewhere.
    if (acknowledge !== undefined && this.#outgoing.acknowledge(acknowledge)) {
      this.#retransmission.arrived(acknowledge);
      this.#probe.restart();
      if (this.#outgoing.empty) this.#delivered?.resolve();
    }
    if (resume !== undefined) this.#sendAgain(resume);
    if (sequence !== undefined) this.#arrived(frame, sequence);
    if (sent !== undefined) this.#compare(sent);
    if (!this.#leaving) this.#pump();
  }

  refused(frame: Frame, failure: Failure): boolean {
    const { sequence } = frame;
    if (this.#closed || sequence === undefined) return true;
    if (failure.reason === "not-authorized") return false;
    if (this.#retransmission.refused({ frame, sequence }, failure)) this.#pump();
    return true;
  }

  pause(): void {
    if (this.#online) this.#retransmission.disconnected();
    this.#online = false;
    this.#probe.stop();
  }

  resume(): void {
    if (this.#closed) return;
    this.#online = true;
    const [received, sent] = [this.#incoming.received, this.#outgoing.highest];
    if (isAfter(received, START) || isAfter(sent, START)) this.#control({ resume: received, sent });
    if (this.#outgoing.awaitsAcknowledgement) this.#probe.restart();
    this.#pump();
  }

  get seen(): number {
    const waiting = this.#buffer.firstWaiting;
    return waiting === undefined ? this.#incoming.received.number : waiting - 1;
  }

  unseen(last: number): readonly Message[] {
    return this.#outgoing.after(last);
  }

  close(): void {
    this.#closed = true;
    this.#delivered?.resolve();
    this.#probe.stop();
    this.#acknowledgement.close();
    this.#buffer.clear();
    this.#outgoing.release();
  }

  // --- what goes out

  #pump(): void {
    while (this.#online && !this.#closed) {
      const next = this.#outgoing.next();
      if (next === undefined) break;
      this.#probe.start();
      const { frame, message } = next;
      this.#acknowledgement.addTo(frame);
      const wait = this.#options.transmit(frame, message, this.#retransmission.sent(frame));
      if (wait !== undefined) this.#retransmission.sentSlowly(wait);
    }
    if (this.#delivered !== undefined) this.#askFor(this.#outgoing.highest);
  }

  /** Sends a frame without a message. */
  #control(members: Pick<Frame, "resume" | "sent">): void {
    if (!this.#online || this.#closed) return;
    this.#acknowledgement.repeatWindow();
    const frame: Writable<Frame> = { payload: NOTHING, ...members };
    this.#acknowledgement.addTo(frame);
    void this.#options.transmit(frame, undefined, members.sent !== undefined);
  }

  /** Asks the peer to acknowledge at once, if more has gone out since it was last asked. */
  #askFor(highest: Position): void {
    if (!isAfter(highest, this.#askedFor)) return;
    this.#askedFor = highest;
    this.#control({ sent: highest });
  }

  #sendAgain(after: Position): void {
    if (!this.#retransmission.repeat(after) || this.#closed) return;
    this.#probe.restart();
  }

  // --- what arrives

  #arrived(frame: Frame, sequence: number): void {
    if (this.#buffer.full) return; // beyond the window: the peer has to send it again
    const outcome = this.#incoming.take(frame, sequence, (arrival) => this.#queue(arrival));
    if (outcome === "known") this.#options.duplicate?.();
    if (outcome === "gap") this.#ask();
    if (outcome !== "taken") return;
    this.#askedAgain = false;
    this.#acknowledgement.countPacket(frame.payload.length);
    this.#took();
  }

  #queue(arrival: Arrival): void {
    const { message, correlation, end } = arrival;
    this.#acknowledgement.countBytes(MESSAGE_COST);
    if (message !== undefined) this.#options.arrived(message, correlation);
    else if (end !== true) return;
    this.#buffer.add(arrival);
  }

  /** Everything in front of the first message that its receiver has not taken counts as taken. */
  #took(): void {
    if (this.#closed) return; // the receiver of the message may have closed the session
    const untaken = this.#buffer.firstUntaken;
    this.#acknowledgement.take(untaken === undefined ? this.#incoming.received : behind(untaken - 1));
  }

  /** Asks for what is missing, once. If that is lost, the peer's next `sent` shows that something is missing. */
  #ask(): void {
    if (this.#askedAgain) return;
    this.#askedAgain = true;
    this.#control({ resume: this.#incoming.received });
  }

  /** The peer says how much it has sent, and asks how much of it has arrived. */
  #compare(sent: Position): void {
    if (isAfter(sent, this.#incoming.received)) {
      this.#askedAgain = false;
      this.#ask();
    } else {
      this.#control({});
    }
  }
}
