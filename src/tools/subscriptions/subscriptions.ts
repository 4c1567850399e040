/**
 * The subscriptions of one connection, shared by all tool calls.
 *
 * @module
 */
import { type Clock, orAborted, withTimeLimit } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { type MqttLink, type QoS, type ReceivedPacket, TopicIndex } from "../../mqtt/mod.ts";
import { type Candidate, Overlaps } from "./overlaps.ts";

/** Who wants the messages of a filter. */
export interface Listener {
  /** Takes a message that was published while listening. */
  live(packet: ReceivedPacket): void;
  /** Takes a message that the broker had retained, sent because somebody has subscribed to this filter. */
  retained(packet: ReceivedPacket): void;
  /** Told that nothing will come any more, since the broker has changed its mind about the subscription. */
  refused(failure: Failure): void;
}

/** How long the broker may take to answer SUBSCRIBE or UNSUBSCRIBE, in ms. */
const ANSWER_TIMEOUT = 10_000;

/** One filter, subscribed to once, whoever listens. */
class SharedFilter implements Candidate {
  readonly filter: string;
  readonly identifier: number;
  readonly listeners = new Set<Listener>();
  qos: QoS = 0;
  acknowledged = false;
  /** What is under way with the broker: one thing at a time. */
  work: Promise<void> = Promise.resolve();
  /** The SUBSCRIBE that has not begun yet, which serves everybody who comes in the meantime. */
  next: Promise<void> | undefined;

  constructor(filter: string, identifier: number) {
    this.filter = filter;
    this.identifier = identifier;
  }

  deliver(packet: ReceivedPacket): void {
    for (const listener of this.listeners) {
      if (packet.retain) listener.retained(packet);
      else listener.live(packet);
    }
  }
}

/** Subscribes to each filter once, however many listen to it, and hands each of them what matches, once. */
export class Subscriptions {
  readonly #link: MqttLink;
  readonly #clock: Clock;
  readonly #mayRead: (topic: string) => boolean;
  readonly #seen: (packet: ReceivedPacket) => void;
  readonly #filters = new TopicIndex<SharedFilter>();
  readonly #overlaps: Overlaps<SharedFilter>;
  #latest: ReceivedPacket | undefined;
  #lastIdentifier = 0;

  /**
   * @param mayRead whether messages of a topic may be handed on
   * @param seen takes every message that is handed on
   */
  constructor(
    link: MqttLink,
    clock: Clock,
    mayRead: (topic: string) => boolean,
    seen: (packet: ReceivedPacket) => void,
  ) {
    this.#link = link;
    this.#clock = clock;
    this.#mayRead = mayRead;
    this.#seen = seen;
    this.#overlaps = new Overlaps(() => link.roundTrip());
    link.watch(({ status }) => {
      // A link that is online has every subscription acknowledged.
      for (const shared of this.#filters.values) shared.acknowledged = status === "online";
      if (status !== "online") this.#overlaps.reset();
    });
  }

  /** Whether messages of `topic` arrive at the moment. */
  covers(topic: string): boolean {
    return this.#filters.matching(topic).some(({ acknowledged }) => acknowledged);
  }

  /**
   * Lets `listener` listen, and resolves when the broker has acknowledged it.
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

  /** Stops listening. Resolves when the broker knows it, if nobody else listens. */
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
    let refusal: Failure | undefined;
    let answered = false;
    const request = this.#link.subscribe({
      filter,
      qos,
      identifier,
      handler: (packet) => this.#receive(packet),
      refused: (failure) => {
        refusal = failure;
        this.#refused(shared, failure);
      },
    });
    await withTimeLimit(request.then(() => answered = true), ANSWER_TIMEOUT, this.#clock);
    if (refusal !== undefined) throw refusal;
    if (!answered) throw noAnswer("SUBSCRIBE", filter);
    shared.acknowledged = this.#link.state.status === "online";
  }

  async #unsubscribe(shared: SharedFilter): Promise<void> {
    if (shared.listeners.size > 0) return; // somebody has come back
    shared.acknowledged = false;
    shared.qos = 0;
    await withTimeLimit(this.#link.unsubscribe(shared.filter), ANSWER_TIMEOUT, this.#clock);
    // Until here it counts among those that a message may be for, since the broker sends copies for it.
    if (shared.listeners.size === 0) this.#filters.delete(shared.filter);
  }

  #refused(shared: SharedFilter, failure: Failure): void {
    shared.acknowledged = false;
    void this.#link.unsubscribe(shared.filter); // or the link would ask for it again on every connection
    for (const listener of shared.listeners) listener.refused(failure);
  }

  #receive(packet: ReceivedPacket): void {
    // The link hands a packet to the handler of every filter that matches its topic; here all of them are one.
    if (packet === this.#latest) return;
    this.#latest = packet;
    if (!this.#mayRead(packet.topic)) return;
    this.#seen(packet);
    const matching = this.#filters.matching(packet.topic);
    if (packet.retain) this.#replay(packet, matching);
    else this.#overlaps.receive(packet, matching);
  }

  #replay(packet: ReceivedPacket, matching: readonly SharedFilter[]): void {
    const { subscriptionIdentifiers } = packet;
    for (const shared of matching) {
      if (subscriptionIdentifiers?.includes(shared.identifier) ?? true) shared.deliver(packet);
    }
  }
}

function noAnswer(packet: string, filter: string): Failure {
  const text = `The broker did not answer ${packet} for "${filter}" within ${ANSWER_TIMEOUT / 1000} s`;
  return new Failure("timed-out", text, { filter });
}
