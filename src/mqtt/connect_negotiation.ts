/**
 * What a link asks of a broker in CONNECT, and what it asks instead when the broker refuses that.
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
  MALFORMED_PACKET,
  mayLeadToBan,
  NOT_AUTHORIZED,
  permanentRefusal,
  PROTOCOL_ERROR,
  QOS_NOT_SUPPORTED,
  RETAIN_NOT_SUPPORTED,
  TOPIC_NAME_INVALID,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "./reason_codes.ts";

/** The options of a {@linkcode ConnectNegotiation}. */
export interface ConnectNegotiationOptions {
  readonly plan: ConnectPlan;
  /** The only MQTT version to use; by default 5, and 4 (which is 3.1.1) with a broker that does not know 5. */
  readonly protocolVersion: 4 | 5 | undefined;
  /** The broker's name in events and errors. */
  readonly broker: () => string;
  /** Whether messages without subscribers may be sent to the broker. */
  readonly nudges: boolean;
  readonly redact: Redact;
  readonly observe: Observer;
}

/** Why there is no connection, or why it has ended. */
export interface AttemptFailure {
  readonly cause: string;
  /** Set when further attempts are useless until somebody changes a setting. */
  readonly refused: Failure | undefined;
  /** Whether to try again at once, since the next CONNECT asks for something else. */
  readonly again?: boolean;
  /** Whether a connection had been established. */
  readonly connected?: boolean;
  /** The kind of the failure. @default {"unreachable"} */
  readonly outcome?: AttemptOutcome;
}

/** A connection that ends this soon after its first empty message, in ms, may have ended because of it. */
const NUDGE_LOSS = 500;

/** After this many such connections in a row, no empty messages are sent any more. */
const LOSSES_OVER_NUDGES = 2;

/** After this many MQTT 5 connections in a row that the broker closed without CONNACK, 3.1.1 is tried. */
const SILENT_CLOSES_BEFORE_DOWNGRADE = 2;

/** Asks for the plan, except for the features that the broker has refused. */
export class ConnectNegotiation {
  readonly #options: ConnectNegotiationOptions;
  #plan: ConnectPlan;
  #silentCloses = 0;
  #downgraded = false;
  /** Why MQTT 5 failed; kept until 3.1.1 has worked. */
  #downgradedOver: string | undefined;
  #subscribesEarly = true;
  /** Whether the will has a payload that means the same as none. */
  #filledWill = false;
  /** How many connections in a row ended soon after their first empty message. */
  #lostOverNudges = 0;

  constructor(options: ConnectNegotiationOptions) {
    this.#options = options;
    this.#plan = options.plan;
  }

  get plan(): ConnectPlan {
    return this.#plan;
  }

  /** Whether the broker has refused a will without payload. */
  get refusesEmptyWill(): boolean {
    return this.#filledWill;
  }

  /** The MQTT version of the next attempt. */
  get protocolVersion(): 4 | 5 {
    return this.#onlyVersion ?? (this.#downgraded ? 4 : 5);
  }

  /** Whether SUBSCRIBE may be sent before CONNACK has arrived (MQTT 5.0, section 3.1.4). */
  get subscribesEarly(): boolean {
    return this.#subscribesEarly;
  }

  /** The topic for messages without subscribers; `undefined` when they may not be sent. */
  get nudgeTopic(): string | undefined {
    const may = this.#options.nudges && this.#lostOverNudges < LOSSES_OVER_NUDGES;
    return may ? this.#plan.nudgeTopic : undefined;
  }

  /** A working connection has ended. MQTT 5 is tried again, since the broker may have been replaced by a newer one. */
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
   * The broker has closed a connection before it had answered everything. Moquette 0.17 does so when a packet arrives
   * before it has answered CONNECT.
   *
   * @param early whether a packet was sent before CONNACK
   * @returns whether to try again at once, with SUBSCRIBE after CONNACK
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
      return { cause, refused: undefined, outcome: mayLeadToBan(error.reasonCode) ? "refused" : "unreachable" };
    }
    const text = redact(`The broker ${this.#options.broker()} refused the login: ${cause}; ${check}`);
    return { cause, refused: new Failure("login-refused", text, { reasonCode: error.reasonCode ?? 0 }) };
  }

  get #onlyVersion(): 4 | 5 | undefined {
    return this.#options.protocolVersion;
  }

  /**
   * The broker has accepted the connection.
   *
   * RabbitMQ before 3.13 closes a connection without a reason. Either it does not know MQTT 5, or it is not ready yet.
   * An attempt with MQTT 3.1.1 tells these apart, even if the profile cannot work with 3.1.1.
   *
   * @returns why the connection is useless, if it is
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

  /**
   * Switches to 3.1.1 if the broker does not know 5, and back to 5 if 3.1.1 has not helped. Returns whether it is 3.1.1
   * now.
   */
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

  /**
   * Gives a will without payload another payload. Returns whether the empty will may have been the cause; without a
   * reason code, as in 3.1.1, it may always be.
   */
  #fillWill({ silent, reasonCode }: ConnectError): boolean {
    const { will } = this.#plan;
    if (will?.insteadOfEmpty === undefined || will.payload.length > 0) return false;
    if (!silent && reasonCode !== MALFORMED_PACKET && reasonCode !== PROTOCOL_ERROR) return false;
    this.#filledWill = true;
    this.#plan = { ...this.#plan, will: { ...will, payload: will.insteadOfEmpty } };
    return true;
  }

  /** Empties the will again: the broker may have refused something else. */
  #emptyWill(): void {
    const { will } = this.#plan;
    if (!this.#filledWill || will === undefined) return;
    this.#filledWill = false;
    this.#plan = { ...this.#plan, will: { ...will, payload: new Uint8Array() } };
  }

  /** Changes or drops a will that the broker has refused. Returns whether the will was the cause. */
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
