/**
 * Connections over TCP and TLS: a {@linkcode ClientProtocol} with its socket and its clock.
 *
 * @module
 */
import { systemClock } from "../../core/clock.ts";
import { orLate, waitAtMost } from "../../core/waiting.ts";
import { Backpressure } from "../../core/backpressure.ts";
import type { PublishPacket } from "../link.ts";
import {
  type Connect,
  type ConnectAnswer,
  ConnectError,
  type ConnectionEnd,
  type ConnectRequest,
  type MqttConnection,
  type SubscriptionRequest,
} from "./connection.ts";
import { Nudge } from "./nudge.ts";
import { ClientProtocol } from "./protocol.ts";
import { networkErrorText, type Socket } from "./socket.ts";
import { openInTime } from "./transport.ts";
import { isReset, unanswered } from "./unanswered.ts";

/** How long opening the connection may take, TLS included, and after that the CONNACK, in ms. */
const CONNECT_TIMEOUT = 10_000;

/** How long the broker may take to close its side after DISCONNECT, in ms. */
const END_TIMEOUT = 1_000;

/** How long to wait for the broker's last packets after writing has failed, in ms. */
const LAST_WORDS = 200;

/** If more bytes than this wait to be written, a message of QoS 0 counts as sent only when there are fewer again. */
const HIGH_WATER_MARK = 1024 * 1024;

/** Opens a connection over TCP or TLS. */
export const connectStream: Connect = async (request, signal) => {
  signal.throwIfAborted();
  const socket = await openInTime(request.broker, signal);
  const connection = new StreamConnection(request, socket);
  const giveUp = () => connection.destroy();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const late = () => {
      throw new ConnectError(unanswered(request.broker.url, "silent"), undefined, false);
    };
    await orLate(connection.opened, CONNECT_TIMEOUT, late, { signal });
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
};

class StreamConnection implements MqttConnection {
  readonly early: readonly Promise<readonly number[]>[];
  readonly closed: Promise<ConnectionEnd>;
  /** Resolves when the broker has accepted the connection; rejects with a {@linkcode ConnectError} when it does not. */
  readonly opened: Promise<void>;
  readonly #request: ConnectRequest;
  readonly #protocol: ClientProtocol;
  readonly #socket: Socket;
  readonly #opened: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #end: PromiseWithResolvers<ConnectionEnd> = Promise.withResolvers();
  readonly #reading: Promise<void>;
  readonly #unwritten = new Backpressure(HIGH_WATER_MARK);
  #answer: ConnectAnswer | undefined;
  #flushing: Promise<void> | undefined;
  /** Whether no more packets are accepted for sending. */
  #ending = false;
  #closed = false;
  /** How the protocol has ended. This stays the cause, even if the socket is closed earlier. */
  #finishing: ConnectionEnd | undefined;
  #lastSent = 0;
  #lastReceived = 0;
  #stopKeepAlive: (() => void) | undefined;
  #nudgedAt: number | undefined;
  readonly #nudge: Nudge | undefined;

  constructor(request: ConnectRequest, socket: Socket) {
    this.#request = request;
    this.#socket = socket;
    const { nudgeTopic } = request;
    if (nudgeTopic !== undefined) this.#nudge = new Nudge(() => this.#sendNudge(nudgeTopic));
    this.#protocol = new ClientProtocol(request, {
      wrote: () => this.#flushing ??= this.#flush(),
      answered: (answer) => this.#answered(answer),
      ended: (end) => void this.#finish(end),
    });
    this.opened = this.#opened.promise;
    this.closed = this.#end.promise;
    this.opened.catch(() => {}); // those who await it get the error
    this.#protocol.connect();
    this.early = (request.early ?? []).map((requests) => this.subscribe(requests));
    for (const grants of this.early) grants.catch(() => {});
    this.#reading = this.#read();
  }

  get nudgedAt(): number | undefined {
    return this.#nudgedAt;
  }

  get hasRoom(): boolean {
    return this.#protocol.output.waiting < HIGH_WATER_MARK;
  }

  get answer(): ConnectAnswer {
    if (this.#answer === undefined) throw new Error("The broker has not answered yet");
    return this.#answer;
  }

  publish(packet: PublishPacket, acknowledged: (reasonCode: number) => void): void {
    if (this.#ending) return;
    if (packet.qos > 0) {
      return this.#protocol.publish(packet, (code) => {
        this.expectMore(); // such as the answer to the message
        acknowledged(code);
      });
    }
    this.#protocol.publish(packet, () => {});
    const room = this.#room();
    if (room === undefined) acknowledged(0);
    else void room.then(() => this.#closed || acknowledged(0));
  }

  async subscribe(requests: readonly SubscriptionRequest[]): Promise<readonly number[]> {
    const codes = await this.#protocol.subscribe(requests);
    // Retained messages follow. A broker with Nagle's algorithm holds them back until we send something.
    if (this.#request.nudgeTopic === undefined) this.#protocol.ping();
    return codes;
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#protocol.unsubscribe(filter);
  }

  expectMore(): void {
    this.#nudge?.expectMore();
  }

  async end(): Promise<void> {
    this.#ending = true;
    this.#protocol.disconnect();
    await waitAtMost(this.closed, END_TIMEOUT);
    this.destroy();
    await this.closed;
  }

  destroy(): void {
    this.#close(this.#finishing ?? DROPPED);
  }

  /** The protocol has ended. The waiting bytes are written, and the broker gets some time to close its side. */
  async #finish(end: ConnectionEnd): Promise<void> {
    this.#ending = true;
    this.#finishing = end;
    await this.#flushing;
    // If the socket were closed with unread data, the system would send a TCP reset, and the broker might lose our
    // DISCONNECT.
    await this.#socket.endWriting().catch(() => {});
    if (end.reasonCode === undefined) await waitAtMost(this.#reading, END_TIMEOUT);
    this.#close(end);
  }

  #close(end: ConnectionEnd): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ending = true;
    this.#stopKeepAlive?.();
    this.#nudge?.stop();
    this.#socket.close();
    this.#protocol.lost();
    this.#unwritten.reset();
    const silent = this.#protocol.silent && end === NO_WORD;
    const cause = silent ? unanswered(this.#request.broker.url, "closed") : end.cause;
    this.#opened.reject(new ConnectError(cause, end.reasonCode, silent));
    this.#end.resolve(end);
  }

  #answered(answer: ConnectAnswer): void {
    this.#answer = answer;
    const keepAlive = (answer.serverKeepAlive ?? this.#request.broker.keepAlive) * 1000;
    if (keepAlive > 0) this.#keepAlive(keepAlive);
    this.#opened.resolve();
  }

  async #read(): Promise<void> {
    try {
      while (!this.#closed) {
        const chunk = await this.#socket.read();
        if (chunk === undefined) break;
        this.#lastReceived = Infinity; // while we do not read, the broker cannot be called silent
        if (this.#answer !== undefined) this.#nudge?.received(performance.now());
        const wait = this.#protocol.receive(chunk);
        if (wait !== undefined) await wait;
        this.#lastReceived = performance.now();
      }
      // After DISCONNECT, the cause of the end is known already.
      if (!this.#ending) this.#close(NO_WORD);
    } catch (error) {
      this.#close(this.#endBy(error));
    }
  }

  /** A reset before any packet means the same as a close: the broker has closed with unread data. */
  #endBy(error: unknown): ConnectionEnd {
    if (this.#protocol.silent && isReset(error)) return NO_WORD;
    return { reasonCode: undefined, cause: textOf(error) };
  }

  /** Writes the waiting packets, all of one turn at once. */
  async #flush(): Promise<void> {
    await undefined; // other packets of this turn are written together
    const { output } = this.#protocol;
    try {
      while (output.waiting > 0 && !this.#closed) {
        this.#nudge?.sent();
        this.#lastSent = performance.now();
        for (const chunk of output.take()) await this.#socket.write(chunk);
        output.written();
        this.#unwritten.reset();
      }
    } catch (error) {
      // The broker may have sent the cause before it closed, such as a TLS alert. That says more than a failed write.
      await waitAtMost(this.#reading, LAST_WORDS);
      this.#close(this.#endBy(error));
    } finally {
      this.#flushing = undefined;
    }
  }

  #room(): Promise<void> | void {
    this.#unwritten.add(this.#protocol.output.waiting - this.#unwritten.level);
    return this.#unwritten.room();
  }

  /** Checks twice in each Keep Alive interval, of `interval` ms, that neither end is silent for too long. */
  #keepAlive(interval: number): void {
    const half = interval / 2;
    this.#stopKeepAlive = systemClock.after(half, () => {
      const now = performance.now();
      if (now - this.#lastReceived >= 1.5 * interval) {
        return this.#close({
          reasonCode: undefined,
          cause: `the broker has been silent for ${1.5 * interval / 1000} s, which Keep Alive does not allow`,
        });
      }
      if (now - this.#lastSent >= half || now - this.#lastReceived >= half) this.#protocol.ping();
      this.#keepAlive(interval);
    });
  }

  /** A message of QoS 0 without subscribers is the only packet that a broker neither answers nor forwards. */
  #sendNudge(topic: string): void {
    if (this.#ending) return;
    this.#nudgedAt ??= performance.now();
    const { nudgeProperties } = this.#request.plan;
    const properties = nudgeProperties === undefined ? {} : { common: nudgeProperties };
    this.#protocol.publish({ topic, payload: NOTHING, qos: 0, ...properties }, () => {});
  }
}

const NOTHING = new Uint8Array();

/** The connection was closed because it is not needed any more. */
const DROPPED: ConnectionEnd = { reasonCode: undefined, cause: "the connection was dropped" };

/** The broker has closed the connection without a word. */
const NO_WORD: ConnectionEnd = { reasonCode: undefined, cause: "the broker closed the connection" };

function textOf(error: unknown): string {
  return error instanceof Error ? networkErrorText(error) : String(error);
}
