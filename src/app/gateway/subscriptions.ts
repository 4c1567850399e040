/**
 * Resources of which a host wants to be told when they change.
 *
 * @module
 */
import { type Channel, ChannelWrapper, type Receiver } from "../../core/channel.ts";
import { idKey } from "../../core/json_rpc.ts";
import type { Message } from "../../core/message.ts";
import { cancelledRequest } from "../../relay/mod.ts";
import { ofFleetUri } from "./fleet_uri.ts";
import { membersOf } from "./json.ts";
import type { SessionPool } from "./pool.ts";

/** A host may follow so many resources. */
const MOST = 1_000;

/** Follows resources, and keeps the sessions open in which their servers tell of them. */
export class Subscriptions {
  readonly #pool: SessionPool;
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();

  constructor(pool: SessionPool) {
    this.#pool = pool;
  }

  /**
   * Follows a resource.
   *
   * @param uri as the host knows it
   * @throws {Error} when the server does not let it be followed
   */
  async add(uri: string): Promise<void> {
    const found = ofFleetUri(uri);
    if (found === undefined || this.#ends.has(uri) || this.#ends.size >= MOST) return;
    const end = Promise.withResolvers<void>();
    this.#ends.set(uri, end);
    const begun = Promise.withResolvers<void>();
    const using = this.#pool.use(found.server, async (session) => {
      const undo = await session.follow(found.uri);
      begun.resolve();
      await end.promise;
      await undo();
    });
    using.catch((error) => {
      this.#ends.delete(uri);
      begun.reject(error);
    });
    await begun.promise;
  }

  /** Follows it no longer. */
  remove(uri: string): void {
    this.#ends.get(uri)?.resolve();
    this.#ends.delete(uri);
  }

  /** Follows nothing any more. */
  clear(): void {
    for (const uri of [...this.#ends.keys()]) this.remove(uri);
  }
}

const LISTEN = "subscriptions/listen";

/**
 * Hears which resources a host of 2026-07-28 wants to follow: the SDK answers `subscriptions/listen` itself, and tells
 * nobody.
 */
export class ListenWatch extends ChannelWrapper {
  /** The resources of each request that is open, by its key. */
  readonly #open = new Map<unknown, readonly string[]>();
  readonly #changed: (uri: string, wanted: boolean) => void;

  /** @param changed told when a resource is to be followed, or no longer */
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
