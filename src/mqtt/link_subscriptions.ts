/**
 * The subscriptions of a link, across all its connections.
 *
 * @module
 */
import type { Failure } from "../core/failure.ts";
import type { ConnectionEnd, MqttConnection } from "./connection/connection.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { BrokerLimits, ReceivedPacket, Subscription } from "./link.ts";
import { reasonCodeName } from "./reason_codes.ts";
import {
  type Batch,
  earlyBatches,
  type RequestOptions,
  requestSubscriptions,
  subscriptionRefusal,
} from "./request_subscriptions.ts";
import { Suspicion } from "./suspicion.ts";

/** Keeps a link's subscriptions, requests them on each connection, and drops those over which a broker closes it. */
export class LinkSubscriptions {
  readonly #options: RequestOptions;
  readonly #dispatcher = new Dispatcher();
  readonly #suspicion = new Suspicion<Subscription>();
  /** The subscriptions that were requested on this connection, and are not answered. */
  readonly #unanswered = new Set<Subscription>();

  constructor(options: Omit<RequestOptions, "answered">) {
    this.#options = {
      ...options,
      answered: (subscription) => {
        this.#unanswered.delete(subscription);
        this.#suspicion.acknowledged(subscription);
      },
    };
  }

  /** Whether the broker still owes an answer. */
  get awaitsAnswer(): boolean {
    return this.#unanswered.size > 0;
  }

  /** The subscriptions that can be sent together with the next CONNECT. */
  get early(): readonly Batch[] {
    return earlyBatches(this.#dispatcher.subscriptions.filter((one) => !this.#suspicion.isSuspect(one)));
  }

  /** Keeps a subscription for this connection and all that follow. */
  add(subscription: Subscription): void {
    this.#dispatcher.add(subscription);
  }

  /** Removes a subscription and returns it; `undefined` when there is none to this filter. */
  remove(filter: string): Subscription | undefined {
    const subscription = this.#dispatcher.remove(filter);
    if (subscription === undefined) return undefined;
    this.#unanswered.delete(subscription);
    this.#suspicion.forget(subscription);
    return subscription;
  }

  /** Hands a packet to every matching subscription. A returned promise resolves when all of them accept more. */
  dispatch(packet: ReceivedPacket): Promise<void> | void {
    return this.#dispatcher.dispatch(packet);
  }

  /** Requests subscriptions. Resolves as {@linkcode requestSubscriptions} does. */
  request(
    connection: MqttConnection,
    limits: BrokerLimits,
    subscriptions: readonly Subscription[],
    early?: readonly Batch[],
  ): Promise<Failure | undefined> {
    for (const subscription of subscriptions) this.#unanswered.add(subscription);
    return requestSubscriptions(connection, limits, subscriptions, this.#options, early);
  }

  /**
   * Requests all subscriptions, also those that are added meanwhile. Resolves as {@linkcode requestSubscriptions} does.
   *
   * @param early the batches that were sent with CONNECT
   */
  async requestAll(
    connection: MqttConnection,
    limits: BrokerLimits,
    early: readonly Batch[],
  ): Promise<Failure | undefined> {
    const requested = new Set<Subscription>();
    let left: readonly Batch[] | undefined = early;
    while (true) {
      const missing = this.#next(requested);
      if (missing.length === 0) return undefined;
      for (const subscription of missing) requested.add(subscription);
      const refused = await this.request(connection, limits, missing, left);
      left = undefined;
      if (refused !== undefined) return refused;
    }
  }

  /**
   * The connection is lost. If the broker has closed it because of a subscription, that one counts as refused, and is
   * not requested again.
   *
   * @param end the cause, without credentials
   * @returns the refusal, if the link cannot work without the subscription
   */
  lost({ reasonCode, cause }: ConnectionEnd): Failure | undefined {
    const { observe, redactTopic } = this.#options;
    const culprit = this.#suspicion.lost(reasonCode, [...this.#unanswered]);
    this.#unanswered.clear();
    if (culprit === undefined || (reasonCode === undefined && culprit.refused === undefined)) return undefined;
    const how = reasonCode === undefined ? cause : reasonCodeName(reasonCode);
    const filter = redactTopic(culprit.filter);
    const failure = subscriptionRefusal(filter, `it closes the connection over it: ${how}`, reasonCode);
    if (culprit.tellsRefusal !== true) observe({ type: "subscription.refused", filter, cause: failure.message });
    if (culprit.refused === undefined) return failure;
    this.#dispatcher.remove(culprit.filter);
    culprit.refused(failure);
  }

  /** The subscriptions to request next: all that are not suspected, and then the suspects one by one. */
  #next(requested: ReadonlySet<Subscription>): readonly Subscription[] {
    const missing = this.#dispatcher.subscriptions.filter((subscription) => !requested.has(subscription));
    const innocent = missing.filter((subscription) => !this.#suspicion.isSuspect(subscription));
    return innocent.length > 0 ? innocent : missing.slice(0, 1);
  }
}
