/**
 * Watching which servers are online on a broker.
 *
 * @module
 */
import type { Failure } from "../core/failure.ts";
import type { LinkState, MqttLink, UserProperties, Will } from "../mqtt/mod.ts";
import type { Announcement, Directory, MakeLink } from "./profile.ts";

/** The options of a {@linkcode ServerWatch}. */
export interface ServerWatchOptions {
  readonly clientId: string;
  /** The directories, by the names of their profiles. */
  readonly directories: Readonly<Record<string, Directory>>;
  /** Takes each change. After a reconnection it takes all servers that are still online. */
  readonly announced: (announcement: Announcement) => void;
  /** Told after every change of the connection. */
  readonly changed?: (state: LinkState) => void;
}

/** Looks for the servers of several profiles over one connection. */
export class ServerWatch implements AsyncDisposable {
  readonly #options: ServerWatchOptions;
  readonly #goodbye: Will | undefined;
  readonly #link: MqttLink;
  #ready = Promise.withResolvers<void>();
  #isRefused = false;
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #granted = new Map<string, boolean>();
  readonly #refusals = new Map<string, Failure>();

  constructor(makeLink: MakeLink, options: ServerWatchOptions) {
    this.#options = options;
    const userProperties: UserProperties = Object.assign(
      {},
      ...Object.values(options.directories).map((directory) => directory.userProperties),
    );
    // A connection has only one will, and only one profile needs one.
    const [goodbye] = Object.values(options.directories).flatMap((directory) => directory.goodbye ?? []);
    this.#goodbye = goodbye?.(options.clientId);
    this.#link = makeLink({
      clientId: options.clientId,
      ...(this.#goodbye === undefined ? {} : { will: { ...this.#goodbye, optional: true } }),
      ...(Object.keys(userProperties).length === 0 ? {} : { userProperties }),
    });
    this.#link.watch((state) => this.#onLinkState(state));
    this.#link.open();
  }

  /** The state of the connection. */
  get state(): LinkState {
    return this.#link.state;
  }

  /** Resolves when all subscriptions are made; rejects when the broker refuses the login, until it no longer does. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when all servers have been announced that were online when the subscriptions were made. Never rejects. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** The profiles of which the broker shows no server, and the reasons. */
  get hidden(): ReadonlyMap<string, Failure> {
    return new Map([...this.#refusals].filter(([profile]) => this.#granted.get(profile) !== true));
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#goodbye !== undefined && this.state.status === "online") {
      void this.#link.publish({ ...this.#goodbye, qos: 0 }); // a formality, not worth waiting for
    }
    return this.#link.close();
  }

  #onLinkState(state: LinkState): void {
    if (state.status === "refused") {
      this.#ready.promise.catch(() => {}); // those who await it get the error
      this.#ready.reject(state.failure);
    } else if (this.#isRefused) {
      this.#ready = Promise.withResolvers();
    }
    this.#isRefused = state.status === "refused";
    if (state.status === "online") void this.#subscribe(state.limits.userProperties);
    this.#options.changed?.(state);
  }

  async #subscribe(answer: UserProperties): Promise<void> {
    await Promise.all(
      Object.entries(this.#options.directories).map(([profile, directory]) =>
        this.#subscribeTo(profile, directory, directory.filters(answer))
      ),
    );
    try {
      const arrived = this.#link.roundTrip();
      if (this.state.status === "online") this.#ready.resolve();
      await arrived;
      this.#caughtUp.resolve();
    } catch {
      // The connection is lost; the next one begins again.
    }
  }

  async #subscribeTo(profile: string, directory: Directory, filters: readonly string[]): Promise<void> {
    await Promise.all(filters.map(async (filter) => {
      let refused = false;
      await this.#link.subscribe({
        filter,
        qos: 0,
        handler: (packet) => {
          const announcement = directory.read(packet);
          if (announcement !== undefined) this.#options.announced(announcement);
        },
        refused: (failure) => {
          refused = true;
          this.#refusals.set(profile, failure);
        },
      });
      if (!refused) this.#granted.set(profile, true);
    }));
  }
}
