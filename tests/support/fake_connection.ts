/**
 * A connection to a broker that exists only in the test's imagination.
 *
 * @module
 */
import {
  type Connect,
  type ConnectAnswer,
  ConnectError,
  type ConnectionEnd,
  type ConnectRequest,
  type MqttConnection,
  type SubscriptionRequest,
} from "../../src/mqtt/connection/connection.ts";
import { BROKER_PRESETS, limitsOf } from "../../src/mqtt/broker_presets.ts";
import type { BrokerLimits, PublishPacket, ReceivedPacket } from "../../src/mqtt/link.ts";
import { idleTurns } from "./manual_clock.ts";

/** What a broker says that says nothing in particular. */
export const PLAIN_ANSWER: ConnectAnswer = {
  maximumQoS: undefined,
  retainAvailable: undefined,
  wildcardSubscriptionAvailable: undefined,
  sharedSubscriptionAvailable: undefined,
  subscriptionIdentifiersAvailable: undefined,
  maximumPacketSize: undefined,
  receiveMaximum: undefined,
  serverKeepAlive: undefined,
  assignedClientIdentifier: undefined,
  topicAliasMaximum: undefined,
  userProperties: {},
};

/** What a broker grants that says this, and nothing else in particular. */
export function limits(answer: Partial<ConnectAnswer> = {}, profile = BROKER_PRESETS.standard): BrokerLimits {
  return limitsOf({ ...PLAIN_ANSWER, ...answer }, 5, 60, profile);
}

/** A connection whose broker is the test. */
export class FakeConnection implements MqttConnection {
  readonly answer: ConnectAnswer;
  early: readonly Promise<readonly number[]>[] = [];
  readonly closed: Promise<ConnectionEnd>;
  nudgedAt: number | undefined;
  /** What was published, with what acknowledges it. */
  readonly published: { readonly packet: PublishPacket; readonly acknowledge: (reasonCode?: number) => void }[] = [];
  readonly subscriptions: SubscriptionRequest[][] = [];
  readonly unsubscribed: string[] = [];
  /** Gives the reason codes of a SUBSCRIBE; `undefined` leaves it unanswered. */
  grant: (requests: readonly SubscriptionRequest[]) => readonly number[] | undefined | Promise<readonly number[]> = (
    requests,
  ) => requests.map(({ qos }) => qos);
  goodbyes = 0;
  destroyed = 0;
  readonly #end: PromiseWithResolvers<ConnectionEnd> = Promise.withResolvers();

  constructor(answer: Partial<ConnectAnswer> = {}) {
    this.answer = { ...PLAIN_ANSWER, ...answer };
    this.closed = this.#end.promise;
  }

  get topics(): string[] {
    return this.published.map(({ packet }) => packet.topic);
  }

  publish(packet: PublishPacket, acknowledged: (reasonCode: number) => void): void {
    this.published.push({ packet, acknowledge: (reasonCode = 0) => acknowledged(reasonCode) });
  }

  async subscribe(requests: readonly SubscriptionRequest[]): Promise<readonly number[]> {
    this.subscriptions.push([...requests]);
    return await this.grant(requests) ?? await new Promise<never>(() => {});
  }

  unsubscribe(filter: string): Promise<void> {
    this.unsubscribed.push(filter);
    return Promise.resolve();
  }

  end(): Promise<void> {
    this.goodbyes++;
    this.lose({ cause: "we said goodbye" });
    return Promise.resolve();
  }

  destroy(): void {
    this.destroyed++;
    this.lose({ cause: "we dropped it" });
  }

  /** Ends the connection from the broker's side. */
  lose({ reasonCode, cause = "the broker closed the connection" }: Partial<ConnectionEnd> = {}): void {
    this.#end.resolve({ reasonCode, cause });
  }
}

/** A broker that accepts, refuses or ignores, as the test wants it. */
export class FakeBroker {
  readonly requests: ConnectRequest[] = [];
  readonly connections: FakeConnection[] = [];
  /** What the next attempts come to. */
  outcome: () => FakeConnection | ConnectError | "silence" = () => new FakeConnection();

  readonly connect: Connect = async (request, signal) => {
    this.requests.push(request);
    const outcome = this.outcome();
    if (outcome instanceof FakeConnection) {
      this.connections.push(outcome);
      outcome.early = (request.early ?? []).map((requests) => outcome.subscribe(requests));
      return outcome;
    }
    if (outcome instanceof Error) throw outcome;
    return await new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new ConnectError("aborted", undefined, false)), { once: true });
    });
  };

  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error("Nobody has connected");
    return connection;
  }

  /** Delivers a message to the client. */
  async deliver(topic: string, payload = ""): Promise<void> {
    const packet: ReceivedPacket = {
      topic,
      payload: new TextEncoder().encode(payload),
      qos: 0,
      retain: false,
      properties: {},
    };
    await this.requests.at(-1)?.received(packet);
    await idleTurns();
  }
}
