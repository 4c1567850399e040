/**
 * What a link asks of a broker when it connects.
 *
 * @module
 */
import { errorText } from "../core/text.ts";
import type { Observer } from "../core/events.ts";
import { Failure } from "../core/failure.ts";
import type { Redact } from "../core/redaction.ts";
import { ConnectError, type MqttConnection } from "./connection/connection.ts";
import type { ConnectPlan } from "./link.ts";
import type { AttemptOutcome } from "./reconnect_pause.ts";
import {
  isUnwanted,
  MALFORMED_PACKET,
  NOT_AUTHORIZED,
  permanentRefusal,
  PROTOCOL_ERROR,
  QOS_NOT_SUPPORTED,
  RETAIN_NOT_SUPPORTED,
  TOPIC_NAME_INVALID,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "./reason_codes.ts";

/** What a {@linkcode ConnectNegotiation} is made of. */
export interface ConnectNegotiationOptions {
  readonly plan: ConnectPlan;
  /** The only MQTT version to speak; by default 5, and 4 (which is 3.1.1) with a broker that knows no better. */
  readonly protocolVersion: 4 | 5 | undefined;
  /** What the broker is called in events and errors. */
  readonly broker: () => string;
  /** Whether the broker may be sent messages to nobody. */
  readonly nudges: boolean;
  readonly redact: Redact;
  readonly observe: Observer;
}

/** Why there is no connection, or none any more. */
export interface AttemptFailure {
  readonly cause: string;
  /** Set when trying again will not help until somebody changes a setting. */
  readonly refused: Failure | undefined;
  /** Try again at once: something else is asked for now. */
  readonly again?: boolean;
  /** Whether there had been a connection. */
  readonly connected?: boolean;
  /** What kind of failure it is. @default {"unreachable"} */
  readonly outcome?: AttemptOutcome;
}

/** A connection that the broker ends so soon after its first empty message, in ms, may have ended over it. */
const NUDGE_LOSS = 500;

/** After so many of them in a row there are no empty messages any more. */
const LOSSES_OVER_NUDGES = 2;

/** A broker that closes this many MQTT 5 connections in a row without a word is tried with 3.1.1. */
const SILENT_CLOSES_BEFORE_DOWNGRADE = 2;

/** Asks for what was planned, less what the broker has turned out not to give. */
export class ConnectNegotiation {
  readonly #options: ConnectNegotiationOptions;
  #plan: ConnectPlan;
  #silentCloses = 0;
  #downgraded = false;
  /** What MQTT 5 met, until 3.1.1 has turned out to help. */
  #downgradedOver: string | undefined;
  #subscribesEarly = true;
  /** Whether the will has a payload that means the same as none. */
  #filledWill = false;
  /** How many connections in a row ended right after their first empty message. */
  #lostOverNudges = 0;

  constructor(options: ConnectNegotiationOptions) {
    this.#options = options;
    this.#plan = options.plan;
  }

  get plan(): ConnectPlan {
    return this.#plan;
  }

  /** Whether the broker has turned out not to take a will without payload. */
  get refusesEmptyWill(): boolean {
    return this.#filledWill;
  }

  /** The MQTT version of the next attempt. */
  get protocolVersion(): 4 | 5 {
    return this.#onlyVersion ?? (this.#downgraded ? 4 : 5);
  }

  /** Whether SUBSCRIBE may leave before CONNACK has come, as MQTT allows (MQTT 5.0, section 3.1.4). */
  get subscribesEarly(): boolean {
    return this.#subscribesEarly;
  }

  /** Where the connection may send messages to nobody, if it may at all. */
  get nudgeTopic(): string | undefined {
    const may = this.#options.nudges && this.#lostOverNudges < LOSSES_OVER_NUDGES;
    return may ? this.#plan.nudgeTopic : undefined;
  }

  /** A connection has ended that had worked: the broker may be replaced by one that knows MQTT 5. */
  ended({ nudgedAt }: MqttConnection): void {
    this.#silentCloses = 0;
    this.#downgraded = false;
    if (nudgedAt === undefined) return;
    const over = performance.now() - nudgedAt < NUDGE_LOSS;
    this.#lostOverNudges = over ? this.#lostOverNudges + 1 : 0;
    if (this.#lostOverNudges !== LOSSES_OVER_NUDGES) return;
    const { observe, redact } = this.#options;
    const text =
      `the broker closes the connection over empty messages to "${this.#plan.nudgeTopic}", which only save time; there ` +
      "will be none any more, and answers may come 40 ms later";
    observe({ type: "warning", text: redact(text) });
  }

  /**
   * The broker has closed a connection before it had answered everything. Moquette 0.17 does so when anything comes
   * before it has answered CONNECT.
   *
   * @param early whether anything was sent before that
   * @returns whether to try again at once, with SUBSCRIBE behind CONNACK
   */
  closedEarly(early: boolean): boolean {
    if (early) this.#subscribesEarly = false;
    return early;
  }

  /**
   * What the failure of an attempt means for the next one.
   *
   * @param early whether anything was sent behind CONNECT
   */
  failed(error: unknown, early: boolean): AttemptFailure {
    const { redact } = this.#options;
    const cause = redact(errorText(error));
    if (!(error instanceof ConnectError)) return { cause, refused: undefined };
    if (error.silent && this.closedEarly(early)) return { cause, refused: undefined, again: true };
    if (this.#fillWill(error)) return { cause, refused: undefined, again: true };
    if (this.#downgrade(error)) {
      this.#emptyWill();
      this.#downgradedOver = cause;
      return { cause, refused: undefined, again: true };
    }
    if (this.#changeWill(error.reasonCode)) return { cause, refused: undefined, again: true };
    const check = error.reasonCode === undefined ? undefined : permanentRefusal(error.reasonCode);
    if (check === undefined) {
      return { cause, refused: undefined, outcome: isUnwanted(error.reasonCode) ? "refused" : "unreachable" };
    }
    const text = redact(`The broker ${this.#options.broker()} refused the login: ${cause}; ${check}`);
    return { cause, refused: new Failure("login-refused", text, { reasonCode: error.reasonCode ?? 0 }) };
  }

  get #onlyVersion(): 4 | 5 | undefined {
    return this.#options.protocolVersion;
  }

  /**
   * The broker has accepted the connection. A broker that closes without a word, as RabbitMQ does before 3.13, may not know MQTT 5, or
   * not be ready yet: which of them it is, 3.1.1 tells, even to who cannot work with it.
   *
   * @returns why the connection is of no use, if it is of none
   */
  connected(protocolVersion: 4 | 5): Failure | undefined {
    const cause = this.#downgradedOver;
    this.#downgradedOver = undefined;
    if (protocolVersion === 5) return undefined;
    const broker = this.#options.broker();
    if (this.#plan.protocolVersion === 5) {
      const { versionNeededFor: what = "this" } = this.#plan;
      return new Failure("login-refused", `The broker ${broker} does not speak MQTT 5, which is needed for ${what}`);
    }
    if (cause !== undefined) this.#options.observe({ type: "broker.downgraded", broker, cause });
    return undefined;
  }

  /** Goes on with 3.1.1 if the broker does not know 5, and with 5 if 3.1.1 has not helped; whether it is 3.1.1 now. */
  #downgrade({ silent, reasonCode }: ConnectError): boolean {
    if (this.#onlyVersion !== undefined) return false;
    if (this.#downgraded) {
      this.#downgraded = false;
      return false;
    }
    this.#silentCloses = silent ? this.#silentCloses + 1 : 0;
    this.#downgraded = reasonCode === UNSUPPORTED_PROTOCOL_VERSION ||
      this.#silentCloses >= SILENT_CLOSES_BEFORE_DOWNGRADE;
    return this.#downgraded;
  }

  /** Gives a will without payload one; whether that may have been the trouble. In 3.1.1 no code tells. */
  #fillWill({ silent, reasonCode }: ConnectError): boolean {
    const { will } = this.#plan;
    if (will?.insteadOfEmpty === undefined || will.payload.length > 0) return false;
    if (!silent && reasonCode !== MALFORMED_PACKET && reasonCode !== PROTOCOL_ERROR) return false;
    this.#filledWill = true;
    this.#plan = { ...this.#plan, will: { ...will, payload: will.insteadOfEmpty } };
    return true;
  }

  /** What was refused may have been another thing. */
  #emptyWill(): void {
    const { will } = this.#plan;
    if (!this.#filledWill || will === undefined) return;
    this.#filledWill = false;
    this.#plan = { ...this.#plan, will: { ...will, payload: new Uint8Array() } };
  }

  /** Makes the will one that the broker takes, or does without it; whether that was the trouble. */
  #changeWill(reasonCode: number | undefined): boolean {
    const { will, ...rest } = this.#plan;
    if (will === undefined) return false;
    if (reasonCode === QOS_NOT_SUPPORTED && will.qos > 0) {
      this.#plan = { ...rest, will: { ...will, qos: 0 } };
      return true;
    }
    if (will.optional === true && (reasonCode === TOPIC_NAME_INVALID || reasonCode === NOT_AUTHORIZED)) {
      this.#plan = rest;
      return true;
    }
    if (reasonCode === RETAIN_NOT_SUPPORTED && will.retain) {
      this.#plan = rest;
      const text = "the broker does not keep retained messages: nobody can see who is online, or notice who is gone";
      this.#options.observe({ type: "warning", text });
      return true;
    }
    return false;
  }
}
