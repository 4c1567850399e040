/**
 * The connections to the broker that a command holds.
 *
 * @module
 */
import type { BrokerConfig } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import {
  BrokerLink,
  type ConnectPlan,
  type LinkState,
  type MqttLink,
  TakeoverDetector,
  withAddedProperties,
} from "../mqtt/mod.ts";

/** Makes links to one broker. Disposing of it closes the links that are still open. */
export class Links implements AsyncDisposable {
  readonly #broker: BrokerConfig;
  readonly #observe: Observer;
  readonly #open = new Set<MqttLink>();
  readonly #takeovers: TakeoverDetector;
  #said = false;

  /** @param takeovers watches all links of the process to this broker, where there are others */
  constructor(broker: BrokerConfig, observe: Observer, takeovers = new TakeoverDetector()) {
    this.#broker = broker;
    this.#observe = observe;
    this.#takeovers = takeovers;
  }

  /**
   * Makes a link with a connection of its own, which is not open yet.
   *
   * @param changed told every change of its state
   * @param topicsAreGiven whether the user of the link has chosen its topics, so that errors may show them to that user
   */
  make(plan: ConnectPlan, changed: (state: LinkState) => void = () => {}, topicsAreGiven = false): MqttLink {
    const { broker, preset, protocolVersion, userProperties } = this.#broker;
    const link = new BrokerLink({
      broker,
      preset,
      plan: withAddedProperties(plan, userProperties),
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      topicsAreGiven,
      observe: this.#observe,
    });
    this.#open.add(link);
    this.#takeovers.add(link);
    link.watch((state) => {
      if (state.status === "closed") this.#open.delete(link);
      if (state.status === "online" && state.limits.protocolVersion === 4) this.#sayWhatIsNotSent();
      changed(state);
    });
    return link;
  }

  /** Warns that user properties are not sent: MQTT 3.1.1 has none. */
  #sayWhatIsNotSent(): void {
    if (this.#broker.userProperties === undefined || this.#said) return;
    this.#said = true;
    const text = "--user-property is of no use here: the broker speaks MQTT 3.1.1, which has no user properties";
    this.#observe({ type: "warning", text });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map((link) => link.close()));
  }
}
