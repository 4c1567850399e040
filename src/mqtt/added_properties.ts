/**
 * User properties that the user has put on every message of a link.
 *
 * @module
 */
import type { ConnectPlan, PublishPacket, PublishProperties, UserProperties } from "./link.ts";

/** Puts them on packets, as part of what packets have in common: they are encoded once. */
export class AddedProperties {
  readonly #added: UserProperties;
  /** Those of packets that have nothing in common. */
  readonly #alone: PublishProperties;
  /** By what packets have in common without them. */
  readonly #merged = new WeakMap<PublishProperties, PublishProperties>();

  constructor(added: UserProperties) {
    this.#added = added;
    this.#alone = { userProperties: added };
  }

  /** The packet with them; one that has to stay {@linkcode PublishPacket.bare} as it is. */
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
