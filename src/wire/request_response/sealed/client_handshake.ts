/**
 * Opening a sealed session: message 1, again and again, until the server's message 2 comes.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../core/clock.ts";
import { Failure, isFailureReason } from "../../../core/failure.ts";
import type { MqttLink, ReceivedPacket } from "../../../mqtt/mod.ts";
import type { ClientSealing, Seal } from "../../../seal/mod.ts";
import { INSTANCE, SESSION, userProperty } from "../session/properties.ts";
import type { Opening } from "../client/instances.ts";
import type { Topics } from "../topics.ts";
import { openProperties, randomCorrelation, SEALED } from "./sealed_packet.ts";

/** Message 1 or its answer may be lost: it is sent again after this time, in ms. */
const REPEAT_AFTER = 1_000;

const SPACE = 0x20;

/** What a {@linkcode ClientHandshaking} is made of. */
export interface HandshakingOptions {
  readonly link: MqttLink;
  readonly topics: Topics;
  readonly session: string;
  readonly sealing: ClientSealing;
  readonly opening: Opening;
  /** Where to go on, when nobody has answered where `tried` said; it opens nothing, and so may go anywhere. */
  readonly another?: (tried: Opening) => Opening | undefined;
  /** How long the server may take, in ms. */
  readonly connectTimeout: number;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** What the server and the client agree on. */
export interface AgreedSession {
  readonly seal: Seal;
  readonly instance: string;
}

/** A handshake that is under way. */
export class ClientHandshaking {
  /** Rejects with a {@linkcode Failure} when the server refuses, or nobody answers. */
  readonly agreed: Promise<AgreedSession>;
  readonly #options: HandshakingOptions;
  readonly #handshake;
  readonly #end: PromiseWithResolvers<AgreedSession> = Promise.withResolvers();
  /** The instances that it was sent to. */
  readonly #tried = new Set<string | undefined>();
  #opening: Opening;
  #settled = false;
  #cancelRepeat = () => {};

  constructor(options: HandshakingOptions, signal: AbortSignal) {
    const { sealing, topics, session, connectTimeout, clock = systemClock } = options;
    this.#options = options;
    this.#opening = options.opening;
    this.#handshake = sealing.begin(topics.base, session);
    const cancelDeadline = clock.after(connectTimeout, () => this.fail(this.unanswered));
    const abort = () => this.fail(signal.reason);
    signal.addEventListener("abort", abort);
    this.agreed = this.#end.promise.finally(() => {
      this.#settled = true;
      this.#cancelRepeat();
      cancelDeadline();
      signal.removeEventListener("abort", abort);
    });
    this.#send(clock);
  }

  /** Takes a packet that arrived on the client's response topic. What is not the answer is left alone. */
  deliver(packet: ReceivedPacket): void {
    const { session, topics, link } = this.#options;
    if (userProperty(packet, SESSION) !== session || userProperty(packet, SEALED) === undefined) return;
    const finished = this.#handshake.finish(packet.payload);
    const answer = finished && readAnswer(finished.payload);
    if (finished === undefined || answer === undefined) return;
    if (answer instanceof Failure) return this.fail(answer);
    // The server wrote both. If they differ, somebody else has changed the Response Topic.
    if (topics.instance(answer).for(link.clientId) !== packet.properties.responseTopic) return;
    this.#end.resolve({ seal: finished.seal, instance: answer });
  }

  /** Why there is no session yet. */
  get unanswered(): Failure {
    const { topics: { base }, connectTimeout } = this.#options;
    const text = `No server with the key that was given has answered on "${base}" within ${connectTimeout / 1000} s: ` +
      "check --server-key, and whether the server runs with --key";
    return new Failure("server-not-responding", text);
  }

  /** Gives up. */
  fail(reason: unknown): void {
    this.#end.reject(reason);
  }

  #send(clock: Clock): void {
    const { link, topics, session, another } = this.#options;
    const opening = this.#opening;
    const { instance, direct } = opening;
    const { userProperties, ...properties } = openProperties(session);
    const topic = direct && instance !== undefined ? topics.instance(instance) : topics.request;
    const packet = {
      topic: topic.for(link.clientId),
      payload: this.#handshake.message,
      qos: 1,
      bare: true,
      properties: {
        ...properties,
        correlationData: randomCorrelation(),
        responseTopic: topics.response.for(link.clientId),
        userProperties: { ...userProperties, ...(instance === undefined ? {} : { [INSTANCE]: instance }) },
      },
    } as const;
    this.#tried.add(instance);
    this.#cancelRepeat();
    this.#cancelRepeat = clock.after(REPEAT_AFTER, () => {
      this.#opening = another?.(opening) ?? opening;
      this.#send(clock);
    });
    void link.publish(packet, (failure) => {
      if (failure === undefined || this.#settled) return;
      const next = failure.reason === "no-server-online" ? another?.(opening) : undefined;
      if (next === undefined) return this.fail(failure);
      if (this.#tried.has(next.instance)) return; // nobody listens there either: later, and not again and again
      this.#opening = next;
      this.#send(clock);
    });
  }
}

/** In bytes. Message 2 always has this length. Otherwise its length would reveal whether the client is authorized. */
const ANSWER_LENGTH = 512;

/** The payload of message 2: the instance that has the session, or why there is none. */
export function encodeAnswer(answer: string | Failure): Uint8Array {
  const members = answer instanceof Failure ? { refused: answer.reason, text: answer.message } : { instance: answer };
  const text = new TextEncoder().encode(JSON.stringify(members));
  const padded = new Uint8Array(Math.ceil(text.length / ANSWER_LENGTH) * ANSWER_LENGTH).fill(SPACE);
  padded.set(text);
  return padded;
}

function readAnswer(payload: Uint8Array): string | Failure | undefined {
  try {
    const { instance, refused, text } = Object(JSON.parse(new TextDecoder().decode(payload)));
    if (typeof instance === "string") return instance;
    if (typeof text !== "string") return undefined;
    return new Failure(isFailureReason(refused) ? refused : "not-authorized", text);
  } catch {
    return undefined;
  }
}
