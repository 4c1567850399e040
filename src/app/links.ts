/**
 * The connections to the broker that a command holds.
 *
 * @module
 */
import type { BrokerConfig } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import { BrokerLink, type ConnectPlan, type LinkState, type MqttLink, Rivals } from "../mqtt/mod.ts";

/** Makes links to one broker. Disposing of it closes those that are still open. */
export class Links implements AsyncDisposable {
  readonly #broker: BrokerConfig;
  readonly #observe: Observer;
  readonly #open = new Set<MqttLink>();
  readonly #rivals: Rivals;

  /** @param rivals knows all links of the process to this broker, if there are others */
  constructor(broker: BrokerConfig, observe: Observer, rivals = new Rivals()) {
    this.#broker = broker;
    this.#observe = observe;
    this.#rivals = rivals;
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
    this.#rivals.add(link);
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
