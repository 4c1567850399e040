/**
 * Servers and their instances, put together from what each instance announces.
 *
 * @module
 */
import { type Announcement, PROFILES } from "../../wire/mod.ts";

/** One instance of a server, in one profile. */
export interface ListedInstance {
  /** Its MQTT client id. */
  readonly id: string;
  readonly profile: string;
  /** Where its requests go. */
  readonly topic: string;
  /** When it came online, as an ISO 8601 time; `undefined` when it does not say. */
  readonly since: string | undefined;
  /** The public key that it says is its own, by which sessions are sealed. Anybody may say so. */
  readonly key?: string;
}

/** A server, in whichever profiles it is online. */
export interface ListedServer {
  readonly name: string;
  /** In the order of preference. */
  readonly profiles: readonly string[];
  /** Where requests go in the first of them; for the open convention, to the first instance. */
  readonly topic: string;
  readonly description: string;
  readonly instances: readonly ListedInstance[];
}

/** Who is online. */
export class ServerRegistry {
  readonly #announcements = new Map<string, Announcement>();
  readonly #unconfirmed = new Set<string>();

  /**
   * Notes what an instance announces.
   *
   * @returns whether it has come or gone, rather than said again what was known
   */
  note(announcement: Announcement): boolean {
    const { topic, online } = announcement;
    const known = this.#announcements.has(topic);
    this.#unconfirmed.delete(topic);
    if (online) this.#announcements.set(topic, announcement);
    else this.#announcements.delete(topic);
    return known !== online;
  }

  /** What the instance on this topic announced last, if it is online. */
  at(topic: string): Announcement | undefined {
    return this.#announcements.get(topic);
  }

  /** The connection is lost: who is still there will be announced again. */
  doubt(): void {
    for (const topic of this.#announcements.keys()) this.#unconfirmed.add(topic);
  }

  /** Removes and returns those that have not been announced again since {@linkcode doubt}. */
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

/** Many times faster than `localeCompare`, where there are many servers. */
const COLLATOR = new Intl.Collator();

const PREFERENCE = PROFILES.map(({ name }) => name);

function toServer(name: string, announcements: readonly Announcement[]): ListedServer {
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
