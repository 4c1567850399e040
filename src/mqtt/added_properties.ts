/**
 * User properties that the user adds to every message of a link.
 *
 * @module
 */
import type { ConnectPlan, PublishPacket, PublishProperties, UserProperties } from "./link.ts";

/** Adds them to the properties that packets have in common, since those are encoded only once. */
export class AddedProperties {
  readonly #added: UserProperties;
  /** The properties of packets that have none in common. */
  readonly #alone: PublishProperties;
  /** The common properties with the added ones, by the common properties alone. */
  readonly #merged = new WeakMap<PublishProperties, PublishProperties>();

  constructor(added: UserProperties) {
    this.#added = added;
    this.#alone = { userProperties: added };
  }

  /** The packet with the added properties. A {@linkcode PublishPacket.bare} packet stays as it is. */
  on(packet: PublishPacket): PublishPacket {
    return packet.bare === true ? packet : { ...packet, common: this.#with(packet.common) };
  }

  #with(common: PublishProperties | undefined): PublishProperties {
    if (common === undefined) return this.#alone;
    let both = this.#merged.get(common);
    if (both === undefined) {
      both = merged(common, this.#added);
      this.#merged.set(common, both);
    }
    return both;
  }
}

/** The plan of a connection whose CONNECT, will and messages have `added` besides their own properties. */
export function withAddedProperties(plan: ConnectPlan, added: UserProperties | undefined): ConnectPlan {
  if (added === undefined) return plan;
  const { will } = plan;
  return {
    ...plan,
    addedProperties: added,
    userProperties: { ...plan.userProperties, ...added },
    nudgeProperties: merged(plan.nudgeProperties, added),
    ...(will === undefined ? {} : { will: { ...will, properties: merged(will.properties, added) } }),
  };
}

function merged(properties: PublishProperties | undefined, added: UserProperties): PublishProperties {
  return { ...properties, userProperties: { ...properties?.userProperties, ...added } };
}
