/**
 * The other instances of a server, on brokers where each instance gets every message.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import type { Presence } from "../presence.ts";

/** How long the other instances have to say that they are there, and to take note of this one, in ms. */
const SETTLING = 500;

/** How long other retained presences may take after the own one, in ms, on brokers that do not keep their order. */
const ALONE = 20;

/** After this long without a confirmation, in ms, a retained presence counts as that of an instance that is gone. */
const CONFIRMATION = 10_000;

/** How long after an instance has come it is answered, in ms. One answer serves all that come meanwhile. */
const REPLY_AFTER = 50;

/** What {@linkcode Peers} are made of. */
export interface PeersOptions {
  /** The id of this instance. */
  readonly instance: string;
  /** Shows the presence of this instance again. */
  readonly announce: () => void;
  /** Told when it is known who is there. */
  readonly settled: () => void;
  readonly clock: Clock;
}

interface Peer {
  readonly shared: boolean;
  /** Whether it has said so itself since this instance is connected. */
  readonly confirmed: boolean;
}

/**
 * Decides which instance answers a message that is not addressed to one of them: the instance with the smallest id. No
 * instance answers until all instances are known. Nor does one if any of them has a shared subscription, since then the
 * broker chooses.
 *
 * The other instances announce themselves to a new one. So it learns of them even where the broker does not deliver
 * retained messages.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #others = new Map<string, Peer>();
  #seesRetained = false;
  #joined = false;
  #settled = false;
  #cancelTimer: (() => void) | undefined;
  #cancelReply: (() => void) | undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Whether this instance answers what is addressed to none. */
  get answers(): boolean {
    const { instance } = this.#options;
    return this.#settled && [...this.#others].every(([id, { shared }]) => !shared && instance < id);
  }

  /**
   * Takes note of a presence.
   *
   * @param presence `undefined` when the instance is gone
   * @param retained whether it was said before, and perhaps does not hold any more
   */
  heard(instance: string, presence: Presence | undefined, retained: boolean): void {
    if (instance === this.#options.instance) {
      if (!retained || presence === undefined || this.#seesRetained) return;
      this.#seesRetained = true;
      this.#settleLater(ALONE);
    } else if (presence === undefined) {
      this.#others.delete(instance);
    } else {
      const confirmed = !retained || this.#others.get(instance)?.confirmed === true;
      this.#others.set(instance, { shared: presence.shared, confirmed });
      if (this.#others.size === 1) this.#settleLater(SETTLING);
      if (!retained && presence.joining) this.#reply();
    }
  }

  /**
   * This instance has shown its presence and, after that, asked for those that are retained; what the broker has of them
   * has been heard.
   */
  joined(): void {
    this.#joined = true;
    // Who else comes knows of this instance then, and lets it go first.
    if (this.#seesRetained && this.#others.size === 0) this.#settle();
    else this.#settleLater(SETTLING);
  }

  /** The connection is lost: it is not known any more who is there. */
  left(): void {
    this.#cancelTimer?.();
    this.#cancelReply?.();
    this.#cancelReply = undefined;
    this.#others.clear();
    this.#seesRetained = false;
    this.#joined = false;
    this.#settled = false;
  }

  #settleLater(time: number): void {
    if (this.#joined && !this.#settled) this.#wait(time, () => this.#settle());
  }

  #settle(): void {
    this.#settled = true;
    this.#wait(CONFIRMATION, () => this.#forgetUnconfirmed());
    this.#options.settled();
  }

  /** Those that share are not asked to confirm anything. */
  #forgetUnconfirmed(): void {
    for (const [id, { shared, confirmed }] of this.#others) {
      if (!shared && !confirmed) this.#others.delete(id);
    }
  }

  #reply(): void {
    const { clock, announce } = this.#options;
    this.#cancelReply ??= clock.after(REPLY_AFTER, () => {
      this.#cancelReply = undefined;
      announce();
    });
  }

  #wait(time: number, then: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(time, then);
  }
}
