/**
 * A link on which every publish comes to what the test wants.
 *
 * @module
 */
import type { Failure } from "../../src/core/failure.ts";
import { allProperties } from "../../src/mqtt/codec/properties.ts";
import type { BrokerLimits, LinkState, PublishOutcome, PublishPacket } from "../../src/mqtt/mod.ts";
import { LoopLink } from "./loop_link.ts";

/** A {@linkcode LoopLink} that remembers what was published. */
export class ScriptedLink extends LoopLink {
  override readonly state: LinkState;
  readonly published: PublishPacket[] = [];
  /** What the next publishes come to. */
  outcome: (packet: PublishPacket) => Failure | undefined = () => undefined;

  constructor(clientId: string, limits: Partial<BrokerLimits> = {}) {
    super(clientId, () => {});
    const { state } = new LoopLink("", () => {});
    if (state.status !== "online") throw new Error("A loop is always online");
    this.state = { status: "online", limits: { ...state.limits, maximumPacketSize: 1_000_000, ...limits } };
  }

  override publish(packet: PublishPacket, done?: PublishOutcome): void {
    const { common: _, ...rest } = packet;
    const whole = { ...rest, properties: allProperties(packet) };
    this.published.push(whole);
    done?.(this.outcome(whole));
  }
}
