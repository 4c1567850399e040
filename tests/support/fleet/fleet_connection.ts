/**
 * One connection to a broker for hundreds of servers, each of which has a link that it takes for its own.
 *
 * Real servers have a connection each. Here a few carry all of them, so that a broker and a machine can take thousands:
 * the connection subscribes to what any server might, and hands each message to the servers that want it.
 *
 * @module
 */
import { Dispatcher } from "../../../src/mqtt/dispatcher.ts";
import {
  BROKER_PRESETS,
  BrokerLink,
  type LinkState,
  type MqttLink,
  type PublishOutcome,
  type PublishPacket,
  type ReceivedPacket,
  type Subscription,
} from "../../../src/mqtt/mod.ts";

/** A filter that the connection subscribes to. */
export interface SharedFilter {
  readonly filter: string;
  readonly noLocal?: boolean;
  /** What tells in a topic for which server it is; `undefined` where it is for all. */
  readonly key?: (topic: string) => string;
}

/** The connection. Disposing of it closes it. */
export class FleetConnection implements AsyncDisposable {
  readonly #link: BrokerLink;
  readonly #members = new Map<string, MemberLink>();

  constructor(url: string, clientId: string, filters: readonly SharedFilter[]) {
    this.#link = new BrokerLink({
      broker: { url, keepAlive: 60 },
      plan: { clientId },
      preset: BROKER_PRESETS.standard,
      observe: () => {},
    });
    for (const { filter, noLocal = false, key } of filters) {
      const handler = (packet: ReceivedPacket) => {
        if (key !== undefined) this.#members.get(key(packet.topic))?.deliver(packet);
        else for (const member of this.#members.values()) member.deliver(packet);
      };
      void this.#link.subscribe({ filter, qos: 1, noLocal, handler });
    }
    this.#link.open();
  }

  /** Resolves when the broker has the connection. */
  async online(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#link.state.status === "online") resolve();
      this.#link.watch(({ status }) => status === "online" && resolve());
    });
  }

  /** A link for the server that the keys of topics name so. */
  member(key: string, clientId: string): MqttLink {
    const member = new MemberLink(this.#link, clientId, () => this.#members.delete(key));
    this.#members.set(key, member);
    return member;
  }

  /**
   * Lets a server hear and say nothing more, as if it had been killed, and says in the broker's place that it is gone.
   *
   * @param presences the topics on which it may have shown its presence
   */
  cut(key: string, presences: readonly string[]): void {
    this.#members.get(key)?.cut();
    this.#members.delete(key);
    for (const topic of presences) {
      void this.#link.publish({ topic, payload: new Uint8Array(), qos: 1, retain: true });
    }
  }

  /** Resolves when the broker has dealt with everything that was published. */
  roundTrip(): Promise<void> {
    return this.#link.roundTrip();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link.close();
  }
}

/** A server's part of the connection. */
class MemberLink implements MqttLink {
  readonly clientId: string;
  readonly #link: MqttLink;
  readonly #dispatcher = new Dispatcher();
  readonly #abort = new AbortController();
  readonly #gone: () => void;
  #isCut = false;

  constructor(link: MqttLink, clientId: string, gone: () => void) {
    this.#link = link;
    this.clientId = clientId;
    this.#gone = gone;
  }

  get state(): LinkState {
    return this.#abort.signal.aborted ? { status: "closed" } : this.#link.state;
  }

  cut(): void {
    this.#isCut = true;
  }

  deliver(packet: ReceivedPacket): void {
    void this.#dispatcher.dispatch(packet);
  }

  open(): void {}

  watch(listener: (state: LinkState) => void, signal?: AbortSignal): void {
    const signals = signal === undefined ? [this.#abort.signal] : [this.#abort.signal, signal];
    this.#link.watch(listener, AbortSignal.any(signals));
    if (this.#link.state.status === "online") queueMicrotask(() => listener(this.#link.state));
  }

  subscribe(subscription: Subscription): Promise<void> {
    this.#dispatcher.add(subscription);
    return Promise.resolve();
  }

  unsubscribe(filter: string): Promise<void> {
    this.#dispatcher.remove(filter);
    return Promise.resolve();
  }

  publish(packet: PublishPacket, done?: PublishOutcome, signal?: AbortSignal): Promise<void> | void {
    if (this.#isCut) return done?.();
    return this.#link.publish(packet, done, signal);
  }

  roundTrip(): Promise<void> {
    return this.#link.roundTrip();
  }

  hurry(): void {}

  expectMore(): void {}

  close(): Promise<void> {
    this.#abort.abort();
    this.#gone();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
