/**
 * The failures of messages that did not reach the broker, or that it refused.
 *
 * @module
 */
import { Failure } from "../core/failure.ts";
import { errorText } from "../core/text.ts";
import { publishSize } from "./codec/packet_size.ts";
import type { BrokerLimits, PublishPacket } from "./link.ts";
import { NO_MATCHING_SUBSCRIBERS, NOT_AUTHORIZED, PACKET_TOO_LARGE, reasonCodeName } from "./reason_codes.ts";

/** The largest PUBLISH without its payload, in bytes. A payload this far below the limit need not be measured. */
export const LARGEST_HEADER = 256 * 1024;

const RAISE_THE_LIMIT = "Raise the broker's limit (mosquitto: message_size_limit)";

/** The failure of a message whose Message Expiry Interval has passed before it was sent. */
export function expired(): Failure {
  return new Failure("timed-out", "The message expired before the connection to the broker was back");
}

/** The failure of a message beyond the limits of CONNACK; `undefined` when it is within them. */
export function beyondLimits(packet: PublishPacket, limits: BrokerLimits): Failure | undefined {
  const size = limits.maximumPacketSize < packet.payload.length + LARGEST_HEADER ? publishSize(packet) : 0;
  if (size > limits.maximumPacketSize) {
    return new Failure(
      "too-large",
      `The message needs a packet of ${size} bytes, but the broker takes ${limits.maximumPacketSize} at most`,
      { bytes: size, maximum: limits.maximumPacketSize },
    );
  }
  if (packet.retain === true && !limits.retainAvailable) {
    return new Failure("publish-refused", "The broker does not keep retained messages");
  }
}

/** The failure of a message with a field that does not fit into an MQTT packet. */
export function cannotBeSent(error: unknown): Failure {
  return new Failure("too-large", `The message cannot be sent: ${errorText(error)}`);
}

/** The failure for a reason code of PUBACK or PUBREC; `undefined` when the broker has accepted the message. */
export function refusal(topic: string, bytes: number, reasonCode: number): Failure | undefined {
  if (reasonCode === NO_MATCHING_SUBSCRIBERS) {
    return new Failure("no-server-online", `Nobody has subscribed to "${topic}"`, { reasonCode });
  }
  if (reasonCode < 0x80) return undefined;
  if (reasonCode === PACKET_TOO_LARGE) {
    const text = `The broker refused a message of ${bytes} bytes to "${topic}": ${reasonCodeName(reasonCode)}`;
    return new Failure("too-large", `${text}. ${RAISE_THE_LIMIT}`, { bytes, reasonCode });
  }
  return new Failure(
    reasonCode === NOT_AUTHORIZED ? "not-authorized" : "publish-refused",
    `The broker refused a message to "${topic}": ${reasonCodeName(reasonCode)}`,
    { reasonCode },
  );
}

/** The failure of a message whose PUBACK or PUBREC has not arrived in time. */
export function unacknowledged(topic: string): Failure {
  const text =
    `The broker did not acknowledge a message to "${topic}" in time; some brokers do so when the client may ` +
    "not publish there";
  return new Failure("publish-refused", text);
}

/** The failure of a message that must not be sent twice, and was unacknowledged when the connection ended. */
export function mayHaveArrived(topic: string, bytes: number): Failure {
  const text = `The connection to the broker was lost before it had acknowledged a message of ${bytes} bytes to ` +
    `"${topic}", which may have arrived`;
  return new Failure("broker-unreachable", text);
}

/** The failure of a message of this size that made the broker close the connection. */
export function closedOver(topic: string, bytes: number, reasonCode: number | undefined): Failure {
  const text = `The broker closed the connection over a message of ${bytes} bytes to "${topic}"`;
  if (reasonCode === undefined) return new Failure("publish-refused", `${text}, each time it was sent`, { bytes });
  const reason = reasonCode === PACKET_TOO_LARGE ? "too-large" : "publish-refused";
  return new Failure(reason, `${text}: ${reasonCodeName(reasonCode)}`, { bytes, reasonCode });
}
