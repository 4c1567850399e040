/**
 * Answers to those who get no session.
 *
 * Anybody can cause any number of them. So no session is made for them, and they are dropped when there are too many.
 *
 * @module
 */
import { failureResponses, requestsIn } from "../../../core/batch.ts";
import type { Failure } from "../../../core/failure.ts";
import { Message } from "../../../core/message.ts";
import { invalidResponse } from "../../../core/parse_error.ts";
import type { MqttLink, PublishProperties, QoS, ReceivedPacket } from "../../../mqtt/mod.ts";
import { LimitedPublisher } from "../../limited_publisher.ts";
import { disconnected } from "../../notifications.ts";
import { plainQoS } from "../../packets.ts";
import type { SessionQoS } from "../../profile.ts";
import {
  ACKNOWLEDGE,
  CLOSED,
  MESSAGE_PROPERTIES,
  qosOf,
  SEQUENCE,
  SESSION,
  userProperty,
} from "../session/properties.ts";

/** The answers of one server. */
export class Refusals {
  readonly #publisher: LimitedPublisher;
  readonly #qos: SessionQoS;

  constructor(link: MqttLink, qos: SessionQoS) {
    this.#publisher = new LimitedPublisher(link);
    this.#qos = qos;
  }

  /** Answers a message that opens no session. Its requests have not run, and the client may send them elsewhere. */
  refuse(packet: ReceivedPacket, topic: string, failure: Failure): void {
    if (!this.#publisher.allows(topic)) return;
    const session = userProperty(packet, SESSION);
    // A client that numbers its messages knows from the goodbye alone that its request has failed.
    const numbered = session !== undefined && userProperty(packet, SEQUENCE) !== undefined;
    const requests = numbered ? [] : requestsIn(new Message(packet.payload));
    for (const answer of failureResponses(failure, requests)) this.#answer(packet, topic, answer);
    if (session !== undefined) this.#sayGoodbye(topic, failure, numbered, { [SESSION]: session, [ACKNOWLEDGE]: "0" });
  }

  /** Answers a message of a session that is not known. Nobody knows which of its requests have run. */
  notKnown(topic: string, session: string, failure: Failure): void {
    if (this.#publisher.allows(topic)) this.#sayGoodbye(topic, failure, true, { [SESSION]: session });
  }

  /** Answers a plain requester's message that is not valid. */
  invalid(packet: ReceivedPacket, topic: string, message: Message): void {
    const answer = this.#publisher.allows(topic) ? invalidResponse(message, "null") : undefined;
    if (answer !== undefined) this.#answer(packet, topic, answer);
  }

  #answer(packet: ReceivedPacket, topic: string, { bytes: payload }: Message): void {
    const { correlationData } = packet.properties;
    const session = userProperty(packet, SESSION);
    this.#publish(topic, payload, plainQoS(this.#qos), {
      ...(correlationData === undefined ? {} : { correlationData }),
      ...(session === undefined ? {} : { userProperties: { [SESSION]: session } }),
    });
  }

  #sayGoodbye(topic: string, failure: Failure, numbered: boolean, named: Readonly<Record<string, string>>): void {
    const properties = { userProperties: { ...named, [CLOSED]: failure.reason } };
    this.#publish(topic, disconnected(failure), qosOf(this.#qos, numbered), properties);
  }

  #publish(topic: string, payload: Uint8Array, qos: QoS, properties: PublishProperties): void {
    this.#publisher.publish({ topic, payload, qos, common: MESSAGE_PROPERTIES, properties });
  }
}
