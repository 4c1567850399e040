/**
 * Subscriptions that outlive the call that made them: what arrives between two calls waits for the second one.
 *
 * @module
 */
import type { MqttLink, QoS } from "../../mqtt/mod.ts";
import { ToolError } from "../tool_error.ts";
import { Collector, type Wanted } from "./collector.ts";
import type { History } from "./history.ts";
import { KeptSubscription } from "./kept_subscription.ts";
import type { BufferLimits, TooLarge } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** How many filters can be kept at a time. */
const MOST_FILTERS = 256;

/** A call that collects. Disposing of it ends it; what it has not taken waits for the next call. */
export interface Collection extends Disposable {
  readonly filter: string;
  /** Since when the subscription is kept, in ms since 1970. */
  readonly since: number;
  /** Resolves when there are enough messages; rejects when the broker ends the subscription. */
  readonly full: Promise<void>;
  /** What there is: what has waited, and what has come since. */
  readonly messages: readonly Received[];
  /** What earlier calls have taken, as far as it is remembered. */
  readonly history: readonly Received[];
  /** What the broker grants. */
  readonly qos: QoS;
  /** Takes those of `messages` that are given, or nothing at all, not even the counts: `peek`. */
  take(messages: readonly Received[] | "peek"): Taken;
}

/** What there is to say about the messages that a call takes with it. */
export interface Taken {
  /** How many messages had to make room for them. */
  readonly dropped: number;
  /** Those among them that no buffer can hold. */
  readonly tooLarge: readonly TooLarge[];
  /** Whether the connection was away since the last call, so that messages may be missing. */
  readonly interrupted: boolean;
}

/** A subscription that is kept, as its owner sees it. */
export interface KeptState {
  readonly filter: string;
  /** What the broker grants. */
  readonly qos: QoS;
  /** In ms since 1970. */
  readonly since: number;
  /** How many messages wait for the next call. */
  readonly waiting: number;
}

/** What keeping subscriptions takes. */
export interface KeepingOptions {
  readonly link: MqttLink;
  readonly subscriptions: Subscriptions;
  readonly history: History;
  readonly limits: BufferLimits;
  /** In ms since 1970. */
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
   * A call takes over what has waited since the last one. When there was no last one, or another is under way and
   * gets it, the retained messages take its place.
   *
   * @param wanted how many messages are wanted at most, and who is told of each that comes
   */
  async collect(filter: string, qos: QoS, wanted: Wanted, signal: AbortSignal): Promise<Collection> {
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

  /** Ends the subscription that was kept, and forgets what waited. Resolves with whether there was one. */
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
    // Another call that is under way may have got the same messages, and leaves what it does not take.
    const untaken = buffer.take().filter((message) => !kept.has(message));
    if (this.#filters.get(kept.filter) !== kept) return;
    const { waiting } = kept;
    if (kept.idle) waiting.addDropped(buffer.takeDropped(), buffer.takeTooLarge());
    if (untaken.length === 0) return;
    const all = [...waiting.take(), ...untaken].sort((a, b) => a.number - b.number);
    for (const message of all) waiting.push(message);
  }
}
