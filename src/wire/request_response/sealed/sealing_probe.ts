/**
 * Finding out whether a server would open a sealed session, without opening one.
 *
 * @module
 */
import { orAborted, sleep } from "../../../core/waiting.ts";
import { Failure } from "../../../core/failure.ts";
import type { MqttLink } from "../../../mqtt/mod.ts";
import type { SealingAnswer, SealingProbeOptions } from "../../profile.ts";
import type { Opening } from "../client/instances.ts";
import { newSessionId } from "../session/properties.ts";
import { decodePresence, type Presence } from "../presence.ts";
import { type Topics, topicsFor } from "../topics.ts";
import { ClientHandshaking } from "./client_handshake.ts";

/** The presence of several instances comes one by one; after this long all are known, in ms. */
const PRESENCE_QUIET = 200;

/** No more instances than this are asked. */
const MOST_INSTANCES = 16;

/**
 * Asks each instance of a server that shows its presence; if none does, whichever there is.
 *
 * @throws {Failure} when the broker cannot be reached
 */
export async function probeSealing(
  link: MqttLink,
  options: SealingProbeOptions,
  signal: AbortSignal,
): Promise<readonly SealingAnswer[]> {
  const topics = topicsFor(options);
  const online = new Map<string, Presence>();
  const handshakes = new Set<ClientHandshaking>();
  void link.subscribe({
    filter: topics.response.for(link.clientId),
    qos: 1,
    handler: (packet) => handshakes.forEach((handshake) => handshake.deliver(packet)),
  });
  void link.subscribe({
    filter: topics.presenceFilter,
    qos: 1,
    handler: ({ topic, payload }) => {
      const presence = decodePresence(payload);
      if (presence !== undefined) online.set(topic.split("/").at(-1) ?? "", presence);
    },
    refused: () => {}, // then whichever instance there is is asked
  });
  await reached(link, signal);
  await link.roundTrip().catch(() => {});
  await sleep(PRESENCE_QUIET, signal);
  const instances: [string | undefined, Presence | undefined][] = [...online].slice(0, MOST_INSTANCES);
  if (instances.length === 0 && options.sealing !== undefined) instances.push([undefined, undefined]);
  return await Promise.all(instances.map(async ([instance, presence]) => {
    const { sealed, unsealed } = presence?.meta ?? {};
    const opening = { instance, direct: presence?.direct === true, ...UNKNOWN };
    return {
      instance,
      shownKey: typeof sealed === "string" ? sealed : undefined,
      takesUnsealed: sealed === undefined || unsealed === true,
      ...await outcome(link, topics, options, opening, handshakes, signal),
    };
  }));
}

/** What does not matter for a handshake. */
const UNKNOWN = { numbered: false, format: undefined, plain: false } as const;

async function outcome(
  link: MqttLink,
  topics: Topics,
  { sealing, timeout }: SealingProbeOptions,
  opening: Opening,
  handshakes: Set<ClientHandshaking>,
  signal: AbortSignal,
): Promise<Pick<SealingAnswer, "agreed" | "failure">> {
  if (sealing === undefined) return { agreed: false };
  const parts = { link, topics, session: newSessionId(), sealing, opening, connectTimeout: timeout };
  const handshake = new ClientHandshaking(parts, signal);
  handshakes.add(handshake);
  try {
    await handshake.agreed; // what the server keeps of it is gone after some seconds
    return { agreed: true };
  } catch (error) {
    if (error instanceof Failure) return { agreed: false, failure: error };
    throw error;
  } finally {
    handshakes.delete(handshake);
  }
}

/** Resolves when the broker has accepted the connection. */
async function reached(link: MqttLink, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = () => {
    if (link.state.status === "online") resolve();
    if (link.state.status === "refused") reject(link.state.failure);
  };
  link.watch(look, signal);
  link.open();
  look();
  await orAborted(promise, signal);
}
