/**
 * Publishing a message, and waiting until the broker has it.
 *
 * @module
 */
import { Failure } from "../core/failure.ts";
import { NO_MATCHING_SUBSCRIBERS, type PublishPacket, type QoS, whenOnline } from "../mqtt/mod.ts";
import type { ToolContext } from "./context.ts";
import { ToolError } from "./tool_error.ts";
import { orLate } from "../core/waiting.ts";

/** How long the broker may take to confirm a message, in ms. This is longer than the link's own time limit. */
const CONFIRMATION_TIMEOUT = 15_000;

/** The broker's answer to a message. */
export interface Delivery {
  /** Whether the topic has a subscriber; `undefined` when the broker did not say. */
  readonly subscribers: boolean | undefined;
  /** The QoS that the message was sent with, at most the broker's Maximum QoS. */
  readonly qos: QoS;
}

/**
 * Publishes a message, and resolves when the broker has it.
 *
 * @throws {Failure} when the broker does not take it or cannot be reached
 * @throws {ToolError} when it cannot be sent as it is
 */
export async function publishMessage(
  packet: PublishPacket,
  context: ToolContext,
  signal: AbortSignal,
): Promise<Delivery> {
  const { link, clock, connectTimeout } = context;
  const { protocolVersion, maximumQoS } = await whenOnline(link, connectTimeout, signal, clock);
  const qos = Math.min(packet.qos, maximumQoS) as QoS;
  if (protocolVersion === 4 && Object.keys(packet.properties ?? {}).length > 0) {
    throw new ToolError(
      "The broker speaks MQTT 3.1.1 only, in which a message has no content type, response topic, correlation data, " +
        "expiry or user properties; publish without them",
    );
  }
  const failure = await outcomeOf(packet, context, signal);
  if (failure?.details.reasonCode === NO_MATCHING_SUBSCRIBERS) return { subscribers: false, qos };
  if (failure !== undefined) throw failure;
  // A message of QoS 0 counts as sent when it is written. By then nobody knows whether the connection is dead, or
  // whether the broker will close it because of the message. The answer to a later packet shows that.
  if (qos === 0) await limited(link.roundTrip(), packet, context, signal);
  return { subscribers: undefined, qos };
}

async function outcomeOf(
  packet: PublishPacket,
  context: ToolContext,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const withdraw = new AbortController();
  const outcome = new Promise<Failure | undefined>((resolve) => {
    void context.link.publish(packet, resolve, withdraw.signal);
  });
  try {
    return await limited(outcome, packet, context, signal);
  } finally {
    withdraw.abort();
  }
}

function limited<T>(
  work: Promise<T>,
  { topic }: PublishPacket,
  { clock }: ToolContext,
  signal: AbortSignal,
): Promise<T> {
  const text = `The broker did not confirm the message to "${topic}" within ${CONFIRMATION_TIMEOUT / 1000} s; ` +
    `it may or may not have got it`;
  const late = () => {
    throw new Failure("timed-out", text);
  };
  return orLate(work, CONFIRMATION_TIMEOUT, late, { signal, clock });
}
