/**
 * Reaching a server in the profile in which it is found first.
 *
 * @module
 */
import type { Channel } from "../core/channel.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { orAborted } from "../core/waiting.ts";
import type { Failure } from "../core/failure.ts";
import { unavailableReason } from "../mqtt/mod.ts";
import type { ProfileDialer, WireProfile } from "./profile.ts";

/** The head start of the first profile, in ms. */
const HEAD_START = 300;

/**
 * Opens each session in the profile in which the server is found first. The first profile has a head start, since it is
 * the best one for a server that offers several. The other profiles open their connections only if it does not find the
 * server in time. From then on all profiles search, so a server may come back in another profile than before.
 */
export class RacingDialer implements ProfileDialer {
  readonly #profiles: readonly WireProfile[];
  readonly #start: (profile: WireProfile) => ProfileDialer;
  readonly #clock: Clock;
  readonly #dialers = new Map<WireProfile, ProfileDialer>();
  #found: WireProfile | undefined;

  /**
   * @param profiles in the order of preference
   * @param start makes the dialer of a profile
   */
  constructor(
    profiles: readonly WireProfile[],
    start: (profile: WireProfile) => ProfileDialer,
    clock: Clock = systemClock,
  ) {
    this.#profiles = profiles;
    this.#start = start;
    this.#clock = clock;
    const [first] = profiles;
    if (first !== undefined) this.#dialerOf(first); // the connection is made while nobody waits for it yet
  }

  async dial(signal: AbortSignal): Promise<Channel> {
    const decided = new AbortController();
    const either = AbortSignal.any([signal, decided.signal]);
    const [first, ...others] = this.#profiles.map((profile, index) => this.#attempt(profile, index > 0, either));
    if (first === undefined) throw new Error("No profile");
    // When the first profile has failed, the others need not wait any longer.
    first.session.catch(() => others.forEach(({ begin }) => begin()));
    const attempts = [first, ...others];
    try {
      const found = await Promise.any(attempts.map(async (attempt) => ({ attempt, session: await attempt.session })));
      decided.abort();
      this.#found = found.attempt.profile;
      for (const attempt of attempts) {
        if (attempt !== found.attempt) void this.#abandon(attempt);
      }
      return found.session;
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  /** The name of the latest session's profile. */
  get profile(): string | undefined {
    return this.#found?.name;
  }

  /** Why the first profile cannot be used. The others are usually just not offered by the server. */
  unavailableReason(): Failure {
    const [first] = this.#profiles;
    const dialer = first === undefined ? undefined : this.#dialers.get(first);
    return dialer?.unavailableReason() ?? unavailableReason({ status: "closed" });
  }

  hurry(): void {
    for (const dialer of this.#dialers.values()) dialer.hurry?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const dialers = [...this.#dialers.values()];
    this.#dialers.clear();
    await Promise.all(dialers.map((dialer) => dialer[Symbol.asyncDispose]()));
  }

  #dialerOf(profile: WireProfile): ProfileDialer {
    const running = this.#dialers.get(profile);
    if (running !== undefined) return running;
    const dialer = this.#start(profile);
    this.#dialers.set(profile, dialer);
    return dialer;
  }

  #attempt(profile: WireProfile, later: boolean, signal: AbortSignal): Attempt {
    const began = Promise.withResolvers<void>();
    const cancel = this.#clock.after(later ? HEAD_START : 0, began.resolve);
    if (!later || this.#dialers.has(profile)) began.resolve();
    const session = orAborted(began.promise, signal).then(() => this.#dialerOf(profile).dial(signal)).finally(cancel);
    return { profile, session, begin: began.resolve };
  }

  /** Gives up a slower profile, even if it has found a server at the same moment. */
  async #abandon({ profile, session }: Attempt): Promise<void> {
    const dialer = this.#dialers.get(profile);
    this.#dialers.delete(profile);
    const late = await session.catch(() => undefined);
    await late?.close();
    await dialer?.[Symbol.asyncDispose]();
  }
}

interface Attempt {
  readonly profile: WireProfile;
  readonly session: Promise<Channel>;
  /** Begins at once, if the attempt has not begun yet. */
  readonly begin: () => void;
}
