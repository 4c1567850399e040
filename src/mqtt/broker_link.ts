/**
 * A link that reconnects by itself.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { waitAtMost } from "../core/waiting.ts";
import type { Observer } from "../core/events.ts";
import { Failure } from "../core/failure.ts";
import { type Redact, redactNothing } from "../core/redaction.ts";
import { STABLE_AFTER } from "../core/backoff.ts";
import { type BrokerPreset, limitsOf } from "./broker_presets.ts";
import type { BrokerSettings, Connect, ConnectionEnd, MqttConnection } from "./connection/connection.ts";
import { BrokerNodes } from "./broker_nodes.ts";
import { connectToBroker } from "./connection/connect.ts";
import { userPropertiesSize } from "./codec/packet_size.ts";
import { AddedProperties } from "./added_properties.ts";
import type { ConnectPlan, LinkState, MqttLink, PublishOutcome, PublishPacket, Subscription } from "./link.ts";
import { LinkSubscriptions } from "./link_subscriptions.ts";
import { type AttemptFailure, ConnectNegotiation } from "./connect_negotiation.ts";
import { unavailableReason } from "./online.ts";
import { Outbox } from "./outbox.ts";
import { mayLeadToBan, SESSION_TAKEN_OVER, UNSPECIFIED_ERROR } from "./reason_codes.ts";
import { ReconnectPause } from "./reconnect_pause.ts";
import { type Batch, earlyRequests, requestedFilter } from "./request_subscriptions.ts";
import { blamesPacket } from "./suspicion.ts";

/** The options of a {@linkcode BrokerLink}. */
export interface BrokerLinkOptions {
  readonly broker: BrokerSettings;
  readonly plan: ConnectPlan;
  readonly preset: BrokerPreset;
  /** The MQTT version to use, 5 or 4 (which is 3.1.1); by default 5, and 4 with a broker that does not know 5. */
  readonly protocolVersion?: 4 | 5;
  readonly observe: Observer;
  /**
   * Whether the user of the link has chosen its topics. Then failures show the topics unredacted: if credentials in
   * them were redacted, the user could test whether a guess is a credential. @default {false}
   */
  readonly topicsAreGiven?: boolean;
  /** @default {MQTT.js} */
  readonly connect?: Connect;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** Random numbers from 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
}

/** How long a connection has to last to count as a success, in ms. After a success, the next pause is short again. */
const WORKED_FOR = 1_000;

/** How long a close may take, in ms. */
const CLOSE_TIMEOUT = 1_000;

/** The {@linkcode MqttLink} to a real broker. */
export class BrokerLink implements MqttLink {
  readonly #options: BrokerLinkOptions;
  readonly #clock: Clock;
  readonly #subscriptions: LinkSubscriptions;
  readonly #outbox: Outbox;
  readonly #added: AddedProperties | undefined;
  readonly #negotiation: ConnectNegotiation;
  readonly #redact: Redact;
  readonly #nodes: BrokerNodes;
  readonly #abort = new AbortController();
  readonly #watchers = new Set<(state: LinkState) => void>();
  #clientId: string;
  #state: LinkState = { status: "connecting", failure: undefined };
  #connection: MqttConnection | undefined;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #pause: ReconnectPause;
  /** Why no further connection attempt is made. */
  #refusal: Failure | undefined;
  /** Whether the link has been online. */
  #worked = false;
  /** Why we have dropped the connection, if we have. */
  #droppedOver: string | undefined;
  /**
   * A filter that is never subscribed to. UNSUBSCRIBE from it changes nothing, but the broker has to acknowledge it.
   */
  readonly #unusedFilter = `mcp/${crypto.randomUUID()}`;

  constructor(options: BrokerLinkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#pause = new ReconnectPause(this.#clock, options.random ?? Math.random);
    const { addedProperties } = options.plan;
    this.#added = addedProperties && new AddedProperties(addedProperties);
    this.#clientId = options.plan.clientId;
    this.#redact = options.broker.redact ?? redactNothing;
    const redactTopic = options.topicsAreGiven === true ? redactNothing : this.#redact;
    this.#outbox = new Outbox(this.#clock, redactTopic);
    this.#subscriptions = new LinkSubscriptions({
      clock: this.#clock,
      redactTopic,
      observe: options.observe,
      dropping: (cause) => this.#droppedOver = cause,
    });
    this.#nodes = new BrokerNodes(options.broker);
    this.#negotiation = new ConnectNegotiation({
      plan: options.plan,
      protocolVersion: options.protocolVersion,
      broker: () => this.#broker,
      nudges: options.preset.nudges,
      redact: this.#redact,
      observe: options.observe,
    });
  }

  get clientId(): string {
    return this.#clientId;
  }

  /** The broker's name in events and errors: its URL without the query, which may hold a token. */
  get #broker(): string {
    return this.#redact(this.#nodes.current.url.replace(/\?.*$/, ""));
  }

  get state(): LinkState {
    return this.#state;
  }

  open(): this {
    this.#running ??= this.#run();
    return this;
  }

  watch(listener: (state: LinkState) => void, signal?: AbortSignal): void {
    this.#watchers.add(listener);
    signal?.addEventListener("abort", () => this.#watchers.delete(listener), { once: true });
  }

  async subscribe(subscription: Subscription): Promise<void> {
    this.#subscriptions.add(subscription);
    if (this.#state.status !== "online" || this.#connection === undefined) return;
    const { limits } = this.#state;
    const failure = await this.#subscriptions.request(this.#connection, limits, [subscription]);
    if (failure !== undefined) throw failure;
  }

  async unsubscribe(filter: string): Promise<void> {
    const subscription = this.#subscriptions.remove(filter);
    if (subscription === undefined) return;
    if (this.#state.status !== "online") return;
    const requested = requestedFilter(subscription, this.#state.limits);
    await this.#connection?.unsubscribe(requested).catch(() => {}); // a lost connection ends the subscription too
  }

  async roundTrip(): Promise<void> {
    const connection = this.#connection;
    if (this.#state.status !== "online" || connection === undefined) {
      throw unavailableReason(this.#state);
    }
    try {
      await connection.unsubscribe(this.#unusedFilter);
    } catch {
      const { cause } = await connection.closed;
      throw new Failure("broker-unreachable", `The connection to the broker was lost: ${this.#redact(cause)}`);
    }
  }

  expectMore(): void {
    this.#connection?.expectMore?.();
  }

  publish(packet: PublishPacket, done?: PublishOutcome, signal?: AbortSignal): Promise<void> | void {
    if (this.#closing !== undefined || this.#refusal !== undefined) {
      done?.(this.#refusal ?? unavailableReason({ status: "closed" }));
      return;
    }
    this.hurry();
    return this.#outbox.add(this.#added?.on(packet) ?? packet, done, signal);
  }

  hurry(): void {
    if (this.#state.status === "connecting") this.#pause.hurry();
  }

  /** Ends the connection without DISCONNECT, and makes no other. `failure` says what the user has to change. */
  refuse({ reason, message }: Failure): void {
    if (this.#closing !== undefined || this.#refusal !== undefined) return;
    this.#refusal = new Failure(reason, this.#redact(message));
    this.#abort.abort();
    this.#connection?.destroy();
    this.#outbox.fail(this.#refusal);
    this.#reportRefusal(this.#broker, this.#refusal, undefined);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#state.status === "online") {
      await waitAtMost(this.#outbox.drained(), CLOSE_TIMEOUT, this.#clock);
      await this.#connection?.end();
      this.#options.observe({ type: "broker.closed", broker: this.#broker, clientId: this.#redact(this.#clientId) });
    } else {
      this.#connection?.destroy(); // not online yet: the broker still owes the SUBACKs
    }
    this.#abort.abort();
    await this.#running;
    this.#outbox.fail(unavailableReason({ status: "closed" }));
    this.#setState({ status: "closed" });
    this.#watchers.clear();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const broker = this.#broker; // the next one may be another
      const failure = await this.#attempt(attempt);
      if (signal.aborted || this.#closing !== undefined) return;
      if (failure.again === true) continue;
      if (this.#nodes.next(failure.connected === true)) {
        this.#report(broker, failure, 0);
        continue;
      }
      const outcome = failure.refused === undefined ? failure.outcome ?? "unreachable" : "unchanged";
      const pause = this.#pause.after(outcome);
      this.#report(broker, failure, pause);
      await this.#pause.wait(pause, outcome, signal);
    }
  }

  /** One connection, from the attempt to its end. Resolves with the reason for its end. */
  async #attempt(attempt: number): Promise<AttemptFailure> {
    const { preset, connect = connectToBroker, observe } = this.#options;
    const { plan, protocolVersion } = this.#negotiation;
    observe({ type: "broker.connecting", broker: this.#broker, attempt });
    const early = this.#negotiation.subscribesEarly ? this.#subscriptions.early : [];
    try {
      const broker = await withPassword(this.#nodes.current);
      const connection = await connect({
        broker,
        plan: preset.connectUserProperties ? plan : withoutUserProperties(plan),
        protocolVersion,
        early: early.map(earlyRequests),
        nudgeTopic: this.#negotiation.nudgeTopic,
        received: (packet) => this.#subscriptions.dispatch(packet),
        dropped: (topic, cause) => observe({ type: "message.dropped", source: topic, cause }),
      }, this.#abort.signal);
      return await this.#use(connection, protocolVersion, early);
    } catch (error) {
      return this.#negotiation.failed(error, early.length > 0);
    }
  }

  async #use(
    connection: MqttConnection,
    protocolVersion: 4 | 5,
    early: readonly Batch[],
  ): Promise<AttemptFailure> {
    const { broker, preset, observe } = this.#options;
    const { answer } = connection;
    const useless = this.#negotiation.connected(protocolVersion);
    if (useless !== undefined) {
      await connection.end();
      this.#negotiation.ended(connection);
      return { cause: useless.message, refused: useless };
    }
    const since = this.#clock.now();
    this.#connection = connection;
    this.#clientId = answer.assignedClientIdentifier ?? this.#clientId;
    const limits = {
      ...limitsOf(answer, protocolVersion, broker.keepAlive, preset),
      refusesEmptyWill: this.#negotiation.refusesEmptyWill,
      addedBytes: userPropertiesSize(this.#options.plan.addedProperties ?? {}),
    };
    let ended: ConnectionEnd | undefined;
    const end = connection.closed.then((how) => ended = how);

    const refused = await this.#subscriptions.requestAll(connection, limits, early);
    if (refused !== undefined) {
      await connection.end();
      this.#connection = undefined;
      // NATS 2.9 in a cluster refuses subscriptions that it has granted before, until the cluster has a new leader for
      // a dead node.
      const passing = this.#worked && refused.details.reasonCode === UNSPECIFIED_ERROR;
      return { cause: refused.message, refused: passing ? undefined : refused };
    }
    const online = ended === undefined && this.#refusal === undefined;
    if (online) {
      observe({
        type: "broker.connected",
        broker: this.#broker,
        clientId: this.#redact(this.#clientId),
        protocolVersion,
      });
      this.#worked = true;
      this.#outbox.attach(connection, limits);
      this.#setState({ status: "online", limits });
    }

    const { reasonCode, cause } = await end;
    const droppedOver = this.#droppedOver;
    this.#droppedOver = undefined;
    this.#connection = undefined;
    const culprit = this.#outbox.detach(reasonCode);
    const inFlight = culprit === "possible" || this.#subscriptions.awaitsAnswer;
    const needed = this.#subscriptions.lost({ reasonCode, cause: this.#redact(cause) });
    if (needed !== undefined) return { cause: this.#redact(cause), refused: needed };
    // Two clients with the same client id take the connection from each other. The pauses must grow, or they do it at
    // full speed.
    const takenOver = reasonCode === SESSION_TAKEN_OVER;
    const worked = this.#clock.now() - since >= (takenOver ? STABLE_AFTER : WORKED_FOR);
    if (worked || culprit === "found") this.#pause.reset();
    const silent = !online && reasonCode === undefined && droppedOver === undefined;
    if (silent && this.#negotiation.closedEarly(early.length > 0)) {
      return { cause: this.#redact(cause), refused: undefined, again: true };
    }
    this.#negotiation.ended(connection);
    const advice = takenOver
      ? `; another connection uses the client id "${this.#clientId}": give each process its own by --client-id`
      : "";
    const overPacket = blamesPacket(reasonCode) || (reasonCode === undefined && (inFlight || culprit === "found"));
    const outcome = overPacket ? "packet" : takenOver || mayLeadToBan(reasonCode) ? "refused" : "unreachable";
    return { cause: this.#redact(droppedOver ?? cause + advice), refused: undefined, outcome, connected: true };
  }

  #report(broker: string, { cause, refused }: AttemptFailure, retryIn: number): void {
    if (refused !== undefined) return this.#reportRefusal(broker, refused, retryIn);
    const failure = new Failure("broker-unreachable", `The broker ${broker} cannot be reached: ${cause}`);
    this.#options.observe({ type: "broker.lost", broker, clientId: this.#redact(this.#clientId), cause, retryIn });
    this.#setState({ status: "connecting", failure });
  }

  /** @param retryIn in ms; never when `undefined` */
  #reportRefusal(broker: string, failure: Failure, retryIn: number | undefined): void {
    const clientId = this.#redact(this.#clientId);
    const { message: cause } = failure;
    this.#options.observe({ type: "broker.refused", broker, clientId, cause, retryIn });
    this.#setState({ status: "refused", failure });
  }

  #setState(state: LinkState): void {
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher(state);
  }
}

/** The broker with its password, which may be a new one for each connection. */
async function withPassword(broker: BrokerSettings): Promise<BrokerSettings> {
  return broker.freshPassword === undefined ? broker : { ...broker, password: await broker.freshPassword() };
}

function withoutUserProperties({ userProperties: _, ...plan }: ConnectPlan): ConnectPlan {
  return plan;
}
