/**
 * The connections to the broker that a command holds.
 *
 * @module
 */
import type { BrokerConfig } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import { BrokerLink, type ConnectPlan, type LinkState, type MqttLink } from "../mqtt/mod.ts";

/** Makes links to one broker. Disposing of it closes those that are still open. */
export class Links implements AsyncDisposable {
  readonly #broker: BrokerConfig;
  readonly #observe: Observer;
  readonly #open = new Set<MqttLink>();

  constructor(broker: BrokerConfig, observe: Observer) {
    this.#broker = broker;
    this.#observe = observe;
  }

  /**
   * A link with a connection of its own, which is not open yet.
   *
   * @param changed told of every change of its state
   */
  make(plan: ConnectPlan, changed: (state: LinkState) => void = () => {}): MqttLink {
    const { broker, profile, protocolVersion } = this.#broker;
    const link = new BrokerLink({
      broker,
      profile,
      plan,
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      observe: this.#observe,
    });
    this.#open.add(link);
    link.watch((state) => {
      if (state.status === "closed") this.#open.delete(link);
      changed(state);
    });
    return link;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map((link) => link.close()));
  }
}
