/**
 * The server side of the request-response profile.
 *
 * @module
 */
import { requestsIn } from "../../../core/batch.ts";
import { systemClock } from "../../../core/clock.ts";
import { Failure } from "../../../core/failure.ts";
import { Message } from "../../../core/message.ts";
import { problemOf } from "../../../core/parse_error.ts";
import type { LinkState, MqttLink, ReceivedPacket } from "../../../mqtt/mod.ts";
import type { ServerSealing } from "../../../seal/mod.ts";
import { plainQoS } from "../../packets.ts";
import { OPENINGS, OPENS_TOO_OFTEN, RateLimit } from "../../rate_limit.ts";
import type { Acceptor, ServerOptions } from "../../profile.ts";
import { SEALED } from "../sealed/sealed_packet.ts";
import { SealedSessions } from "../sealed/sealed_sessions.ts";
import type { Frame } from "../session/frame.ts";
import { PathLimit } from "../session/path_limit.ts";
import { FORMAT, formatOf, INSTANCE, SESSION, toFrame, userProperty } from "../session/properties.ts";
import { type Topics, topicsFor } from "../topics.ts";
import { Refusals } from "./refusals.ts";
import { responseTopicOf } from "./response_topic.ts";
import { ServerPresence } from "./server_presence.ts";
import { nameOf, sessionKey, type SessionPlace, SessionTable } from "./session_table.ts";
import { SharedGoodbyes } from "./shared_goodbyes.ts";

/** Longest session name and response topic that are kept, in characters: they are a stranger's choice. */
const NAME_LIMIT = 1_024;

const SHUTTING_DOWN = new Failure("server-shutting-down", "The server is shutting down");
const NOT_KNOWN = new Failure(
  "session-ended",
  "The server does not know this session any more, so nobody knows whether the request has run",
);
const SEALED_ONLY = new Failure(
  "not-authorized",
  "This server takes sealed sessions only: start the client with --key and --server-key",
);

/** Accepts sessions on a link and shows the server's presence while the link is online. */
export class RequestResponseServer implements Acceptor {
  readonly #link: MqttLink;
  readonly #options: ServerOptions;
  readonly #topics: Topics;
  readonly #presence: ServerPresence;
  readonly #sessions: SessionTable;
  readonly #sealed: SealedSessions | undefined;
  readonly #refusals: Refusals;
  readonly #openings = new RateLimit(OPENINGS, systemClock);
  readonly #abort = new AbortController();
  #withdrawn = false;

  constructor(link: MqttLink, options: ServerOptions) {
    this.#link = link;
    this.#options = options;
    const topics = topicsFor(options);
    this.#topics = topics;
    this.#presence = new ServerPresence(link, options, topics);
    this.#sessions = new SessionTable({ link, topics, limit: new PathLimit(options.observe), options });
    this.#refusals = new Refusals(link, options.qos);
    const { share, serverSealing } = options;
    if (serverSealing !== undefined) this.#sealed = this.#sealedSessions(serverSealing);
    const qos = plainQoS(options.qos);
    void link.subscribe({
      filter: topics.requestFilter,
      qos,
      ...(share === undefined ? {} : { share }),
      handler: (packet) => this.#onRequestTopic(packet),
    });
    void link.subscribe({ filter: topics.closed.filter, qos: 1, handler: (packet) => this.#onClosed(packet) });
    const { sharedClosed } = topics;
    if (sharedClosed !== undefined) {
      const { observe } = options;
      const doubt = (client: string) => this.#doubt(client);
      new SharedGoodbyes({ link, topic: sharedClosed, doubt, observe, clock: systemClock }, this.#abort.signal);
    }
    const own = topics.instance(link.clientId);
    void link.subscribe({
      filter: own.filter,
      qos,
      handler: (packet) => this.#onInstanceTopic(packet, own.clientOf(packet.topic)),
    });
    link.watch((state) => this.#onLinkState(state), this.#abort.signal);
  }

  get topic(): string {
    return this.#presence.topic;
  }

  withdraw(): void {
    if (this.#withdrawn) return;
    this.#withdrawn = true;
    this.#presence.withdraw();
    void this.#link.unsubscribe(this.#topics.requestFilter);
  }

  describe(meta: Readonly<Record<string, unknown>>): void {
    this.#presence.describe(meta);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#sessions.all.map((session) => session.close(SHUTTING_DOWN)));
    this.withdraw();
  }

  #onLinkState(state: LinkState): void {
    this.#presence.linkChanged(state);
    for (const session of this.#sessions.all) {
      if (state.status === "online") session.resume();
      else session.pause();
    }
  }

  /** A message that opens a session, or one of a client that does not know the topic of its instance. */
  #onRequestTopic(packet: ReceivedPacket): void {
    const instance = userProperty(packet, INSTANCE);
    if (instance !== undefined && instance !== this.#link.clientId) return;
    const client = this.#clientOf(packet.topic);
    if (client === undefined) return this.#drop(packet, "the topic does not end in a client id");
    this.#take(packet, client, !this.#withdrawn && (instance !== undefined || this.#presence.answersAll));
  }

  /**
   * Takes a message that may open a session.
   *
   * @param mayOpen whether no other instance takes it too
   */
  #take(packet: ReceivedPacket, client: string, mayOpen: boolean): void {
    const responseTopic = responseTopicOf(packet, client, this.#topics, this.#options);
    if (responseTopic instanceof Failure) return this.#drop(packet, responseTopic.message);

    const sessionId = userProperty(packet, SESSION);
    if (userProperty(packet, SEALED) !== undefined) {
      if (this.#sealed === undefined) return this.#drop(packet, "it is sealed, and this server has no key");
      if (!mayOpen || sessionId === undefined || client === "" || sessionId.length > NAME_LIMIT) return;
      return this.#sealed.begin(packet, { client, session: sessionId, responseTopic });
    }
    const place = { client, sessionId, responseTopic };
    if (this.#options.serverSealing?.allowUnsealed === false) {
      this.#options.refused?.(nameOf(place), SEALED_ONLY);
      return this.#refusals.refuse(packet, responseTopic, SEALED_ONLY);
    }
    const key = sessionKey(place);
    if (key.length > NAME_LIMIT) return this.#drop(packet, "the name of its session is too long");
    const known = this.#sessions.get(key);
    // A session that has a name is this instance's alone.
    if (!mayOpen && (known === undefined || sessionId === undefined)) return;
    if (known !== undefined) return known.deliver(toFrame(packet));
    const frame = toFrame(packet);
    if (sessionId === undefined ? !this.#isRequest(packet, responseTopic) : !opensSession(frame)) return;
    const failure = this.#refusal(place);
    if (failure !== undefined) return this.#refusals.refuse(packet, responseTopic, failure);
    const numbered = sessionId !== undefined && frame.sequence !== undefined;
    const format = numbered ? formatOf(userProperty(packet, FORMAT)) : "plain";
    const before = this.#sessions.latestOf(client);
    const session = this.#sessions.open(place, format);
    session.welcome();
    session.deliver(frame);
    if (before === undefined) return this.#options.opened(session);
    // Nothing counts the session before any more once that has ended. Meanwhile the client may have opened another one.
    void before.closed.then(() => {
      if (this.#sessions.latestOf(client) === session) this.#options.opened(session);
    });
  }

  /** Why a client gets no session. One that has a session already gets another in its place. */
  #refusal(place: SessionPlace): Failure | undefined {
    const { client } = place;
    // Requesters without a client id may all have the same response topic.
    if (!this.#openings.allows(client === "" ? sessionKey(place) : client)) {
      this.#options.refused?.(nameOf(place), OPENS_TOO_OFTEN);
      return OPENS_TOO_OFTEN;
    }
    if (this.#sessions.latestOf(client) !== undefined) return undefined;
    return this.#options.refusal?.(client, nameOf(place));
  }

  /** A message of a client that knows its instance: it has a session, or says that it opens one, or is a plain requester. */
  #onInstanceTopic(packet: ReceivedPacket, client: string | undefined): void {
    const sessionId = userProperty(packet, SESSION);
    if (client === undefined) return this.#drop(packet, "it belongs to no session");
    const opens = sessionId === undefined || userProperty(packet, INSTANCE) === this.#link.clientId;
    if (!opens && userProperty(packet, SEALED) !== undefined) {
      if (this.#sealed?.deliver(packet, client, sessionId) === true) return;
    }
    if (opens && !this.#withdrawn) return this.#take(packet, client, true);
    if (sessionId === undefined) return this.#drop(packet, "the server is shutting down");
    const session = this.#sessions.find(client, sessionId);
    if (session !== undefined) {
      session.confirmInstance();
      return session.deliver(toFrame(packet));
    }
    if (!this.#topics.response.namesClient || sessionId.length > NAME_LIMIT) return;
    const responseTopic = this.#topics.response.for(client);
    if (opens) this.#refusals.refuse(packet, responseTopic, SHUTTING_DOWN);
    else this.#refusals.notKnown(responseTopic, sessionId, NOT_KNOWN);
  }

  #onClosed(packet: ReceivedPacket): void {
    const client = this.#topics.closed.clientOf(packet.topic);
    if (client === undefined || packet.retain) return;
    const sessionId = userProperty(packet, SESSION);
    // A will knows no session: it means whatever the client has, and perhaps the client will be back.
    if (sessionId === undefined) return void this.#doubt(client);
    this.#sessions.find(client, sessionId)?.left();
    this.#sealed?.doubt(client, sessionId); // who says so is not known
  }

  /** Asks a client whether it is still there; whether there is something to ask it about. */
  #doubt(client: string): boolean {
    const session = this.#sessions.latestOf(client);
    session?.doubt();
    const sealed = this.#sealed?.doubt(client) ?? 0;
    return session !== undefined || sealed > 0;
  }

  #clientOf(topic: string): string | undefined {
    if (this.#options.requestTopic === undefined && topic === `${this.#topics.base}/request`) return "";
    return this.#topics.request.clientOf(topic);
  }

  #sealedSessions(sealing: ServerSealing): SealedSessions {
    return new SealedSessions({
      link: this.#link,
      base: this.#topics.base,
      sealing,
      instanceTopic: (client) => this.#topics.instance(this.#link.clientId).for(client),
      make: (place, link, client) => this.#sessions.openSealed(place, link, client),
      opened: (session) => this.#options.opened(session),
    }, this.#abort.signal);
  }

  /** Whether a plain requester can begin with this; if not, it is told. */
  #isRequest(packet: ReceivedPacket, topic: string): boolean {
    const message = new Message(packet.payload);
    if (requestsIn(message).length > 0) return true;
    const problem = problemOf(message);
    this.#drop(packet, problem ?? "it is no request and has no session");
    if (problem === undefined) return false;
    this.#refusals.invalid(packet, topic, message);
    return false;
  }

  #drop(packet: ReceivedPacket, cause: string): void {
    this.#options.observe({ type: "message.dropped", source: packet.topic, cause });
  }
}

/** The first message of a session; anything else is an echo of one that is over. */
function opensSession({ sequence, payload, piece }: Frame): boolean {
  return sequence === undefined ? payload.length > 0 : sequence === 1 && (piece === undefined || piece.offset === 0);
}
