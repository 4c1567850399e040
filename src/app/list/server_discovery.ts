/**
 * Finding the servers that are online, and following their changes.
 *
 * @module
 */
import type { BrokerConfig } from "../../config/mod.ts";
import { systemClock } from "../../core/clock.ts";
import { orAborted, sleep, waitAtMost } from "../../core/waiting.ts";
import type { Observer } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { type LinkState, unavailableReason } from "../../mqtt/mod.ts";
import { type AddressOptions, type Announcement, profilesFor, ServerWatch } from "../../wire/mod.ts";
import { CLIENT_INFO, clientIdFor } from "../client_identity.ts";
import { Links } from "../links.ts";
import { ServerRegistry } from "./server_registry.ts";

/** The longest wait for further servers, as a multiple of {@linkcode DiscoveryConfig.wait}. */
const MOST_WAITS = 10;

/** Where to search, and for how long. */
export interface DiscoveryConfig {
  readonly broker: BrokerConfig;
  /** The profile to search, and topics other than the default ones. */
  readonly address: Pick<AddressOptions, "profile" | "topicPrefix"> & Partial<Pick<AddressOptions, "topic">>;
  /** How long the connection to the broker may take, in ms. */
  readonly connectTimeout: number;
  /** After this long without a further server, in ms, all are known. */
  readonly wait: number;
  /** The client id of the connection. @default {an id of its own, with the role `list`} */
  readonly clientId?: string;
  /** Whether `changed` is also called when a known server announces itself again. @default {false} */
  readonly repeated?: boolean;
  /** Reduces an announcement to what should be kept; `undefined` drops it. @default {keeps all of it} */
  readonly kept?: (announcement: Announcement) => Announcement | undefined;
}

/** Searches for servers until it is disposed of. */
export class ServerDiscovery implements AsyncDisposable {
  readonly registry = new ServerRegistry();
  readonly #config: DiscoveryConfig;
  readonly #changed: (announcement: Announcement) => void;
  readonly #links: Links;
  readonly #watch: ServerWatch;
  readonly #abort = new AbortController();
  #lastNews = 0;
  /** Why the connection was lost last, since {@linkcode complete} waits for presences. */
  #loss: LinkState | undefined;

  /** @param changed takes everybody who comes or goes; with `config.repeated`, also what somebody says again */
  constructor(config: DiscoveryConfig, observe: Observer, changed: (announcement: Announcement) => void) {
    const { broker, address } = config;
    this.#config = config;
    this.#changed = changed;
    // A refused filter is reported only when its profile has no other one.
    this.#links = new Links(broker, (event) => event.type === "subscription.refused" ? undefined : observe(event));
    const options = { ...address, clientInfo: CLIENT_INFO };
    const profiles = profilesFor(address, { ...address, broker });
    this.#watch = new ServerWatch((plan) => this.#links.make(plan), {
      clientId: config.clientId ?? clientIdFor("list", broker.clientId),
      directories: Object.fromEntries(profiles.map((profile) => [profile.name, profile.directory(options)])),
      announced: (announcement) => this.#note(announcement),
      changed: (state) => {
        if (state.status === "online") return void this.#dropUnconfirmed();
        this.#loss = state;
        if (state.status === "connecting") this.registry.doubt();
      },
    });
  }

  get hidden(): ReadonlyMap<string, Failure> {
    return this.#watch.hidden;
  }

  /**
   * Waits until changes are followed.
   *
   * @throws {Failure} when the broker cannot be reached
   */
  async ready(signal: AbortSignal): Promise<void> {
    const { connectTimeout } = this.#config;
    const late = new AbortController();
    const cancel = systemClock.after(connectTimeout, () => late.abort()); // the time limit may be infinite
    const ended = AbortSignal.any([signal, this.#abort.signal, late.signal]);
    try {
      await orAborted(this.#watch.ready, ended);
    } catch (error) {
      if (signal.aborted || error instanceof Failure) throw error;
      throw unavailableReason(this.#watch.state, connectTimeout);
    } finally {
      cancel();
    }
  }

  /**
   * Waits until all servers are likely to be known. Resolves with `true` then, and with `false` when the time was too
   * short.
   *
   * @throws {Failure} when the broker cannot be reached, or the connection is lost before all presences have arrived
   */
  async complete(signal: AbortSignal): Promise<boolean> {
    await this.ready(signal);
    const { state } = this.#watch;
    this.#loss = state.status === "online" ? undefined : state;
    const { wait } = this.#config;
    const began = performance.now();
    const end = began + MOST_WAITS * wait;
    this.#lastNews = Math.max(this.#lastNews, began);
    while (true) {
      const left = Math.min(this.#lastNews + wait, end) - performance.now();
      if (left <= 0) break;
      await sleep(left, signal);
    }
    const isQuiet = performance.now() >= this.#lastNews + wait;
    // A busy broker may pause longer than that between two presences.
    let isKnown = false;
    const caughtUp = this.#watch.caughtUp.then(() => void (isKnown = true));
    await orAborted(waitAtMost(caughtUp, Math.max(0, end - performance.now())), signal);
    if (!isKnown && this.#loss !== undefined) throw unavailableReason(this.#loss);
    return isKnown && isQuiet || wait === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#watch[Symbol.asyncDispose]();
    await this.#links[Symbol.asyncDispose]();
  }

  #note(said: Announcement): void {
    const announcement = this.#config.kept === undefined ? said : this.#config.kept(said);
    if (announcement === undefined) return;
    // An empty presence contains nothing, so the facts are taken from the previous one.
    const before = this.registry.at(announcement.topic);
    const isNews = this.registry.note(announcement);
    if (isNews) this.#lastNews = performance.now();
    else if (this.#config.repeated !== true || !announcement.online) return;
    this.#changed(announcement.online ? announcement : { ...announcement, ...before, online: false });
  }

  async #dropUnconfirmed(): Promise<void> {
    await sleep(this.#config.wait, this.#abort.signal).catch(() => {});
    if (this.#abort.signal.aborted) return;
    for (const gone of this.registry.takeUnconfirmed()) this.#changed({ ...gone, online: false });
  }
}
