/**
 * A link that shares its connection with others.
 *
 * @module
 */
import type { Failure } from "../core/failure.ts";
import type { LinkState, MqttLink, PublishOutcome, PublishPacket, Subscription } from "./link.ts";
import { unavailableReason } from "./online.ts";

/**
 * One user's part of a connection that several share. Its subscriptions are its own: no two parts may subscribe to the
 * same filter. Closing a part ends its subscriptions, but not the connection. A subscription that the broker refuses
 * concerns only this part.
 */
export class LinkShare implements MqttLink {
  readonly #connection: MqttLink;
  readonly #filters = new Set<string>();
  readonly #early: Subscription[] = [];
  readonly #watchers = new Set<(state: LinkState) => void>();
  readonly #abort = new AbortController();
  #state: LinkState = { status: "connecting", failure: undefined };
  #opened = false;
  /** Whether the subscriptions from before `open` are acknowledged, or will be before the connection is online. */
  #ready = false;
  /** Whether the broker has refused a subscription of this part. */
  #refused = false;

  constructor(connection: MqttLink) {
    this.#connection = connection;
  }

  get clientId(): string {
    return this.#connection.clientId;
  }

  get state(): LinkState {
    return this.#state;
  }

  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    this.#connection.open();
    this.#connection.watch((state) => this.#follow(state), this.#abort.signal);
    void Promise.all(this.#early.splice(0).map((subscription) => this.#subscribe(subscription))).then(() => {
      this.#ready = true;
      this.#follow(this.#connection.state);
    });
  }

  watch(listener: (state: LinkState) => void, signal?: AbortSignal): void {
    this.#watchers.add(listener);
    signal?.addEventListener("abort", () => this.#watchers.delete(listener), { once: true });
  }

  subscribe(subscription: Subscription): Promise<void> {
    if (this.#opened) return this.#subscribe(subscription);
    this.#early.push(subscription);
    return Promise.resolve();
  }

  async unsubscribe(filter: string): Promise<void> {
    if (this.#filters.delete(filter)) await this.#connection.unsubscribe(filter);
  }

  publish(packet: PublishPacket, done?: PublishOutcome, signal?: AbortSignal): Promise<void> | void {
    if (this.#state.status === "closed") return done?.(unavailableReason(this.#state));
    return this.#connection.publish(packet, done, signal);
  }

  roundTrip(): Promise<void> {
    return this.#connection.roundTrip();
  }

  hurry(): void {
    this.#connection.hurry();
  }

  expectMore(): void {
    this.#connection.expectMore();
  }

  async close(): Promise<void> {
    if (this.#state.status === "closed") return;
    this.#abort.abort();
    this.#set({ status: "closed" });
    this.#watchers.clear();
    const filters = [...this.#filters];
    this.#filters.clear();
    await Promise.all(filters.map((filter) => this.#connection.unsubscribe(filter)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #subscribe(subscription: Subscription): Promise<void> {
    if (this.#state.status === "closed") return;
    this.#filters.add(subscription.filter);
    const refused = (failure: Failure) => {
      if (subscription.refused !== undefined) return subscription.refused(failure);
      this.#refused = true;
      this.#set({ status: "refused", failure });
    };
    // The handler `refused` reports the failure. The other parts of the connection must not get it.
    await this.#connection.subscribe({ ...subscription, refused }).catch(() => {});
  }

  #follow(state: LinkState): void {
    // That is final: the connection will not ask for the subscription again. After a refused login it may try again.
    if (!this.#ready || this.#state.status === "closed" || this.#refused) return;
    this.#set(state.status === "closed" ? { status: "connecting", failure: undefined } : state);
  }

  #set(state: LinkState): void {
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher(state);
  }
}
