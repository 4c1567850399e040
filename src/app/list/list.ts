/**
 * `list`: the servers that are online.
 *
 * @module
 */
import type { BrokerConfig } from "../../config/mod.ts";
import { orAborted, sleep, systemClock } from "../../core/clock.ts";
import type { Observer } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { unavailableReason } from "../../mqtt/mod.ts";
import { type AddressOptions, type Announcement, profilesFor, ServerWatch } from "../../wire/mod.ts";
import { CLIENT_INFO, clientIdFor } from "../client_identity.ts";
import { Links } from "../links.ts";
import { type ListedServer, ServerRegistry } from "./server_registry.ts";

/** However many servers keep coming, no more than this many times {@linkcode ListConfig.wait} is waited for them. */
const MOST_WAITS = 10;

/** Where to look, and for how long. */
export interface ListConfig {
  readonly broker: BrokerConfig;
  /** The profile to look at, and topics other than those that servers have by default. */
  readonly address: Pick<AddressOptions, "profile" | "topic" | "topicPrefix">;
  /** How long the broker may take to let us in, in ms. */
  readonly connectTimeout: number;
  /** Without a further server for this long, in ms, all are known. */
  readonly wait: number;
}

/** What was found. */
export interface Listing {
  readonly servers: readonly ListedServer[];
  /** Profiles of which the broker shows nothing, and why. */
  readonly hidden: ReadonlyMap<string, Failure>;
}

/**
 * Lists the servers that are online.
 *
 * @throws {Failure} when the broker cannot be reached
 */
export async function list(config: ListConfig, observe: Observer, signal: AbortSignal): Promise<Listing> {
  await using discovery = new ServerDiscovery(config, observe, () => {});
  await discovery.complete(signal);
  return { servers: discovery.registry.servers, hidden: discovery.hidden };
}

/**
 * Tells who comes and goes, until `signal` is aborted.
 *
 * @param changed takes everybody who is there, and then each change, with a look at all that are there
 * @throws {Failure} when the broker cannot be reached at first
 */
export async function watch(
  config: ListConfig,
  changed: (announcement: Announcement, servers: () => ListedServer[]) => void,
  observe: Observer,
  signal: AbortSignal,
): Promise<void> {
  await using discovery: ServerDiscovery = new ServerDiscovery(
    config,
    observe,
    (announcement) => changed(announcement, () => discovery.registry.servers),
  );
  await discovery.complete(signal).catch((error) => {
    if (!signal.aborted) throw error;
  });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

/** Looks for servers until it is disposed of. */
class ServerDiscovery implements AsyncDisposable {
  readonly registry = new ServerRegistry();
  readonly #config: ListConfig;
  readonly #changed: (announcement: Announcement) => void;
  readonly #links: Links;
  readonly #watch: ServerWatch;
  readonly #abort = new AbortController();
  #lastNews = 0;

  constructor(config: ListConfig, observe: Observer, changed: (announcement: Announcement) => void) {
    const { broker, address } = config;
    this.#config = config;
    this.#changed = changed;
    // Refused filters are told of when a profile has no other.
    this.#links = new Links(broker, (event) => event.type === "subscription.refused" ? undefined : observe(event));
    const options = { ...address, clientInfo: CLIENT_INFO };
    const profiles = profilesFor(address, { ...address, broker });
    this.#watch = new ServerWatch((plan) => this.#links.make(plan), {
      clientId: clientIdFor("list", broker.clientId),
      directories: Object.fromEntries(profiles.map((profile) => [profile.name, profile.directory(options)])),
      announced: (announcement) => this.#note(announcement),
      changed: ({ status }) => {
        if (status === "connecting") this.registry.doubt();
        if (status === "online") void this.#dropUnconfirmed();
      },
    });
  }

  get hidden(): ReadonlyMap<string, Failure> {
    return this.#watch.hidden;
  }

  /** Resolves when everybody is likely to be known. */
  async complete(signal: AbortSignal): Promise<void> {
    const { connectTimeout, wait } = this.#config;
    const late = new AbortController();
    const cancel = systemClock.after(connectTimeout, () => late.abort()); // which may be never
    const patience = AbortSignal.any([signal, this.#abort.signal, late.signal]);
    try {
      await orAborted(this.#watch.ready, patience);
    } catch (error) {
      if (signal.aborted || error instanceof Failure) throw error;
      throw unavailableReason(this.#watch.state, connectTimeout);
    } finally {
      cancel();
    }
    const began = performance.now();
    this.#lastNews = Math.max(this.#lastNews, began);
    while (true) {
      const left = Math.min(this.#lastNews + wait, began + MOST_WAITS * wait) - performance.now();
      if (left <= 0) return;
      await sleep(left, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#watch[Symbol.asyncDispose]();
    await this.#links[Symbol.asyncDispose]();
  }

  #note(announcement: Announcement): void {
    // An empty message tells nothing but the topic.
    const before = this.registry.at(announcement.topic);
    if (!this.registry.note(announcement)) return;
    this.#lastNews = performance.now();
    this.#changed(announcement.online ? announcement : { ...announcement, ...before, online: false });
  }

  async #dropUnconfirmed(): Promise<void> {
    await sleep(this.#config.wait, this.#abort.signal).catch(() => {});
    if (this.#abort.signal.aborted) return;
    for (const gone of this.registry.takeUnconfirmed()) this.#changed({ ...gone, online: false });
  }
}
