/**
 * Connections of one process that the broker takes for one client.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import type { LinkState } from "./link.ts";

/** What is known of a link, and what can be done about it. */
export interface Rival {
  /** The client id that it asks for. */
  readonly clientId: string;
  watch(listener: (state: LinkState) => void): void;
  /** Ends the connection, and makes no other. */
  refuse(failure: Failure): void;
}

/** A link that is up within this long, in ms, after another was lost may be the cause of that. */
const TAKEOVER = 500;

/** After this many takeovers in a row it is no coincidence any more. */
const CONCLUSIVE = 3;

interface Contender {
  readonly link: Rival;
  online: boolean;
  lostAt: number;
}

/**
 * Ends the strife of links that have client ids of their own, of which the broker makes one, such as the user's name
 * (mosquitto and EMQX: `use_username_as_clientid`). It then ends the older connection whenever another opens (MQTT 5.0,
 * section 3.1.4-3), without having said that the ids are the same, and each that was ended comes back and ends the other.
 * Of two that do so, the one that was added first stays.
 */
export class Rivals {
  readonly #clock: Clock;
  readonly #contenders: Contender[] = [];
  /** Who came up last, and how many in a row did so at the cost of the one before. */
  #last: Contender | undefined;
  #takeovers = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Watches `link` from now on, until it is closed. */
  add(link: Rival): void {
    const contender: Contender = { link, online: false, lostAt: -Infinity };
    this.#contenders.push(contender);
    link.watch(({ status }) => {
      if (status === "online") return this.#up(contender);
      if (status === "closed") this.#contenders.splice(this.#contenders.indexOf(contender), 1);
      else if (contender.online) contender.lostAt = this.#clock.now();
      contender.online = false;
    });
  }

  #up(contender: Contender): void {
    const before = this.#last;
    this.#last = contender;
    contender.online = true;
    if (before === undefined || !this.#isTakeover(contender, before)) {
      this.#takeovers = 0;
    } else if (++this.#takeovers >= CONCLUSIVE) {
      this.#takeovers = 0;
      const [first, second] = this.#contenders.filter((other) => other === contender || other === before);
      if (first !== undefined) second?.link.refuse(oneClient(first.link.clientId, second.link.clientId));
    }
  }

  /** Where all are one client, at most one of them is up, and it took the place of the one before. */
  #isTakeover(contender: Contender, before: Contender): boolean {
    const alone = !this.#contenders.some((other) => other.online && other !== contender);
    return alone && before !== contender && this.#clock.now() - before.lostAt < TAKEOVER;
  }
}

function oneClient(first: string, second: string): Failure {
  return new Failure(
    "login-refused",
    `The broker takes the connections "${first}" and "${second}" for the same client, so that each ends the other: ` +
      "it goes by the user's name (use_username_as_clientid); such a user can have one --profile of one server",
  );
}
