/**
 * Subscriptions that outlive the call that made them: what arrives between two calls waits for the second one.
 *
 * @module
 */
import type { MqttLink, QoS } from "../../mqtt/mod.ts";
import { ToolError } from "../tool_error.ts";
import { Collector, type CollectorOptions } from "./collector.ts";
import type { History } from "./history.ts";
import { KeptSubscription } from "./kept_subscription.ts";
import type { BufferLimits, TooLarge } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** How many filters can be kept at a time. */
const MOST_FILTERS = 256;

/** A call that collects messages. Disposing of it ends it; messages that it has not taken wait for the next call. */
export interface Collection extends Disposable {
  readonly filter: string;
  /** Since when the subscription is kept, in ms since 1970. */
  readonly since: number;
  /** Resolves when there are enough messages; rejects when the broker ends the subscription. */
  readonly full: Promise<void>;
  /** The messages that have waited, and those that have arrived since. */
  readonly messages: readonly Received[];
  /** Messages that earlier calls have taken, as far as they are remembered. */
  readonly history: readonly Received[];
  /** The QoS that the broker grants. */
  readonly qos: QoS;
  /** Takes the given ones of `messages`. With `peek`, nothing is taken, and the counts stay too. */
  take(messages: readonly Received[] | "peek"): Taken;
}

/** Facts about the messages that a call takes. */
export interface Taken {
  /** How many messages were discarded because the buffer was full. */
  readonly dropped: number;
  /** The discarded messages that no buffer can hold. */
  readonly tooLarge: readonly TooLarge[];
  /** Whether the connection was away since the last call, so that messages may be missing. */
  readonly interrupted: boolean;
}

/** A subscription that is kept, as its owner sees it. */
export interface KeptState {
  readonly filter: string;
  /** The QoS that the broker grants. */
  readonly qos: QoS;
  /** Since when the subscription is kept, in ms since 1970. */
  readonly since: number;
  /** How many messages wait for the next call. */
  readonly waiting: number;
}

/** The options of {@linkcode KeptSubscriptions}. */
export interface KeepingOptions {
  readonly link: MqttLink;
  readonly subscriptions: Subscriptions;
  readonly history: History;
  readonly limits: BufferLimits;
  /** The time of day, in ms since 1970. */
  readonly time: () => number;
}

/** All filters that are kept. */
export class KeptSubscriptions {
  readonly #options: KeepingOptions;
  readonly #filters = new Map<string, KeptSubscription>();
  /** How often the connection has been lost. */
  #losses = 0;

  constructor(options: KeepingOptions) {
    this.#options = options;
    options.link.watch(({ status }) => {
      if (status !== "online") this.#losses++;
    });
  }

  /** What is kept, in the order in which it was asked for. */
  get states(): readonly KeptState[] {
    const { subscriptions } = this.#options;
    return [...this.#filters.values()].map(({ filter, since, waiting }) => ({
      filter,
      qos: subscriptions.grantedQoS(filter),
      since,
      waiting: waiting.size,
    }));
  }

  /**
   * Collects messages of a filter, and keeps the subscription.
   *
   * A call begins with the messages that have waited since the last call. It begins with the retained messages instead
   * when it is the first call, or when another call is running: that one has the waiting messages.
   *
   * @param wanted how many messages are wanted at most, and who is told of each one that arrives
   */
  async collect(filter: string, qos: QoS, wanted: CollectorOptions, signal: AbortSignal): Promise<Collection> {
    const { subscriptions, history, limits } = this.#options;
    const known = this.#filters.get(filter);
    const kept = known ?? this.#add(filter);
    const continues = known?.idle === true;
    const knownLosses = continues ? kept.knownLosses : this.#losses;
    const collector = new Collector(limits, wanted);
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {}); // nobody may be waiting
    kept.add(collector, !continues, failed.reject);
    if (continues) collector.takeOver(kept.waiting);
    try {
      await subscriptions.open(filter, qos, kept, !continues, signal);
      kept.granted = true;
    } catch (error) {
      this.#end(kept, collector);
      if (kept.idle && !kept.granted) await this.drop(filter);
      throw error;
    }
    const take = (messages: readonly Received[] | "peek"): Taken => {
      const { buffer } = collector;
      const told = {
        dropped: buffer.takeDropped(),
        tooLarge: buffer.takeTooLarge(),
        interrupted: knownLosses !== this.#losses,
      };
      if (messages === "peek") {
        buffer.addDropped(told.dropped, told.tooLarge);
        return told;
      }
      kept.knownLosses = this.#losses;
      const taken = new Set(messages);
      for (const message of buffer.take()) {
        if (taken.has(message)) history.add(filter, message);
        else buffer.push(message);
      }
      return told;
    };
    return {
      filter,
      since: kept.since,
      full: Promise.race([collector.full, failed.promise]),
      get messages() {
        return collector.buffer.messages;
      },
      get history() {
        return history.of(filter);
      },
      get qos() {
        return subscriptions.grantedQoS(filter);
      },
      take,
      [Symbol.dispose]: () => this.#end(kept, collector),
    };
  }

  /** Ends a kept subscription, and discards its waiting messages. Resolves with whether there was one. */
  async drop(filter: string): Promise<boolean> {
    const kept = this.#filters.get(filter);
    if (kept === undefined) return false;
    const { subscriptions, history } = this.#options;
    this.#filters.delete(filter);
    kept.waiting[Symbol.dispose]();
    history.forget(filter);
    await subscriptions.close(filter, kept);
    return true;
  }

  #add(filter: string): KeptSubscription {
    if (this.#filters.size >= MOST_FILTERS) {
      throw new ToolError(`There are ${MOST_FILTERS} subscriptions already: unsubscribe from some that are not needed`);
    }
    const { limits, time } = this.#options;
    const kept = new KeptSubscription(filter, time(), limits);
    this.#filters.set(filter, kept);
    return kept;
  }

  #end(kept: KeptSubscription, collector: Collector): void {
    kept.remove(collector);
    const { buffer } = collector;
    // Another running call may have the same messages. It leaves those that it does not take.
    const untaken = buffer.take().filter((message) => !kept.has(message));
    if (this.#filters.get(kept.filter) !== kept) return;
    const { waiting } = kept;
    if (kept.idle) waiting.addDropped(buffer.takeDropped(), buffer.takeTooLarge());
    if (untaken.length === 0) return;
    const all = [...waiting.take(), ...untaken].sort((a, b) => a.number - b.number);
    for (const message of all) waiting.push(message);
  }
}
