/**
 * Subscriptions of a host to resources.
 *
 * @module
 */
import { type Channel, ChannelWrapper, type Receiver } from "../../../core/channel.ts";
import { ShortRuns } from "../../../core/backoff.ts";
import { type Clock, systemClock } from "../../../core/clock.ts";
import { idKey } from "../../../core/json_rpc.ts";
import type { Message } from "../../../core/message.ts";
import { orAborted, sleep } from "../../../core/waiting.ts";
import { cancelledRequest } from "../../../relay/mod.ts";
import { ofFleetUri } from "../fleet_uri.ts";
import { membersOf } from "../json.ts";
import type { SessionPool } from "./pool.ts";

/** The most resources that a host may follow. */
const MOST = 1_000;

/** Follows resources, and keeps their sessions open. */
export class Subscriptions {
  readonly #pool: Pick<SessionPool, "use">;
  readonly #clock: Clock;
  readonly #open = new Map<string, Subscription>();

  constructor(pool: Pick<SessionPool, "use">, clock: Clock = systemClock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /**
   * Follows a resource, also after its server has been restarted.
   *
   * @param uri as the host knows it
   * @throws {Error} when the server does not let it be followed
   */
  async add(uri: string): Promise<void> {
    const found = ofFleetUri(uri);
    if (found === undefined || this.#open.has(uri)) return;
    if (this.#open.size >= MOST) {
      throw new Error(`A host may subscribe to ${MOST} resources; unsubscribe from some first`);
    }
    const subscription = { ...found, end: new AbortController(), begun: Promise.withResolvers<void>(), wake() {} };
    this.#open.set(uri, subscription);
    this.#keep(subscription).catch((error) => {
      if (this.#open.get(uri) === subscription) this.#open.delete(uri);
      subscription.begun.reject(error);
    });
    await subscription.begun.promise;
  }

  /** Stops following a resource. */
  remove(uri: string): void {
    this.#open.get(uri)?.end.abort();
    this.#open.delete(uri);
  }

  /** Stops following all resources. */
  clear(): void {
    for (const uri of [...this.#open.keys()]) this.remove(uri);
  }

  /** Subscribes again at once to the resources of a server that has come back. */
  serverReplaced(server: string): void {
    for (const subscription of this.#open.values()) {
      if (subscription.server === server) subscription.wake();
    }
  }

  /** Subscribes, and again each time that the subscription is lost. */
  async #keep(subscription: Subscription): Promise<void> {
    const { server, end: { signal }, begun } = subscription;
    const runs = new ShortRuns();
    let hasBegun = false;
    while (!signal.aborted) {
      const since = this.#clock.now();
      try {
        await this.#pool.use(server, async (session) => {
          const { ended, undo } = await session.follow(subscription.uri);
          hasBegun = true;
          begun.resolve();
          await orAborted(ended, signal).catch(undo);
        });
      } catch (error) {
        if (!hasBegun) throw error;
      }
      runs.ended(this.#clock.now() - since);
      const woken = new Promise<void>((resolve) => subscription.wake = resolve);
      await Promise.race([woken, sleep(runs.delay(Math.random()), signal, this.#clock).catch(() => {})]);
    }
  }
}

/** A resource that is followed. */
interface Subscription {
  readonly server: string;
  /** As the server knows it. */
  readonly uri: string;
  readonly end: AbortController;
  readonly begun: PromiseWithResolvers<void>;
  /** Ends the pause before the next attempt. */
  wake: () => void;
}

const LISTEN = "subscriptions/listen";

/**
 * Notices which resources a host of MCP 2026-07-28 wants to follow. The SDK answers `subscriptions/listen` itself, without
 * telling anyone.
 */
export class ListenWatch extends ChannelWrapper {
  /** The resources of each open request, by its key. */
  readonly #open = new Map<unknown, readonly string[]>();
  readonly #changed: (uri: string, wanted: boolean) => void;

  /** @param changed called when the host starts or stops following a resource */
  constructor(inner: Channel, changed: (uri: string, wanted: boolean) => void) {
    super(inner);
    this.#changed = changed;
  }

  override receive(receiver: Receiver): void {
    this.inner.receive((message) => {
      this.#look(message);
      return receiver(message);
    });
  }

  #look(message: Message): void {
    const cancelled = this.#open.size === 0 ? undefined : cancelledRequest(message);
    if (cancelled !== undefined) {
      const uris = this.#open.get(cancelled) ?? [];
      this.#open.delete(cancelled);
      const others = new Set([...this.#open.values()].flat());
      for (const uri of uris) if (!others.has(uri)) this.#changed(uri, false);
      return;
    }
    if (message.method !== LISTEN || message.id === undefined) return;
    const { notifications } = membersOf(membersOf(parsed(message)).params);
    const { resourceSubscriptions } = membersOf(notifications);
    const uris = Array.isArray(resourceSubscriptions)
      ? resourceSubscriptions.filter((uri) => typeof uri === "string")
      : [];
    if (uris.length === 0) return;
    this.#open.set(idKey(message.id), uris);
    for (const uri of uris) this.#changed(uri, true);
  }
}

function parsed(message: Message): unknown {
  try {
    return message.parse();
  } catch {
    return undefined;
  }
}
