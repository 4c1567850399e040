/**
 * The client side of a wire profile, and what its sessions have received.
 *
 * @module
 */
import type { Channel } from "../../src/core/channel.ts";
import type { Failure } from "../../src/core/failure.ts";
import type { Message } from "../../src/core/message.ts";
import type { ClientOptions, ProfileDialer } from "../../src/wire/mod.ts";
import type { TestBroker } from "./embedded_broker.ts";
import { TestLinks, type TestLinksOptions } from "./links.ts";
import { gist } from "./messages.ts";
import { CLIENT_OPTIONS, profileNamed } from "./wire_options.ts";
import { eventually } from "./wait.ts";

/** A dialer of a profile. */
export class WireClient implements AsyncDisposable {
  readonly links: TestLinks;
  readonly received: Message[] = [];
  readonly #dialer: ProfileDialer;
  readonly #sessions: Channel[] = [];

  constructor(
    profile: string,
    broker: TestBroker,
    options: Pick<ClientOptions, "serverName" | "clientId"> & Partial<ClientOptions>,
    links: TestLinksOptions = {},
  ) {
    this.links = new TestLinks(broker, links);
    this.#dialer = profileNamed(profile).dialer(this.links.make, {
      ...CLIENT_OPTIONS,
      timeout: 10_000,
      observe: this.links.observe,
      ...options,
    });
  }

  async dial(): Promise<Channel> {
    const session = await this.#dialer.dial(AbortSignal.timeout(10_000));
    session.receive((message) => void this.received.push(message));
    this.#sessions.push(session);
    return session;
  }

  unavailableReason(): Failure {
    return this.#dialer.unavailableReason();
  }

  /** The messages that have come, in a few words, as soon as there are so many. */
  async hasReceived(count: number): Promise<string[]> {
    await eventually(`${count} messages`, () => this.received.length >= count);
    return this.received.map(gist);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#dialer[Symbol.asyncDispose]();
    await this.links[Symbol.asyncDispose]();
  }
}
