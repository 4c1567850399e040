/**
 * The link of one sealed session: what the session publishes leaves sealed, and what arrives is opened.
 *
 * The session itself knows nothing of it.
 *
 * @module
 */
import type { LinkState, MqttLink, PublishOutcome, PublishPacket, ReceivedPacket } from "../../../mqtt/mod.ts";
import type { Seal } from "../../../seal/mod.ts";
import { CLOSED } from "../session/properties.ts";
import { fromPlaintext, openProperties, randomCorrelation, toPlaintext } from "./sealed_packet.ts";

/** What a {@linkcode SealedLink} is made of. */
export interface SealedLinkOptions {
  readonly link: MqttLink;
  readonly seal: Seal;
  /** The session's name. */
  readonly session: string;
  /** Where the peer listens; goodbyes go there too, and not to the topic that everybody knows. */
  readonly topic: string;
  /** Called when no further packet can be sealed: the session has to end. */
  readonly exhausted: () => void;
}

/** A link for one session. */
export class SealedLink implements MqttLink {
  readonly #options: SealedLinkOptions;
  readonly #common;
  #traffic = 0;
  #spent = false;

  constructor(options: SealedLinkOptions) {
    this.#options = options;
    this.#common = openProperties(options.session);
  }

  get clientId(): string {
    return this.#options.link.clientId;
  }

  get state(): LinkState {
    return this.#options.link.state;
  }

  /** How many packets were sealed and opened so far. */
  get traffic(): number {
    return this.#traffic;
  }

  /** Opens a packet of the peer's; `undefined` when it is none. */
  unseal(packet: ReceivedPacket): ReceivedPacket | undefined {
    const { seal, session } = this.#options;
    const plaintext = seal.open(packet.payload);
    if (plaintext === undefined) return undefined;
    this.#traffic++;
    return fromPlaintext(plaintext, packet, session);
  }

  publish(packet: PublishPacket, done?: PublishOutcome, signal?: AbortSignal): Promise<void> | void {
    const { link, seal, topic, exhausted } = this.#options;
    if (seal.exhausted) {
      // Who ends a session says goodbye, for which there is no key any more.
      if (!this.#spent) {
        this.#spent = true;
        exhausted();
      }
      return;
    }
    this.#traffic++;
    const sealed = {
      topic,
      qos: packet.qos,
      payload: seal.seal(...toPlaintext(goodbyesNamed(packet, topic))),
      common: this.#common,
      bare: true,
      properties: { correlationData: randomCorrelation() },
    };
    return link.publish(sealed, done, signal);
  }

  expectMore(): void {
    this.#options.link.expectMore();
  }

  hurry(): void {
    this.#options.link.hurry();
  }

  roundTrip(): Promise<void> {
    return this.#options.link.roundTrip();
  }

  watch(listener: (state: LinkState) => void, signal?: AbortSignal): void {
    this.#options.link.watch(listener, signal);
  }

  subscribe(): Promise<void> {
    return Promise.reject(new Error("A session subscribes to nothing"));
  }

  unsubscribe(): Promise<void> {
    return Promise.reject(new Error("A session subscribes to nothing"));
  }

  open(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What a client publishes elsewhere is its goodbye; inside the seal it is the property that says so. */
function goodbyesNamed(packet: PublishPacket, topic: string): PublishPacket {
  if (packet.topic === topic) return packet;
  const { properties = {} } = packet;
  return {
    ...packet,
    properties: { ...properties, userProperties: { ...properties.userProperties, [CLOSED]: "session-ended" } },
  };
}
