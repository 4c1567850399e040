/**
 * A {@linkcode BrokerLink} that keeps what it gets, and can be waited for.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ProxyEvent } from "../../src/core/events.ts";
import type { Failure } from "../../src/core/failure.ts";
import type { BrokerSettings } from "../../src/mqtt/connection/connection.ts";
import type { PublishPacket, ReceivedPacket, Subscription } from "../../src/mqtt/link.ts";
import { BROKER_PRESETS, BrokerLink, type ConnectPlan } from "../../src/mqtt/mod.ts";
import { eventually } from "./wait.ts";

/** What is not as usual. */
export interface LinkOptions extends Partial<Omit<BrokerSettings, "url">> {
  readonly plan?: Partial<ConnectPlan>;
  readonly protocolVersion?: 4 | 5;
}

/** A link, with what arrives on it. */
export class Link extends BrokerLink {
  readonly events: ProxyEvent[];
  readonly arrivals: ReceivedPacket[] = [];

  constructor(url: string, { plan, protocolVersion, ...broker }: LinkOptions = {}) {
    const events: ProxyEvent[] = [];
    super({
      broker: { url, keepAlive: 60, ...broker },
      plan: { clientId: `test-${crypto.randomUUID().slice(0, 8)}`, ...plan },
      preset: BROKER_PRESETS.standard,
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      observe: (event) => events.push(event),
      random: () => 0,
    });
    this.events = events;
  }

  get failure(): Failure | undefined {
    return "failure" in this.state ? this.state.failure : undefined;
  }

  get topics(): string[] {
    return this.arrivals.map(({ topic }) => topic);
  }

  hear(filter: string, rest: Partial<Subscription> = {}): Promise<void> {
    return this.subscribe({ filter, qos: 1, handler: (packet) => void this.arrivals.push(packet), ...rest });
  }

  say(topic: string, rest: Partial<PublishPacket> = {}): Promise<Failure | undefined> {
    return new Promise((resolve) => {
      void this.publish({ topic, payload: new TextEncoder().encode(topic), qos: 1, ...rest }, resolve);
    });
  }

  async online(): Promise<this> {
    this.open();
    await eventually("the link is online", () => this.state.status === "online");
    return this;
  }

  async refused(): Promise<Failure> {
    this.open();
    await eventually("the link is refused", () => this.state.status === "refused");
    assert.ok(this.failure !== undefined);
    return this.failure;
  }

  async failing(): Promise<Failure> {
    this.open();
    return await eventually("the link has failed", () => this.failure);
  }
}
