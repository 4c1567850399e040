/**
 * The subscriptions of one connection, shared by all tool calls.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import { orAborted, waitAtMost } from "../../core/waiting.ts";
import { Failure } from "../../core/failure.ts";
import { type MqttLink, type QoS, type ReceivedPacket, TopicIndex } from "../../mqtt/mod.ts";
import { type Candidate, Overlaps } from "./overlaps.ts";
import type { Received } from "./arrivals.ts";

/** Receives the messages of a filter. */
export interface Listener {
  /** Takes a message that was published while listening. */
  live(message: Received): void;
  /** Takes a retained message, which the broker sent because somebody has subscribed to this filter. */
  retained(message: Received): void;
  /** Called when no more messages will come, since the broker has ended the subscription. */
  refused(failure: Failure): void;
}

/** How long the broker may take to answer SUBSCRIBE or UNSUBSCRIBE, in ms. */
const ANSWER_TIMEOUT = 10_000;

/** One filter, with a single subscription at the broker for all listeners. */
class SharedFilter implements Candidate<Received> {
  readonly filter: string;
  readonly identifier: number;
  readonly listeners = new Set<Listener>();
  qos: QoS = 0;
  granted: QoS = 0;
  /** Since when the broker sends the matching messages, in ms since 1970. */
  acknowledgedSince: number | undefined;
  /** The SUBSCRIBE or UNSUBSCRIBE that the broker works on: one at a time. */
  work: Promise<void> = Promise.resolve();
  /** The next SUBSCRIBE. It has not been sent yet, so it serves everybody who comes in the meantime. */
  next: Promise<void> | undefined;

  constructor(filter: string, identifier: number) {
    this.filter = filter;
    this.identifier = identifier;
  }

  get acknowledged(): boolean {
    return this.acknowledgedSince !== undefined;
  }

  deliver(message: Received): void {
    for (const listener of this.listeners) {
      if (message.retain) listener.retained(message);
      else listener.live(message);
    }
  }
}

/** The options of {@linkcode Subscriptions}. */
export interface SubscriptionsOptions {
  readonly link: MqttLink;
  readonly clock: Clock;
  /** The time of day, in ms since 1970. */
  readonly time: () => number;
  /** Whether messages of a topic may be handed on. */
  readonly mayRead: (topic: string) => boolean;
  /** Takes every packet that may be handed on, and returns the message to hand on. */
  readonly arrived: (packet: ReceivedPacket) => Received;
}

/** Subscribes to each filter once, however many listen to it. Each listener gets each matching message once. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #filters = new TopicIndex<SharedFilter>();
  readonly #overlaps: Overlaps<SharedFilter, Received>;
  #latest: ReceivedPacket | undefined;
  #lastIdentifier = 0;
  #requests = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    const { link, time } = options;
    this.#overlaps = new Overlaps(() => link.roundTrip());
    link.watch(({ status }) => {
      // A link that is online has every subscription acknowledged.
      const since = status === "online" ? time() : undefined;
      for (const shared of this.#filters.values) shared.acknowledgedSince = since;
      if (status !== "online") this.#overlaps.reset();
    });
  }

  /** How many times the broker was asked for a subscription. It sends its retained messages each time. */
  get requests(): number {
    return this.#requests;
  }

  /** Since when messages of `topic` arrive, in ms since 1970; `undefined` when no subscription covers it. */
  coveredSince(topic: string): number | undefined {
    const times = this.#filters.matching(topic).map(({ acknowledgedSince }) => acknowledgedSince ?? Infinity);
    const since = Math.min(...times);
    return since === Infinity ? undefined : since;
  }

  /** The QoS that the broker grants for a filter. */
  grantedQoS(filter: string): QoS {
    return this.#filters.get(filter)?.granted ?? 0;
  }

  /**
   * Adds `listener`, and resolves when the broker has acknowledged the subscription.
   *
   * @param replay whether the retained messages are wanted, even if somebody has subscribed to the filter before
   * @throws {Failure} when the broker does not grant it or does not answer
   * @throws the reason of `signal`, as soon as it is aborted
   */
  async open(filter: string, qos: QoS, listener: Listener, replay: boolean, signal: AbortSignal): Promise<void> {
    const shared = this.#filters.get(filter) ?? this.#add(filter);
    const sufficient = shared.acknowledged && shared.qos >= qos && !replay;
    shared.qos = Math.max(shared.qos, qos) as QoS;
    shared.listeners.add(listener);
    if (sufficient) return;
    try {
      await orAborted(this.#subscribe(shared), signal);
    } catch (error) {
      void this.close(filter, listener);
      throw error;
    }
  }

  /** Removes `listener`. If it was the last one, resolves when the broker has acknowledged the UNSUBSCRIBE. */
  async close(filter: string, listener: Listener): Promise<void> {
    const shared = this.#filters.get(filter);
    if (shared === undefined || !shared.listeners.delete(listener) || shared.listeners.size > 0) return;
    shared.work = shared.work.then(() => this.#unsubscribe(shared));
    await shared.work;
  }

  #add(filter: string): SharedFilter {
    const shared = new SharedFilter(filter, ++this.#lastIdentifier);
    this.#filters.set(shared);
    return shared;
  }

  #subscribe(shared: SharedFilter): Promise<void> {
    if (shared.next === undefined) {
      shared.next = shared.work.then(() => {
        shared.next = undefined;
        return this.#request(shared);
      });
      shared.work = shared.next.catch(() => {});
    }
    return shared.next;
  }

  async #request(shared: SharedFilter): Promise<void> {
    const { filter, qos, identifier } = shared;
    const { link, clock, time } = this.#options;
    let refusal: Failure | undefined;
    let answered = false;
    this.#requests++;
    const request = link.subscribe({
      filter,
      qos,
      identifier,
      handler: (packet) => this.#receive(packet),
      granted: (qos) => shared.granted = qos,
      refused: (failure) => {
        refusal = failure;
        this.#refused(shared, failure);
      },
    });
    await waitAtMost(request.then(() => answered = true), ANSWER_TIMEOUT, clock);
    if (refusal !== undefined) throw refusal;
    if (!answered) throw noAnswer("SUBSCRIBE", filter);
    if (link.state.status === "online") shared.acknowledgedSince ??= time();
    else shared.acknowledgedSince = undefined;
  }

  async #unsubscribe(shared: SharedFilter): Promise<void> {
    if (shared.listeners.size > 0) return; // a listener was added meanwhile
    const { link, clock } = this.#options;
    shared.acknowledgedSince = undefined;
    shared.qos = 0;
    await waitAtMost(link.unsubscribe(shared.filter), ANSWER_TIMEOUT, clock);
    // Until now the filter counts as a match, since the broker sends copies for it.
    if (shared.listeners.size === 0) this.#filters.delete(shared.filter);
  }

  #refused(shared: SharedFilter, failure: Failure): void {
    shared.acknowledgedSince = undefined;
    void this.#options.link.unsubscribe(shared.filter); // otherwise the link would ask for it again on every connection
    for (const listener of shared.listeners) listener.refused(failure);
  }

  #receive(packet: ReceivedPacket): void {
    // The link hands a packet to the handler of every matching filter. Here all handlers are the same, so one call is
    // enough.
    if (packet === this.#latest) return;
    this.#latest = packet;
    if (!this.#options.mayRead(packet.topic)) return;
    const message = this.#options.arrived(packet);
    const matching = this.#filters.matching(message.topic);
    if (message.retain) this.#replay(message, matching);
    else this.#overlaps.receive(message, matching);
  }

  #replay(message: Received, matching: readonly SharedFilter[]): void {
    const { subscriptionIdentifiers } = message;
    for (const shared of matching) {
      if (subscriptionIdentifiers?.includes(shared.identifier) ?? true) shared.deliver(message);
    }
  }
}

function noAnswer(packet: string, filter: string): Failure {
  const text = `The broker did not answer ${packet} for "${filter}" within ${ANSWER_TIMEOUT / 1000} s`;
  return new Failure("timed-out", text, { filter });
}
