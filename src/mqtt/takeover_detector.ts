/**
 * Noticing connections of one process that the broker takes for the same client.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import type { LinkState } from "./link.ts";

/** A link that can be watched and refused. */
export interface DetectedLink {
  /** The client id that the link requests. */
  readonly clientId: string;
  watch(listener: (state: LinkState) => void): void;
  /** Ends the connection, and makes no other. */
  refuse(failure: Failure): void;
}

/** A link that comes online within this time after another was lost, in ms, may have caused the loss. */
const TAKEOVER = 500;

/** After this many takeovers in a row, it is no coincidence. */
const CONCLUSIVE = 3;

interface Watched {
  readonly link: DetectedLink;
  online: boolean;
  lostAt: number;
}

/**
 * Notices links with different client ids that the broker takes for the same client, and ends one of them for good.
 *
 * mosquitto and EMQX do so with `use_username_as_clientid`, which replaces the client id by the user name. The broker
 * then closes the older connection whenever a new one opens (MQTT 5.0, section 3.1.4-3), and does not say that the ids
 * are the cause. The closed link reconnects, and so closes the other. Of two such links, the one that was added first
 * is kept.
 */
export class TakeoverDetector {
  readonly #clock: Clock;
  readonly #links: Watched[] = [];
  /** The link that came online last. */
  #last: Watched | undefined;
  /** How many links in a row came online at the cost of the one before. */
  #takeovers = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Watches `link` from now on, until it is closed. */
  add(link: DetectedLink): void {
    const watched: Watched = { link, online: false, lostAt: -Infinity };
    this.#links.push(watched);
    link.watch(({ status }) => {
      if (status === "online") return this.#up(watched);
      if (status === "closed") this.#links.splice(this.#links.indexOf(watched), 1);
      else if (watched.online) watched.lostAt = this.#clock.now();
      watched.online = false;
    });
  }

  #up(watched: Watched): void {
    const before = this.#last;
    this.#last = watched;
    watched.online = true;
    if (before === undefined || !this.#isTakeover(watched, before)) {
      this.#takeovers = 0;
    } else if (++this.#takeovers >= CONCLUSIVE) {
      this.#takeovers = 0;
      const [first, second] = this.#links.filter((other) => other === watched || other === before);
      if (first !== undefined) second?.link.refuse(oneClient(first.link.clientId, second.link.clientId));
    }
  }

  /**
   * Whether `watched` took the place of `before`. If the broker takes all links for one client, at most one is online.
   */
  #isTakeover(watched: Watched, before: Watched): boolean {
    const alone = !this.#links.some((other) => other.online && other !== watched);
    return alone && before !== watched && this.#clock.now() - before.lostAt < TAKEOVER;
  }
}

function oneClient(first: string, second: string): Failure {
  return new Failure(
    "login-refused",
    `The broker takes the connections "${first}" and "${second}" for the same client, so that each ends the other: ` +
      "it goes by the user's name (use_username_as_clientid); such a user can have one --profile of one server",
  );
}
