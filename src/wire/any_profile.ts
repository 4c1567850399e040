/**
 * Reaching a server in whichever profile it announces itself.
 *
 * @module
 */
import type { Channel } from "../core/channel.ts";
import { Failure } from "../core/failure.ts";
import type { ProfileDialer, WireProfile } from "./profile.ts";

/** How near each obstacle is to a session; anything else is as far away as can be. */
const DISTANCE: Readonly<Record<string, number>> = { "no-server-online": 0, "broker-unreachable": 1 };

/**
 * Opens each session in the profile in which a server is found first. The others wait beside it, so that a server
 * that comes back in another profile than before is found as well.
 */
export class AnyProfileDialer implements ProfileDialer {
  readonly #profiles: readonly WireProfile[];
  readonly #start: (profile: WireProfile) => ProfileDialer;
  readonly #dialers = new Map<WireProfile, ProfileDialer>();
  #profile: WireProfile | undefined;

  /** @param start makes the dialer of a profile */
  constructor(profiles: readonly WireProfile[], start: (profile: WireProfile) => ProfileDialer) {
    this.#profiles = profiles;
    this.#start = start;
    this.#startAll();
  }

  /** How long a request of this method may take in the profile of the latest session, in ms. */
  timeout(method: string): number {
    return (this.#profile ?? this.#profiles[0])?.timeout(method) ?? Infinity;
  }

  async dial(signal: AbortSignal): Promise<Channel> {
    this.#startAll();
    const decided = new AbortController();
    const either = AbortSignal.any([signal, decided.signal]);
    const attempts = [...this.#dialers].map(([profile, dialer]) => ({
      profile,
      dialer,
      session: dialer.dial(either),
    }));
    try {
      const first = await Promise.any(attempts.map(async (attempt) => ({ attempt, session: await attempt.session })));
      decided.abort();
      this.#profile = first.attempt.profile;
      for (const attempt of attempts) {
        if (attempt !== first.attempt) void this.#abandon(attempt);
      }
      return first.session;
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  obstacle(): Failure {
    const obstacles = [...this.#dialers.values()].map((dialer) => dialer.obstacle());
    const [nearest] = obstacles.toSorted((a, b) => distance(a) - distance(b));
    return nearest ?? new Failure("broker-unreachable", "The connection to the broker was closed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const dialers = [...this.#dialers.values()];
    this.#dialers.clear();
    await Promise.all(dialers.map((dialer) => dialer[Symbol.asyncDispose]()));
  }

  #startAll(): void {
    for (const profile of this.#profiles) {
      if (!this.#dialers.has(profile)) this.#dialers.set(profile, this.#start(profile));
    }
  }

  /** Gives up a profile that was slower, even if it has found a server in the same moment. */
  async #abandon({ profile, dialer, session }: Attempt): Promise<void> {
    this.#dialers.delete(profile);
    const late = await session.catch(() => undefined);
    await late?.close();
    await dialer[Symbol.asyncDispose]();
  }
}

interface Attempt {
  readonly profile: WireProfile;
  readonly dialer: ProfileDialer;
  readonly session: Promise<Channel>;
}

function distance({ reason }: Failure): number {
  return DISTANCE[reason] ?? 2;
}
