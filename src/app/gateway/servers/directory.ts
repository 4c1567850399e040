/**
 * The servers of a fleet, by the names that the host gets to see.
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
  /** The base topic, where it is not the usual one. */
  readonly base: string | undefined;
}

/** A server that is online. */
export interface FleetServer {
  readonly name: string;
  readonly description: string;
  /** What its presence says besides. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** In the order of preference. */
  readonly places: readonly Place[];
  readonly instances: number;
  /** The digest of its list of tools, if all instances say the same. */
  readonly toolsDigest: string | undefined;
  /** The tools that its presence names. */
  readonly presentTools: readonly unknown[] | undefined;
}

/** More instances than this are not looked at: they would take more memory than a gateway should. */
const MOST_INSTANCES = 20_000;

/** A presence may take so many bytes of JSON; of a longer one, only what is short is kept. */
const LONGEST_META = 16 * 1024;
const LONGEST_DESCRIPTION = 1_000;
const LONGEST_NAME = 200;

/** What is kept of a presence, which anybody may have written. */
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

/** What has become of a server: it has come online, gone, or only says something else than before. */
export type Change = "came" | "went" | "says";

/** The instances of servers, put together to servers. */
export class FleetDirectory {
  readonly #suits: (announcement: Announcement) => boolean;
  readonly #changed: (name: string, how: Change) => void;
  /** What each instance says, by the topic of its presence. */
  readonly #instances = new Map<string, Announcement>();
  /** By the name that they say they have. */
  readonly #named = new Map<string, Set<Announcement>>();
  readonly #servers = new Map<string, FleetServer>();
  /** Which base topic a name has stood for in a profile, `undefined` for the usual one, so that nobody else can take it over. */
  readonly #owners = new Map<string, string | undefined>();
  /** Those who say to have a name that is another's, and what they are called instead. */
  readonly #pretenders = new Map<string, ReadonlySet<string>>();

  /** @param changed told the name of each server that has come, gone, or says something else */
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

  /** Takes note of what an instance says. */
  note(announcement: Announcement): void {
    const { topic, online } = announcement;
    const before = this.#instances.get(topic);
    this.#instances.delete(topic);
    const group = before && this.#named.get(before.serverName);
    if (before !== undefined) group?.delete(before);
    if (online && this.#suits(announcement) && this.#instances.size < MOST_INSTANCES) {
      this.#instances.set(topic, announcement);
      const named = this.#named.get(announcement.serverName) ?? new Set();
      this.#named.set(announcement.serverName, named.add(announcement));
      if (before?.serverName !== announcement.serverName) this.#group(announcement.serverName);
    }
    if (before !== undefined) this.#group(before.serverName);
  }

  /** Puts everybody together who says to have this name: one server, and whoever else wants to be called so. */
  #group(name: string): void {
    const group = this.#named.get(name) ?? new Set();
    if (group.size === 0) this.#named.delete(name);
    const byProfile = Map.groupBy(group, ({ profile }) => profile);
    const own: Announcement[] = [];
    const others = new Map<string, Announcement[]>();
    for (const [profile, announcements] of byProfile) {
      const byBase = Map.groupBy(announcements, ({ base }) => base);
      const owner = this.#ownerOf(`${profile} ${name}`, [...byBase.keys()]);
      for (const [base, members] of byBase) {
        if (base === owner) own.push(...members);
        else if (base !== undefined) others.set(base, members);
      }
    }
    this.#set(name, own);
    const before = this.#pretenders.get(name) ?? new Set();
    const now = new Set([...others.keys()].map((base) => `${OTHER}${base}`));
    if (now.size === 0) this.#pretenders.delete(name);
    else this.#pretenders.set(name, now);
    for (const gone of before.difference(now)) this.#set(gone, []);
    for (const [base, members] of others) this.#set(`${OTHER}${base}`, members);
  }

  /** Which of the base topics has the name: the usual one, which only the server of this name may use, or the first. */
  #ownerOf(key: string, bases: readonly (string | undefined)[]): string | undefined {
    if (bases.includes(undefined)) this.#owners.set(key, undefined);
    else if (!this.#owners.has(key)) this.#owners.set(key, bases.toSorted()[0]);
    if (this.#owners.size > MOST_INSTANCES) this.#owners.clear();
    return this.#owners.get(key);
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

/** A server whose own name is another's is called by its base topic, with this in front of it. */
const OTHER = "@";

function isShort(value: unknown): boolean {
  return (JSON.stringify(value)?.length ?? 0) <= 256;
}
