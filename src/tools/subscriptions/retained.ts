/**
 * Reading the broker's retained messages.
 *
 * MQTT has no end mark for the retained messages that follow a SUBSCRIBE. A broker sends them as soon as it has
 * acknowledged the subscription. So all are there when the broker has answered a later packet and was silent meanwhile.
 * A broker may process several packets at a time, so the silence has to last a little. A broker may also send the
 * messages of many topics in batches, with pauses. It is recognized by messages that arrive after the assumed end.
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

/** How long the broker has to be silent at the least, in ms. */
const SILENCE = 50;

/** The silence also lasts this share of the time that the messages took: a slow broker may be slow to go on. */
const SHARE_OF_TIME = 0.25;

/** How long a broker may pause between two batches, in ms. */
const LONGEST_PAUSE = 2_000;

/** The result of a read. */
export interface Retained {
  readonly messages: readonly Received[];
  /** How many topics did not fit. In the order of names, they come after those of `messages`. */
  readonly left: number;
  /** Messages that no buffer can hold. */
  readonly tooLarge: readonly TooLarge[];
  /** Whether the broker fell silent in time, so that there are no more messages. */
  readonly complete: boolean;
}

/** The options of {@linkcode RetainedReader}. */
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
   * @param after only topics after this one in the order of names; by default all, in the order of arrival
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
    // gmqtt 0.5 does not set the RETAIN flag of retained messages. Messages before its next answer are taken as
    // retained, since hardly any others arrive so soon.
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
        // A late message means pauses, unless the broker has sent it again because of another subscription.
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
        // A suspended process hears nothing either. So the time between two looks counts as one interval at most.
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

  /** Keeps listening for the longest pause, to learn whether these were all messages. */
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
