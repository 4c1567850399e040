/**
 * The instances of a server that are online, and which of them is to take a session.
 *
 * @module
 */
import type { ConnectOptions } from "../../../config/mod.ts";
import type { Failure } from "../../../core/failure.ts";
import type { Presence } from "../presence.ts";
import { NEWEST_FORMAT } from "../session/properties.ts";

/** Where a session is opened, and what is known of the instance that takes it. */
export interface Opening {
  /** The one instance that is to take it; whichever gets the message when `undefined`. */
  readonly instance: string | undefined;
  /** Whether that instance takes the first message on its own topic. */
  readonly direct: boolean;
  /** Whether messages are known to be numbered. */
  readonly numbered: boolean;
  /** The format in which they are known to be numbered. */
  readonly format: typeof NEWEST_FORMAT | undefined;
  /** Whether the instance cannot tell sessions apart, since it speaks MQTT 3.1.1. */
  readonly plain: boolean;
  /** Whether the instance has agreed to the session already, by a handshake. */
  readonly agreed?: boolean;
}

/** How many instances that do not answer are remembered. */
const REMEMBERED_INSTANCES = 100;

/** What the presences of one base topic say. */
export class Instances {
  readonly #pick: ConnectOptions["pick"];
  readonly #online = new Map<string, Presence>();
  /** Instances that were there by their presence, but did not answer. */
  readonly #silent = new Set<string>();
  /** Whether a message to the shared subscription of all has been in vain. */
  #shareFails = false;
  #departures = 0;

  constructor(pick: ConnectOptions["pick"]) {
    this.#pick = pick;
  }

  get size(): number {
    return this.#online.size;
  }

  /** How many have gone so far. */
  get departures(): number {
    return this.#departures;
  }

  /** Whether the broker chooses an instance, by a subscription that all of them share. */
  get share(): boolean {
    return !this.#shareFails && [...this.#online.values()].every(({ shared }) => shared);
  }

  has(instance: string): boolean {
    return this.#online.has(instance);
  }

  /** When an instance has come online, by its own words. */
  since(instance: string): unknown {
    return this.#online.get(instance)?.meta.since;
  }

  /** Takes note of a presence; `undefined` when the instance is gone. */
  note(instance: string, presence: Presence | undefined): void {
    if (presence !== undefined) this.#online.set(instance, presence);
    else if (this.#online.delete(instance)) this.#departures++;
  }

  /** The connection is lost. The retained presences come again with the next one. */
  clear(): void {
    this.#departures += this.#online.size;
    this.#online.clear();
  }

  /**
   * Where to open a session.
   *
   * @param addressed whether an instance has to be named, since without properties the broker's choice would be another
   * for each message
   */
  choose(addressed: boolean): Opening {
    return this.share && !addressed ? this.#whichever() : this.#one([...this.#online.keys()]);
  }

  /** Where to open it instead, since nobody listens where `tried` said. */
  another({ instance: tried }: Opening): Opening | undefined {
    if (tried === undefined) this.#shareFails = true;
    else this.#noteSilent(tried);
    const direct = [...this.#online].filter(([id, presence]) => id !== tried && presence.direct);
    return direct.length === 0 ? undefined : this.#one(direct.map(([id]) => id));
  }

  /** Notes how a session ended. After an instance that did not respond, the next session goes to another. */
  learn({ instance }: Opening, failure: Failure | undefined): void {
    if (failure?.reason !== "server-not-responding") return;
    if (instance === undefined) this.#shareFails = this.#online.size > 0;
    else this.#noteSilent(instance);
  }

  #noteSilent(instance: string): void {
    if (this.#silent.size >= REMEMBERED_INSTANCES) this.#silent.clear();
    this.#silent.add(instance);
  }

  /** What all have in common, so that it does not matter which of them takes the session. */
  #whichever(): Opening {
    const all = [...this.#online.values()];
    return {
      instance: undefined,
      direct: false,
      numbered: all.length > 0 && all.every(({ numbered }) => numbered),
      format: all.length > 0 && all.every(({ format }) => format === NEWEST_FORMAT) ? NEWEST_FORMAT : undefined,
      plain: false,
    };
  }

  #one(ids: readonly string[]): Opening {
    const answering = ids.filter((id) => !this.#silent.has(id));
    const candidates = (answering.length > 0 ? answering : ids).toSorted();
    const index = this.#pick === "first" ? 0 : Math.floor(Math.random() * candidates.length);
    const instance = candidates[index];
    const presence = instance === undefined ? undefined : this.#online.get(instance);
    if (presence === undefined) return this.#whichever();
    const { direct, numbered, format } = presence;
    // An instance that does not listen on its own topic, and is the only one, gets everything.
    return {
      instance: direct || this.#online.size > 1 ? instance : undefined,
      direct,
      numbered,
      format: format === NEWEST_FORMAT ? NEWEST_FORMAT : undefined,
      plain: direct && !numbered,
    };
  }
}
