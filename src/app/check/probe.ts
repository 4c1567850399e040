/**
 * Trying out what a broker does, on one network connection at a time.
 *
 * @module
 */
import { orLate } from "../../core/waiting.ts";
import { errorText } from "../../core/text.ts";
import {
  type BrokerSettings,
  type Connect,
  type ConnectAnswer,
  type ConnectPlan,
  connectToBroker,
  type MqttConnection,
  type QoS,
  reasonCodeName,
  topicMatches,
} from "../../mqtt/mod.ts";

/** How long the broker may take for each answer, in ms. */
const ANSWER_TIMEOUT = 3_000;

/** How long a message to ourselves may take, in ms. */
const TRAVEL_TIME = 1_500;

/** The outcome of a try; without a `problem` it succeeded. */
export interface Outcome {
  readonly problem?: string;
}

/** The options of a {@linkcode Probe}. */
export interface ProbeOptions {
  readonly broker: BrokerSettings;
  readonly plan: ConnectPlan;
  /** The highest QoS that the broker is known to take. */
  readonly maximumQoS: QoS;
  readonly signal: AbortSignal;
  /** @default {connectToBroker} */
  readonly connect?: Connect;
}

/** The options of a further client of the same user. The first client is number 1. */
export function furtherClient(options: ProbeOptions, number = 2): ProbeOptions {
  return { ...options, plan: { ...options.plan, clientId: `${options.plan.clientId}-${number}` } };
}

/** A message to try. */
export interface Trial {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain?: boolean;
  readonly payload?: Uint8Array;
  readonly userProperties?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * A connection for trying things out. AWS IoT Core closes it over a forbidden packet. Then the next try opens a new
 * one.
 */
export class Probe implements AsyncDisposable {
  readonly protocolVersion: 4 | 5;
  readonly answer: ConnectAnswer;
  /** How long the broker took to accept the connection, in ms. */
  readonly loginTime: number;
  readonly #options: ProbeOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #filters = new Set<string>();
  /** How many messages have arrived on each topic. */
  readonly #seen = new Map<string, number>();
  #connection: MqttConnection | undefined;

  private constructor(options: ProbeOptions, protocolVersion: 4 | 5, connection: MqttConnection, loginTime: number) {
    this.#options = options;
    this.protocolVersion = protocolVersion;
    this.answer = connection.answer;
    this.loginTime = loginTime;
    this.#use(connection);
  }

  /**
   * Connects.
   *
   * @throws {ConnectError} when the broker cannot be reached, or refuses the connection
   */
  static async open(options: ProbeOptions, protocolVersion: 4 | 5): Promise<Probe> {
    const { promise, resolve } = Promise.withResolvers<Probe>();
    const before = performance.now();
    const received = ({ topic }: { topic: string }) => void promise.then((probe) => probe.#arrived(topic));
    const connection = await connectOnce(options, protocolVersion, received);
    const probe = new Probe(options, protocolVersion, connection, performance.now() - before);
    resolve(probe);
    return probe;
  }

  get clientId(): string {
    return this.answer.assignedClientIdentifier ?? this.#options.plan.clientId;
  }

  /** Whether the connection is still open. */
  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Subscribes. */
  async subscribe(filter: string, { noLocal = false }: { noLocal?: boolean } = {}): Promise<Outcome> {
    try {
      const connection = await this.#connected();
      const [code = 0x80] = await this.#answered(
        connection,
        connection.subscribe([{ filter, qos: 1, noLocal }]),
      );
      if (code >= 0x80) return { problem: `refused: ${reasonCodeName(code)}` };
      this.#filters.add(filter);
      return {};
    } catch (error) {
      return { problem: errorText(error) };
    }
  }

  /**
   * The round trip time to the broker, in ms. It is that of an UNSUBSCRIBE without a subscription, which needs no
   * permission. A SUBSCRIBE might need one: AWS IoT Core closes the connection over a forbidden SUBSCRIBE.
   */
  async roundTrip(): Promise<number> {
    const connection = await this.#connected();
    const before = performance.now();
    await this.#answered(connection, connection.unsubscribe(`mcp/${crypto.randomUUID()}`));
    return performance.now() - before;
  }

  /** Publishes. */
  async publish({ topic, qos, retain = false, payload = new Uint8Array(), userProperties }: Trial): Promise<Outcome> {
    try {
      const connection = await this.#connected();
      const acknowledged = Promise.withResolvers<number>();
      const { addedProperties } = this.#options.plan;
      connection.publish(
        {
          topic,
          payload,
          qos: Math.min(qos, this.#maximumQoS) as QoS,
          retain,
          properties: { userProperties: { ...userProperties, ...addedProperties } },
        },
        acknowledged.resolve,
      );
      const code = await this.#answered(connection, acknowledged.promise);
      return code >= 0x80 ? { problem: `refused: ${reasonCodeName(code)}` } : {};
    } catch (error) {
      return { problem: errorText(error) };
    }
  }

  /** How many messages have arrived on a topic. */
  count(topic: string): number {
    return this.#seen.get(topic) ?? 0;
  }

  /** Whether a message has arrived on a topic of this filter, or arrives within the time limit. */
  async hasArrived(filter: string): Promise<boolean> {
    const deadline = performance.now() + TRAVEL_TIME;
    while (![...this.#seen.keys()].some((topic) => topicMatches(filter, topic))) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await this.nextArrival(undefined, left);
    }
    return true;
  }

  /** Waits for the next message, at most until `signal` is aborted. Resolves with whether one has arrived. */
  async nextArrival(topic?: string, limit = TRAVEL_TIME, signal?: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { topic, arrived: () => resolve(true) };
    this.#waiters.add(waiter);
    signal?.addEventListener("abort", () => resolve(false), { once: true });
    const came = await orLate(promise, limit, () => false);
    this.#waiters.delete(waiter);
    return came;
  }

  /** Closes the connection. The next try opens a new one. */
  async restart(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.end();
  }

  get #maximumQoS(): QoS {
    return Math.min(this.#options.maximumQoS, this.answer.maximumQoS ?? 2) as QoS;
  }

  async #connected(): Promise<MqttConnection> {
    if (this.#connection !== undefined) return this.#connection;
    const received = ({ topic }: { topic: string }) => this.#arrived(topic);
    const connection = await connectOnce(this.#options, this.protocolVersion, received);
    this.#use(connection);
    for (const filter of this.#filters) await connection.subscribe([{ filter, qos: 1, noLocal: false }]);
    return connection;
  }

  #use(connection: MqttConnection): void {
    this.#connection = connection;
    void connection.closed.then(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
  }

  /** Waits for the broker's answer, unless the connection is closed or the time limit passes. */
  async #answered<T>(connection: MqttConnection, answer: Promise<T>): Promise<T> {
    const closed = connection.closed.then(({ cause }) => {
      throw new Error(`the broker closes the connection because of it: ${cause}`);
    });
    const answered = Promise.race([answer, closed]);
    for (const promise of [closed, answered]) promise.catch(() => {}); // a later rejection is not about this answer
    const late = () => {
      throw new Error(`no answer within ${ANSWER_TIMEOUT / 1000} s`);
    };
    return await orLate(answered, ANSWER_TIMEOUT, late, { signal: this.#options.signal });
  }

  #arrived(topic: string): void {
    this.#seen.set(topic, this.count(topic) + 1);
    for (const waiter of [...this.#waiters]) {
      if (waiter.topic === undefined || waiter.topic === topic) waiter.arrived();
    }
  }
}

interface Waiter {
  /** The topic of the awaited message; any topic when `undefined`. */
  readonly topic: string | undefined;
  readonly arrived: () => void;
}

function connectOnce(
  { broker, plan, signal, connect = connectToBroker }: ProbeOptions,
  protocolVersion: 4 | 5,
  received: (packet: { topic: string }) => void,
): Promise<MqttConnection> {
  return connect({ broker, plan, protocolVersion, received }, signal);
}
