/**
 * What the broker lets a session do.
 *
 * @module
 */
import type { MqttLink, QoS } from "../../mqtt/mod.ts";
import type { SessionQoS } from "../profile.ts";

/** Room for the fixed header and the properties of a PUBLISH, which are far shorter, in bytes. */
const PROPERTIES = 1_024;

/** The largest payload that fits into one PUBLISH to `topic`, in bytes. */
export function largestPart({ state }: MqttLink, topic: string): number {
  if (state.status !== "online" || state.limits.protocolVersion === 4) return Infinity;
  return Math.max(1, state.limits.maximumPacketSize - PROPERTIES - 3 * topic.length);
}

/**
 * The QoS of a message. A peer that numbers its messages misses one that is lost, and so QoS 0 is enough for it: half
 * the packets, and no answer held back behind an acknowledgement.
 */
export function qosOf(qos: SessionQoS, numbered: boolean): QoS {
  return qos === "auto" ? (numbered ? 0 : 1) : qos;
}
