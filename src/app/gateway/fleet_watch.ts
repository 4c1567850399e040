/**
 * The servers of a fleet and what they can do, as they come, go and change.
 *
 * @module
 */
import type { BrokerConfig, ConnectOptions } from "../../config/mod.ts";
import { orAborted } from "../../core/waiting.ts";
import type { Observer } from "../../core/events.ts";
import { ServerDiscovery } from "../list/server_discovery.ts";
import { Catalogue } from "./lists/catalogue.ts";
import { FleetDirectory, keptOf } from "./servers/directory.ts";
import { FleetIndex } from "./lists/fleet_index.ts";
import type { ListKind } from "./host/host.ts";
import type { Json } from "./json.ts";
import type { SessionPool } from "./servers/pool.ts";
import type { FleetOptions } from "./settings.ts";

/** After this long without a further server, in ms, all are known that were already online. */
const QUIET = 300;

/** What a {@linkcode FleetWatch} needs. */
export interface FleetWatchConfig {
  readonly broker: BrokerConfig;
  readonly profile: string;
  readonly topicPrefix: string | undefined;
  readonly options: Pick<ConnectOptions, "connectTimeout">;
  readonly fleet: FleetOptions;
}

/** Whoever is told of changes. */
interface Follower {
  readonly host: { listChanged(kind: ListKind): void };
  toolsChanged(): void;
  serverReplaced(server: string): void;
}

/** Follows the fleet until it is disposed of. */
export class FleetWatch implements AsyncDisposable {
  readonly directory: FleetDirectory;
  readonly catalogue: Catalogue;
  readonly index: FleetIndex;
  /** The capabilities of servers with which there has been a session. */
  readonly capabilities = new Map<string, Json>();
  readonly #discovery: ServerDiscovery;
  #complete: Promise<unknown>;
  #hasFailed = false;
  readonly #abort = new AbortController();
  /** The profiles of each server that were reported last. */
  readonly #told = new Map<string, string>();
  #isComplete = false;

  constructor(
    { broker, profile, topicPrefix, options: { connectTimeout }, fleet }: FleetWatchConfig,
    clientId: string,
    pool: SessionPool,
    observe: Observer,
    follower: () => Follower | undefined,
    replaced: (server: string) => void,
  ) {
    const tell = (server: string) => {
      const profiles = (this.directory.get(server)?.places ?? []).map(({ profile }) => profile);
      if (this.#told.get(server) === profiles.join()) return;
      if (profiles.length === 0) this.#told.delete(server);
      else this.#told.set(server, profiles.join());
      observe({ type: "fleet.changed", server, profiles, size: this.directory.size });
    };
    this.directory = new FleetDirectory(fleet, (name, how) => {
      this.catalogue.serverChanged(name);
      this.index.changed(name);
      tell(name);
      if (how !== "says") {
        this.capabilities.delete(name);
        replaced(name);
        follower()?.serverReplaced(name);
      }
      if (how === "went") pool.gone(name);
      if (!this.#isComplete) return; // the host has yet to ask for the first time
      follower()?.toolsChanged();
      if (how === "says") return;
      for (const kind of ["prompts", "resources"] as const) follower()?.host.listChanged(kind);
    });
    this.catalogue = new Catalogue({
      directory: this.directory,
      pool,
      observe,
      changed: (name) => {
        this.index.changed(name);
        follower()?.toolsChanged();
      },
    });
    this.index = new FleetIndex(this.directory, this.catalogue);
    const address = { profile, topicPrefix };
    this.#discovery = new ServerDiscovery(
      { broker, address, connectTimeout, wait: QUIET, clientId, repeated: true, kept: keptOf },
      observe,
      (announcement) => this.directory.note(announcement),
    );
    this.#complete = this.#wait();
  }

  /**
   * Resolves when all servers are likely to be known that were already online.
   *
   * @throws {Failure} when the broker cannot be reached
   */
  async complete(signal: AbortSignal): Promise<void> {
    if (this.#hasFailed) this.#complete = this.#wait(); // the broker may be back
    if (this.directory.size === 0) return void await orAborted(this.#complete, signal);
    await orAborted(this.#complete.catch(() => {}), signal); // the broker was away, but servers have been seen
  }

  #wait(): Promise<unknown> {
    this.#hasFailed = false;
    const complete = this.#discovery.complete(this.#abort.signal);
    const settled = (hasFailed: boolean) => {
      this.#hasFailed = hasFailed;
      this.#isComplete = true;
    };
    complete.then(() => settled(false), () => settled(true)); // whoever waits for it is told
    return complete;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.catalogue[Symbol.dispose]();
    await this.#discovery[Symbol.asyncDispose]();
  }
}
