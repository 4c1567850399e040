/**
 * Subscriptions that outlive the call that made them: what arrives between two calls waits for the second one.
 *
 * @module
 */
import type { Failure } from "../../core/failure.ts";
import type { MqttLink, QoS, ReceivedPacket } from "../../mqtt/mod.ts";
import { Collector } from "./collector.ts";
import { type BufferLimits, MessageBuffer } from "./message_buffer.ts";
import type { Listener, Subscriptions } from "./subscriptions.ts";
import { ToolError } from "../tool_error.ts";

/** How many filters can be kept at a time. */
const MOST_FILTERS = 256;

/** A call that collects. Disposing of it ends it; what it has not taken waits for the next call. */
export interface Collection extends Disposable {
  /** Resolves when there are enough messages; rejects when the broker ends the subscription. */
  readonly full: Promise<void>;
  /** How many messages there are. */
  readonly size: number;
  /** Takes what has been collected. */
  take(): Collected;
}

/** What a call takes with it. */
export interface Collected {
  readonly packets: readonly ReceivedPacket[];
  /** How many messages had to make room for them. */
  readonly dropped: number;
  /** Whether the connection was away since the last call, so that messages may be missing. */
  readonly interrupted: boolean;
}

/** One filter that is kept. */
class KeptSubscription implements Listener {
  readonly filter: string;
  readonly waiting: MessageBuffer;
  /** Whether the broker has granted it to some call. */
  granted = false;
  /** How often the connection had been lost when a call was told of it last. */
  knownLosses = 0;
  readonly #collectors = new Map<
    Collector,
    { readonly wantsRetained: boolean; readonly fail: (why: Failure) => void }
  >();

  constructor(filter: string, limits: BufferLimits) {
    this.filter = filter;
    this.waiting = new MessageBuffer(limits);
  }

  /** Whether no call is under way. */
  get idle(): boolean {
    return this.#collectors.size === 0;
  }

  add(collector: Collector, wantsRetained: boolean, fail: (why: Failure) => void): void {
    this.#collectors.set(collector, { wantsRetained, fail });
  }

  remove(collector: Collector): void {
    this.#collectors.delete(collector);
  }

  live(packet: ReceivedPacket): void {
    let wanted = false;
    for (const collector of this.#collectors.keys()) wanted = collector.take(packet) || wanted;
    if (!wanted) this.waiting.push(packet);
  }

  retained(packet: ReceivedPacket): void {
    for (const [collector, { wantsRetained }] of this.#collectors) {
      if (wantsRetained) collector.takeRetained(packet);
    }
  }

  refused(failure: Failure): void {
    for (const { fail } of this.#collectors.values()) fail(failure);
  }
}

/** All filters that are kept. */
export class KeptSubscriptions {
  readonly #subscriptions: Subscriptions;
  readonly #limits: BufferLimits;
  readonly #filters = new Map<string, KeptSubscription>();
  /** How often the connection has been lost. */
  #losses = 0;

  constructor(link: MqttLink, subscriptions: Subscriptions, limits: BufferLimits) {
    this.#subscriptions = subscriptions;
    this.#limits = limits;
    link.watch(({ status }) => {
      if (status !== "online") this.#losses++;
    });
  }

  /**
   * Collects messages of a filter, and keeps the subscription.
   *
   * A call takes over what has waited since the last one. When there was no last one, or another is under way and
   * gets it, the retained messages take its place.
   *
   * @param enough how many messages are wanted at most; without, as many as the limits allow
   */
  async collect(filter: string, qos: QoS, enough: number | undefined, signal: AbortSignal): Promise<Collection> {
    const known = this.#filters.get(filter);
    const kept = known ?? this.#add(filter);
    const continues = known?.idle === true;
    const knownLosses = continues ? kept.knownLosses : this.#losses;
    const collector = new Collector(this.#limits, enough);
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {}); // nobody may be waiting
    kept.add(collector, !continues, failed.reject);
    if (continues) collector.takeOver(kept.waiting);
    try {
      await this.#subscriptions.open(filter, qos, kept, !continues, signal);
      kept.granted = true;
    } catch (error) {
      this.#end(kept, collector);
      if (kept.idle && !kept.granted) await this.drop(filter);
      throw error;
    }
    return {
      full: Promise.race([collector.full, failed.promise]),
      get size() {
        return collector.buffer.size;
      },
      take: () => {
        kept.knownLosses = this.#losses;
        const interrupted = knownLosses !== this.#losses;
        return { interrupted, dropped: collector.buffer.takeDropped(), packets: collector.buffer.take() };
      },
      [Symbol.dispose]: () => this.#end(kept, collector),
    };
  }

  /** Ends the subscription that was kept, if there is one, and forgets what waited. */
  async drop(filter: string): Promise<void> {
    const kept = this.#filters.get(filter);
    if (kept === undefined) return;
    this.#filters.delete(filter);
    kept.waiting[Symbol.dispose]();
    await this.#subscriptions.close(filter, kept);
  }

  #add(filter: string): KeptSubscription {
    if (this.#filters.size >= MOST_FILTERS) {
      throw new ToolError(`There are ${MOST_FILTERS} subscriptions already: unsubscribe from some that are not needed`);
    }
    const kept = new KeptSubscription(filter, this.#limits);
    this.#filters.set(filter, kept);
    return kept;
  }

  #end(kept: KeptSubscription, collector: Collector): void {
    kept.remove(collector);
    const untaken = collector.buffer.take();
    // Another call that is under way has got the same messages, and what was dropped keeps nobody waiting.
    if (!kept.idle || this.#filters.get(kept.filter) !== kept) return;
    kept.waiting.addDropped(collector.buffer.takeDropped());
    const later = kept.waiting.take();
    for (const packet of [...untaken, ...later]) kept.waiting.push(packet);
  }
}
