/**
 * The servers of a fleet, by the names that the host sees.
 *
 * @module
 */
import { shortened } from "../../../core/text.ts";
import { isTopicLevel } from "../../../mqtt/mod.ts";
import { type Announcement, PROFILES } from "../../../wire/mod.ts";
import { isToolsDigest } from "../../tools_digest.ts";
import { metaFilter, serverFilter } from "./server_filter.ts";
import type { FleetOptions } from "../settings.ts";

/** Where a server is, in one profile. */
export interface Place {
  readonly profile: string;
  readonly serverName: string;
  /** The base topic, if it is not the default one. */
  readonly base: string | undefined;
}

/** A server that is online. */
export interface FleetServer {
  readonly name: string;
  readonly description: string;
  /** Further members of its presence. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** In the order of preference. */
  readonly places: readonly Place[];
  readonly instances: number;
  /** The digest of its list of tools, if all instances have the same. */
  readonly toolsDigest: string | undefined;
  /** The tools in its presence. */
  readonly presentTools: readonly unknown[] | undefined;
}

/** The most instances that are kept. More would take too much memory. */
const MOST_INSTANCES = 20_000;

/** The longest presence, in bytes of JSON. Of a longer one, only short members are kept. */
const LONGEST_META = 16 * 1024;
const LONGEST_DESCRIPTION = 1_000;
const LONGEST_NAME = 200;

/** What is kept of a presence. Anybody may have written it. */
export function keptOf(announcement: Announcement): Announcement | undefined {
  const { serverName, base, description, meta, topic } = announcement;
  const name = isServerName(serverName) ? serverName : base;
  if (name === undefined || !isServerName(name) || topic.length > 4 * LONGEST_NAME) return undefined;
  const isLong = JSON.stringify(meta).length > LONGEST_META;
  return {
    ...announcement,
    serverName: name,
    description: shortened(description, LONGEST_DESCRIPTION),
    meta: isLong ? Object.fromEntries(Object.entries(meta).slice(0, 100).filter(([, value]) => isShort(value))) : meta,
  };
}

/** How a server has changed: it came online, went offline, or its presence says something else. */
export type Change = "came" | "went" | "says";

/** Announcements of one name, by their base topic; under `undefined`, those of the default one. */
type Named = Map<string | undefined, Set<Announcement>>;

/** Groups instances to servers. */
export class FleetDirectory {
  readonly #suits: (announcement: Announcement) => boolean;
  readonly #changed: (name: string, how: Change) => void;
  /** The announcement of each instance, by the topic of its presence. */
  readonly #instances = new Map<string, Announcement>();
  /** Announcements by the name that they claim, and by their base topic. */
  readonly #named = new Map<string, Named>();
  readonly #servers = new Map<string, FleetServer>();
  /** The base topic that owns each name in a profile, so that no other can take it over. `undefined`: the default one. */
  readonly #owners = new Map<string, string | undefined>();
  /** Announcements that claim a name of another server, by their base topic and that name. */
  readonly #nameConflicts = new Map<string, Map<string, readonly Announcement[]>>();

  /** @param changed called with the name of each server that has changed */
  constructor({ names, meta }: FleetOptions, changed: (name: string, how: Change) => void) {
    const matches = serverFilter(names);
    const says = metaFilter(meta);
    this.#suits = (announcement) => matches(announcement.serverName) && says(announcement.meta);
    this.#changed = changed;
  }

  get size(): number {
    return this.#servers.size;
  }

  /** All servers. */
  get servers(): Iterable<FleetServer> {
    return this.#servers.values();
  }

  get(name: string): FleetServer | undefined {
    return this.#servers.get(name);
  }

  /** Notes the announcement of an instance. */
  note(announcement: Announcement): void {
    const { topic, online } = announcement;
    const before = this.#instances.get(topic);
    this.#instances.delete(topic);
    if (before !== undefined) this.#forget(before);
    const isKept = online && this.#suits(announcement) && this.#instances.size < MOST_INSTANCES;
    if (isKept) this.#add(announcement);
    if (before === undefined || (isKept && before.serverName === announcement.serverName)) return;
    this.#group(before.serverName, [before.base]);
  }

  #add(announcement: Announcement): void {
    const { topic, serverName, base } = announcement;
    this.#instances.set(topic, announcement);
    const named: Named = this.#named.get(serverName) ?? new Map();
    this.#named.set(serverName, named.set(base, (named.get(base) ?? new Set()).add(announcement)));
    this.#group(serverName, [base, ...this.#claim(announcement, named)]);
  }

  #forget(announcement: Announcement): void {
    const named = this.#named.get(announcement.serverName);
    const group = named?.get(announcement.base);
    group?.delete(announcement);
    if (group?.size === 0) named?.delete(announcement.base);
    if (named?.size === 0) this.#named.delete(announcement.serverName);
  }

  /**
   * Groups the instances that claim a name: the server that owns it, and one server for each other base topic. Only these
   * `bases` have changed: strangers may have made thousands of others.
   */
  #group(name: string, bases: readonly (string | undefined)[]): void {
    const owners = new Map(PREFERENCE.map((profile) => [profile, this.#owners.get(`${profile} ${name}`)]));
    const of = (base: string | undefined) => [...this.#named.get(name)?.get(base) ?? []];
    const owning = new Set(owners.values());
    if (bases.some((base) => owning.has(base))) {
      this.#set(name, [...owning].flatMap(of).filter(({ profile, base }) => owners.get(profile) === base));
    }
    for (const base of new Set(bases)) {
      if (base === undefined) continue; // it owns the name
      this.#setOther(name, base, of(base).filter(({ profile }) => owners.get(profile) !== base));
    }
  }

  /** Notes the announcements below a base topic that claim a name of another server. */
  #setOther(name: string, base: string, conflicting: readonly Announcement[]): void {
    const all = this.#nameConflicts.get(base) ?? new Map<string, readonly Announcement[]>();
    this.#nameConflicts.set(base, all);
    if (conflicting.length > 0) all.set(name, conflicting);
    else all.delete(name);
    if (all.size === 0) this.#nameConflicts.delete(base);
    this.#set(`${OTHER}${base}`, [...all.values()].flat());
  }

  /**
   * Decides which base topic owns the name of an announcement: the default one, which only this server may use, or else
   * the first.
   *
   * @returns the base topics whose part in the name may have changed
   */
  #claim({ profile, serverName, base }: Announcement, named: Named): (string | undefined)[] {
    const key = `${profile} ${serverName}`;
    const isOwned = this.#owners.has(key);
    const before = this.#owners.get(key);
    if (isOwned && (base !== undefined || before === undefined)) return [];
    if (this.#owners.size >= MOST_INSTANCES) this.#owners.clear();
    const hasDefault = [...named.get(undefined) ?? []].some((other) => other.profile === profile);
    this.#owners.set(key, hasDefault ? undefined : base);
    return isOwned ? [before] : [...named.keys()];
  }

  #set(name: string, announcements: readonly Announcement[]): void {
    const before = this.#servers.get(name);
    if (announcements.length === 0) this.#servers.delete(name);
    else this.#servers.set(name, toServer(name, announcements));
    const after = this.#servers.get(name);
    if (before === after || (before && after && JSON.stringify(before) === JSON.stringify(after))) return;
    this.#changed(name, before === undefined ? "came" : after === undefined ? "went" : "says");
  }
}

const PREFERENCE = PROFILES.map(({ name }) => name);

function toServer(name: string, announcements: readonly Announcement[]): FleetServer {
  const sorted = announcements.toSorted((a, b) => PREFERENCE.indexOf(a.profile) - PREFERENCE.indexOf(b.profile));
  const places = new Map(sorted.map(({ profile, serverName, base }) => [profile, { profile, serverName, base }]));
  const first = sorted.filter(({ profile }) => profile === sorted[0]?.profile);
  const meta = first[0]?.meta ?? {};
  const digests = new Set(first.map(({ meta }) => meta.toolsDigest));
  return {
    name,
    description: sorted.find(({ description }) => description !== "")?.description ?? "",
    meta,
    places: [...places.values()],
    instances: first.length,
    toolsDigest: digests.size === 1 && isToolsDigest(meta.toolsDigest) ? meta.toolsDigest : undefined,
    presentTools: first.length === 1 && Array.isArray(meta.tools) ? meta.tools : undefined,
  };
}

function isServerName(name: string): boolean {
  return name.length <= LONGEST_NAME && !name.startsWith(OTHER) && name.split("/").every(isTopicLevel);
}

/** The prefix of a server whose name belongs to another. Its base topic follows. */
const OTHER = "@";

function isShort(value: unknown): boolean {
  return (JSON.stringify(value)?.length ?? 0) <= 256;
}
