/**
 * Reading what the broker has retained.
 *
 * MQTT has no end mark for the retained messages that follow a SUBSCRIBE. A broker sends them as soon as it has
 * acknowledged the subscription, so there are no more when it has answered a later packet and was silent meanwhile.
 * Not every broker works on one packet after another; therefore the silence has to last a little. And some send what
 * many topics have in batches, with pauses. Such a broker shows it: more comes when all seemed to be there.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import { orAborted, orLate, sleep } from "../../core/waiting.ts";
import type { MqttLink } from "../../mqtt/mod.ts";
import type { BufferLimits, TooLarge } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";
import { RetainedValues } from "./retained_values.ts";
import type { Listener, Subscriptions } from "./subscriptions.ts";

/** How long the broker has to be silent, in ms; at least. */
const SILENCE = 50;

/** And what part of the time it took to send what has come: a broker that is slow may be slow to go on, too. */
const SHARE_OF_TIME = 0.25;

/** How long a broker may pause between two batches, in ms. */
const LONGEST_PAUSE = 2_000;

/** What was found. */
export interface Retained {
  readonly messages: readonly Received[];
  /** How many topics had no room, in the order of names behind those of `messages`. */
  readonly left: number;
  /** Messages that no buffer can hold. */
  readonly tooLarge: readonly TooLarge[];
  /** Whether the broker was silent in time, so that there is no more. */
  readonly complete: boolean;
}

/** What reading takes. */
export interface ReaderOptions {
  readonly link: MqttLink;
  readonly clock: Clock;
  readonly subscriptions: Subscriptions;
  readonly limits: BufferLimits;
}

/** Reads what one broker has retained. */
export class RetainedReader {
  readonly #options: ReaderOptions;
  /** Whether this broker has paused between batches. */
  #pauses = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * The retained messages of all topics that `filter` matches. The link has to be online.
   *
   * @param limit how long to wait at most, in ms
   * @param after only topics behind this one are wanted, in the order of names; by default all are, as they come
   * @throws {Failure} when the broker does not grant the subscription, or the connection is lost
   */
  async read(filter: string, limit: number, signal: AbortSignal, after?: string): Promise<Retained> {
    const { link, clock, subscriptions, limits } = this.#options;
    const several = /[+#]/.test(filter); // a topic has one value at most
    using values = new RetainedValues(limits, after);
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {}); // nobody may be waiting
    const found = Promise.withResolvers<void>();
    let arrivals = 0;
    let lastArrival = 0;
    let requests = 0;
    // gmqtt 0.5 does not say of what was retained that it was; and nothing else is likely to come before its next answer.
    let unmarked: Received[] | undefined = [];
    const over = new AbortController();
    const take = (message: Received) => {
      arrivals++;
      lastArrival = clock.now();
      values.add(message);
      if (!several) found.resolve();
    };
    const listener: Listener = {
      live: (message) => void unmarked?.push(message),
      retained: (message) => {
        unmarked = undefined;
        if (!over.signal.aborted) take(message);
        // Unless it has come again because somebody else has subscribed.
        else if (requests === subscriptions.requests) this.#pauses = true;
      },
      refused: failed.reject,
    };
    const silence = async () => {
      const stop = AbortSignal.any([signal, over.signal]);
      const begin = lastArrival;
      const atLeast = several && this.#pauses ? LONGEST_PAUSE : SILENCE;
      let silent = 0;
      let lastLook = begin;
      for (let known = -1;; known = arrivals) {
        await orAborted(link.roundTrip(), stop);
        for (const message of unmarked ?? []) take({ ...message, retain: true });
        unmarked = undefined;
        const now = clock.now();
        // A process that stands still hears nothing either: however long that takes, it counts as one look.
        silent = arrivals === known ? silent + Math.min(now - lastLook, SILENCE) : 0;
        lastLook = now;
        if (silent >= Math.max(atLeast, (lastArrival - begin) * SHARE_OF_TIME)) return;
        await sleep(SILENCE, stop, clock);
      }
    };
    let complete = false;
    try {
      await subscriptions.open(filter, 0, listener, true, signal);
      requests = subscriptions.requests;
      lastArrival = clock.now();
      const end = Promise.race([found.promise, failed.promise, silence()]).then(() => complete = true);
      await orLate(end, limit, () => {}, { signal, clock });
      const { messages, left, tooLarge } = values;
      return { messages, left, tooLarge, complete };
    } finally {
      over.abort();
      if (complete && several && !this.#pauses) this.#listenOn(filter, listener);
      else void subscriptions.close(filter, listener);
    }
  }

  /** Goes on listening for as long as a pause may last, to learn whether this was all. */
  #listenOn(filter: string, listener: Listener): void {
    const { link, clock, subscriptions } = this.#options;
    const ended = new AbortController();
    const end = () => {
      ended.abort();
      cancel();
      void subscriptions.close(filter, listener);
    };
    const cancel = clock.after(LONGEST_PAUSE, end);
    link.watch(({ status }) => {
      if (status !== "online") end();
    }, ended.signal);
  }
}
