/**
 * Links to a broker of a test, and what can happen to them.
 *
 * @module
 */
import type { ProxyEvent } from "../../src/core/events.ts";
import {
  BROKER_PRESETS,
  BrokerLink,
  type ConnectPlan,
  type MqttLink,
  type UserProperties,
} from "../../src/mqtt/mod.ts";
import { ConnectError, type MqttConnection } from "../../src/mqtt/connection/connection.ts";
import { connectToBroker } from "../../src/mqtt/connection/connect.ts";
import type { TestBroker } from "./embedded_broker.ts";

/** What the links of a test are like. */
export interface TestLinksOptions {
  /** User properties that the broker's CONNACK is to have. */
  readonly answer?: UserProperties;
  /** The Maximum Packet Size that the broker's CONNACK is to have. */
  readonly maximumPacketSize?: number;
  readonly protocolVersion?: 4;
  /** Whether the broker is to refuse wills without payload, as mochi-mqtt does. */
  readonly refusesEmptyWill?: boolean;
}

/** The links of one test. Disposing of it closes them. */
export class TestLinks implements AsyncDisposable {
  /** What the links were made for, in order. */
  readonly plans: ConnectPlan[] = [];
  readonly events: ProxyEvent[] = [];
  readonly #broker: TestBroker;
  readonly #options: TestLinksOptions;
  readonly #links: MqttLink[] = [];
  readonly #connections = new Map<string, MqttConnection>();

  constructor(broker: TestBroker, options: TestLinksOptions = {}) {
    this.#broker = broker;
    this.#options = options;
  }

  /** Makes a link; see `MakeLink`. */
  readonly make = (plan: ConnectPlan): MqttLink => {
    this.plans.push(plan);
    const { answer, maximumPacketSize, protocolVersion, refusesEmptyWill } = this.#options;
    const link = new BrokerLink({
      broker: { url: this.#broker.url, keepAlive: 60 },
      plan,
      preset: BROKER_PRESETS.standard,
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      observe: this.observe,
      random: () => 0,
      connect: async (request, signal) => {
        if (refusesEmptyWill && request.plan.will?.payload.length === 0) {
          throw new ConnectError("will flag no payload", 0x82, false);
        }
        const connection = await connectToBroker(request, signal);
        this.#connections.set(plan.clientId, connection);
        if (maximumPacketSize !== undefined) Object.assign(connection.answer, { maximumPacketSize });
        if (answer !== undefined) Object.assign(connection.answer, { userProperties: answer });
        return connection;
      },
    });
    this.#links.push(link);
    return link;
  };

  /** Takes what happens. */
  readonly observe = (event: ProxyEvent): void => void this.events.push(event);

  /** Cuts the connection of a client without a goodbye, as a crash would. */
  cut(clientId: string): void {
    this.#connections.get(clientId)?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()));
  }
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean, what: string, limit = 10_000): Promise<void> {
  const deadline = performance.now() + limit;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`In vain waited for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
