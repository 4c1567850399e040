/**
 * Servers and their instances, by the announcements of the instances.
 *
 * @module
 */
import { type Announcement, PROFILES } from "../../wire/mod.ts";

/** One instance of a server, in one profile. */
export interface ListedInstance {
  /** Its MQTT client id. */
  readonly id: string;
  readonly profile: string;
  /** The topic for its requests. */
  readonly topic: string;
  /** When it came online, as an ISO 8601 time; `undefined` when it does not say. */
  readonly since: string | undefined;
  /** The public key that it claims as its own, for sealed sessions. Anybody may claim it. */
  readonly key?: string;
}

/** A server, with all profiles in which it is online. */
export interface ListedServer {
  readonly name: string;
  /** Its profiles, in the order of preference. */
  readonly profiles: readonly string[];
  /** The topic for requests in the first of its profiles; in the open convention, that of the first instance. */
  readonly topic: string;
  readonly description: string;
  readonly instances: readonly ListedInstance[];
}

/** The servers that are online. */
export class ServerRegistry {
  readonly #announcements = new Map<string, Announcement>();
  readonly #unconfirmed = new Set<string>();

  /**
   * Notes an announcement of an instance.
   *
   * @returns whether the instance has come or gone; `false` when it only repeats itself
   */
  note(announcement: Announcement): boolean {
    const { topic, online } = announcement;
    const known = this.#announcements.has(topic);
    this.#unconfirmed.delete(topic);
    if (online) this.#announcements.set(topic, announcement);
    else this.#announcements.delete(topic);
    return known !== online;
  }

  /** The latest announcement of the instance on this topic, if it is online. */
  at(topic: string): Announcement | undefined {
    return this.#announcements.get(topic);
  }

  /** The connection is lost. Instances that are still online will announce themselves again. */
  doubt(): void {
    for (const topic of this.#announcements.keys()) this.#unconfirmed.add(topic);
  }

  /** Removes and returns the instances that have not announced themselves since {@linkcode doubt}. */
  takeUnconfirmed(): Announcement[] {
    const gone = [...this.#unconfirmed].map((topic) => this.#announcements.get(topic)).filter((one) =>
      one !== undefined
    );
    for (const { topic } of gone) this.#announcements.delete(topic);
    this.#unconfirmed.clear();
    return gone;
  }

  /** All servers, by name. */
  get servers(): ListedServer[] {
    const groups = Map.groupBy(this.#announcements.values(), ({ serverName }) => serverName);
    return [...groups].map(([name, announcements]) => toServer(name, announcements))
      .toSorted((a, b) => COLLATOR.compare(a.name, b.name));
  }
}

/** Compares names. With many servers it is much faster than `localeCompare`. */
const COLLATOR = new Intl.Collator();

const PREFERENCE = PROFILES.map(({ name }) => name);

/** The server of these announcements, which are of its instances. */
export function toServer(name: string, announcements: readonly Announcement[]): ListedServer {
  const sorted = announcements.toSorted((a, b) =>
    PREFERENCE.indexOf(a.profile) - PREFERENCE.indexOf(b.profile) || COLLATOR.compare(a.instance, b.instance)
  );
  return {
    name,
    profiles: [...new Set(sorted.map(({ profile }) => profile))],
    topic: sorted[0]?.address ?? "",
    description: sorted.find(({ description }) => description !== "")?.description ?? "",
    instances: sorted.map(({ instance: id, profile, address: topic, meta }) => ({
      id,
      profile,
      topic,
      since: timeOf(meta.since),
      ...(typeof meta.sealed === "string" ? { key: meta.sealed } : {}),
    })),
  };
}

function timeOf(since: unknown): string | undefined {
  if (typeof since !== "string" || Number.isNaN(Date.parse(since))) return undefined;
  return new Date(since).toISOString();
}
