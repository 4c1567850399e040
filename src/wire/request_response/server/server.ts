/**
 * The server side of the request-response profile.
 *
 * @module
 */
import { systemClock } from "../../../core/clock.ts";
import { Failure } from "../../../core/failure.ts";
import { Message } from "../../../core/message.ts";
import { invalidResponse, problemOf } from "../../../core/parse_error.ts";
import {
  type BrokerLimits,
  type LinkState,
  type MqttLink,
  type ReceivedPacket,
  topicNameProblem,
} from "../../../mqtt/mod.ts";
import { clearLeftBehind, clearPresence, isLeftBehind } from "../../gone_presences.ts";
import { ServerStatus } from "../../notifications.ts";
import type { ServerSealing } from "../../../seal/mod.ts";
import type { Acceptor, ServerOptions } from "../../profile.ts";
import type { Frame } from "../session/frame.ts";
import { plainQoS } from "../../packets.ts";
import { decodePresence, encodePresence } from "../presence.ts";
import {
  FORMAT,
  formatOf,
  INSTANCE,
  MESSAGE_PROPERTIES,
  NEWEST_FORMAT,
  SESSION,
  toFrame,
  userProperty,
} from "../session/properties.ts";
import type { SessionFormat } from "../session/format.ts";
import { PathLimit } from "../session/path_limit.ts";
import { windowOf } from "../session/window.ts";
import { SealedSessions } from "../sealed/sealed_sessions.ts";
import { SEALED } from "../sealed/sealed_packet.ts";
import { Peers } from "./peers.ts";
import { ServerSession, type ServerSessionOptions } from "./server_session.ts";
import { type Topics, topicsFor } from "../topics.ts";

/** Longest session name and response topic that are kept, in characters: they are a stranger's choice. */
const NAME_LIMIT = 1_024;

/** Accepts sessions on a link and shows the server's presence while the link is online. */
export class RequestResponseServer implements Acceptor {
  readonly #link: MqttLink;
  readonly #options: ServerOptions;
  readonly #status: ServerStatus;
  readonly #topics: Topics;
  readonly #limit: PathLimit;
  readonly #sessions = new Map<string, ServerSession>();
  /** The session of each client that names its sessions; a new one ends the one before. */
  readonly #byClient = new Map<string, ServerSession>();
  readonly #sealed: SealedSessions | undefined;
  readonly #abort = new AbortController();
  readonly #peers: Peers;
  #withdrawn = false;
  readonly #since = new Date().toISOString();

  constructor(link: MqttLink, options: ServerOptions) {
    this.#link = link;
    this.#options = options;
    this.#status = new ServerStatus(options.observe);
    this.#topics = topicsFor(options);
    this.#limit = new PathLimit(options.observe);
    this.#peers = new Peers({
      instance: link.clientId,
      announce: () => void this.#announce(false),
      settled: () => this.#tell(true),
      clock: systemClock,
    });
    const { share, serverSealing } = options;
    if (serverSealing !== undefined) this.#sealed = this.#sealedSessions(serverSealing);
    const qos = plainQoS(options.qos);
    void link.subscribe({
      filter: this.#topics.requestFilter,
      qos,
      ...(share === undefined ? {} : { share }),
      handler: (packet) => this.#onRequestTopic(packet),
    });
    void link.subscribe({ filter: this.#topics.closed.filter, qos: 1, handler: (packet) => this.#onClosed(packet) });
    const own = this.#topics.instance(link.clientId);
    void link.subscribe({ filter: own.filter, qos, handler: (packet) => this.#onInstanceTopic(packet) });
    link.watch((state) => this.#onLinkState(state), this.#abort.signal);
  }

  get topic(): string {
    return this.#options.requestTopic ?? `${this.#topics.base}/request`;
  }

  withdraw(): void {
    if (this.#withdrawn) return;
    this.#withdrawn = true;
    this.#peers.left();
    this.#tell(false);
    void this.#publishPresence(new Uint8Array());
    void this.#link.unsubscribe(this.#topics.requestFilter);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    const reason = new Failure("server-shutting-down", "The server is shutting down");
    await Promise.all([...this.#sessions.values()].map((session) => session.close(reason)));
    this.withdraw();
  }

  #onLinkState(state: LinkState): void {
    const online = state.status === "online";
    this.#peers.left();
    if (online && !this.#withdrawn) void this.#appear(state.limits);
    else this.#tell(false);
    for (const session of this.#sessions.values()) {
      if (online) session.resume();
      else session.pause();
    }
  }

  /** Whether the broker hands each message to one of the instances. */
  #isShared({ sharedSubscriptionAvailable }: BrokerLimits): boolean {
    return this.#options.share !== undefined && sharedSubscriptionAvailable;
  }

  /** Shows the presence; online is who can be found, and knows what to answer. */
  async #appear(limits: BrokerLimits): Promise<void> {
    if (this.#isShared(limits)) {
      await this.#announce(false);
      if (!this.#isOn(limits)) return;
      this.#tell(true);
      return await clearLeftBehind(this.#link, this.#topics.presenceFilter, MESSAGE_PROPERTIES);
    }
    // Asked for before, so that nobody is missed who comes meanwhile, and behind it, for what is retained.
    await Promise.all([this.#watchPeers(), this.#announce(true)]);
    await Promise.all([this.#watchPeers(), this.#link.roundTrip().catch(() => {})]);
    if (this.#isOn(limits)) this.#peers.joined();
  }

  #watchPeers(): Promise<void> {
    return this.#link.subscribe({
      filter: this.#topics.presenceFilter,
      qos: 1,
      handler: ({ topic, payload, retain }) => {
        this.#peers.heard(topic.split("/").at(-1) ?? "", decodePresence(payload), retain);
        if (isLeftBehind(payload)) clearPresence(this.#link, topic, MESSAGE_PROPERTIES);
      },
      refused: () => {}, // then it is for the user to see to it that there is one instance
    }).catch(() => {});
  }

  #isOn(limits: BrokerLimits): boolean {
    const { state } = this.#link;
    return !this.#withdrawn && state.status === "online" && state.limits === limits;
  }

  /** Resolves when the broker has the presence, or has refused it. */
  async #announce(joining: boolean): Promise<void> {
    const { state } = this.#link;
    if (state.status !== "online" || this.#withdrawn) return;
    const { serverName, description } = this.#options;
    const shared = this.#isShared(state.limits);
    const numbered = state.limits.protocolVersion === 5;
    const { serverSealing } = this.#options;
    const key = serverSealing === undefined ? {} : { sealed: serverSealing.key };
    const meta = { since: this.#since, ...key, ...this.#options.meta };
    const online = { serverName, description, shared, numbered, direct: true, joining, meta };
    await this.#publishPresence(encodePresence({ ...online, format: NEWEST_FORMAT }));
  }

  #tell(online: boolean): void {
    this.#status.set(online, this.#options.serverName, this.topic);
  }

  #publishPresence(payload: Uint8Array): Promise<void> {
    const topic = this.#topics.presence(this.#link.clientId);
    const packet = { topic, payload, qos: 1, retain: true, properties: MESSAGE_PROPERTIES } as const;
    return new Promise((resolve) => {
      void this.#link.publish(packet, (failure) => {
        resolve();
        if (failure === undefined || failure.reason === "no-server-online") return;
        this.#options.observe({ type: "publish.failed", topic, cause: failure.message });
      });
    });
  }

  /** Whether a message that names no instance is for this one. */
  get #answersAll(): boolean {
    const { state } = this.#link;
    return (state.status === "online" && this.#isShared(state.limits)) || this.#peers.answers;
  }

  /** A message that opens a session, or comes from somebody who does not know better than to publish here. */
  #onRequestTopic(packet: ReceivedPacket): void {
    const instance = userProperty(packet, INSTANCE);
    if (instance !== undefined && instance !== this.#link.clientId) return;
    const client = this.#clientOf(packet.topic);
    if (client === undefined) return this.#drop(packet, "the topic does not end in a client id");
    this.#take(packet, client, !this.#withdrawn && (instance !== undefined || this.#answersAll));
  }

  /**
   * Takes a message that may open a session.
   *
   * @param mayOpen whether no other instance takes it too
   */
  #take(packet: ReceivedPacket, client: string, mayOpen: boolean): void {
    const answerTo = this.#responseTopic(packet, client);
    if (answerTo instanceof Failure) return this.#drop(packet, answerTo.message);

    const sessionId = userProperty(packet, SESSION);
    if (userProperty(packet, SEALED) !== undefined) {
      if (this.#sealed === undefined) return this.#drop(packet, "it is sealed, and this server has no key");
      if (!mayOpen || sessionId === undefined || client === "" || sessionId.length > NAME_LIMIT) return;
      return this.#sealed.begin(packet, { client, session: sessionId, responseTopic: answerTo });
    }
    if (this.#options.serverSealing?.allowUnsealed === false) return this.#refuseUnsealed(packet, answerTo);
    const key = sessionKey(client, sessionId, answerTo);
    if (key.length > NAME_LIMIT) return this.#drop(packet, "the name of its session is too long");
    const known = this.#sessions.get(key);
    // A session that has a name is this instance's alone.
    if (!mayOpen && (known === undefined || sessionId === undefined)) return;
    if (known !== undefined) return known.deliver(toFrame(packet));
    const frame = toFrame(packet);
    if (sessionId === undefined ? !this.#isRequest(packet, answerTo) : !opensSession(frame)) return;
    const numbered = sessionId !== undefined && frame.sequence !== undefined;
    const format = numbered ? formatOf(userProperty(packet, FORMAT)) : "plain";
    const session = this.#open(key, client, sessionId, format, answerTo);
    session.welcome();
    session.deliver(frame);
    this.#options.opened(session);
  }

  /** A message of a client that knows its instance: it has a session, or says that it opens one, or is a plain requester. */
  #onInstanceTopic(packet: ReceivedPacket): void {
    const client = this.#topics.instance(this.#link.clientId).clientOf(packet.topic);
    const sessionId = userProperty(packet, SESSION);
    if (client === undefined) return this.#drop(packet, "it belongs to no session");
    const opens = sessionId === undefined || userProperty(packet, INSTANCE) === this.#link.clientId;
    if (!opens && userProperty(packet, SEALED) !== undefined) {
      if (this.#sealed?.deliver(packet, client, sessionId) === true) return;
    }
    if (opens && !this.#withdrawn) return this.#take(packet, client, true);
    if (sessionId === undefined) return this.#drop(packet, "the server is shutting down");
    const session = this.#find(client, sessionId);
    if (session !== undefined) {
      session.confirmInstance();
      return session.deliver(toFrame(packet));
    }
    if (!this.#topics.response.namesClient || sessionId.length > NAME_LIMIT) return;
    const responseTopic = this.#topics.response.for(client);
    const format = "plain";
    const stranger = this.#session(client, { client, sessionId, format, responseTopic, instanceTopic: undefined });
    void stranger.close(
      opens
        ? new Failure("server-shutting-down", "The server is shutting down")
        : new Failure("session-ended", "The server does not know this session any more"),
    );
  }

  #onClosed(packet: ReceivedPacket): void {
    const client = this.#topics.closed.clientOf(packet.topic);
    if (client === undefined || packet.retain) return;
    const sessionId = userProperty(packet, SESSION);
    // A will knows no session: it means whatever the client has, and perhaps the client will be back.
    if (sessionId === undefined) this.#byClient.get(client)?.doubt();
    else this.#find(client, sessionId)?.left();
    this.#sealed?.doubt(client, sessionId); // who says so is not known
  }

  #find(client: string, sessionId: string): ServerSession | undefined {
    const topic = this.#topics.response.for(client);
    return this.#sessions.get(sessionKey(client, sessionId, topic)) ??
      this.#sessions.get(sessionKey("", sessionId, topic));
  }

  #clientOf(topic: string): string | undefined {
    if (this.#options.requestTopic === undefined && topic === `${this.#topics.base}/request`) return "";
    return this.#topics.request.clientOf(topic);
  }

  /**
   * Where the answers go. A response topic is honoured only below the topics of responses, since anybody who may
   * send a request could otherwise make this server publish anywhere; and only of the client that the request's
   * topic names, since that is what the broker's access control vouches for.
   */
  #responseTopic(packet: ReceivedPacket, client: string): string | Failure {
    const { response, base } = this.#topics;
    const topic = packet.properties.responseTopic ?? (client === "" ? undefined : response.for(client));
    if (topic === undefined) return new Failure("publish-refused", "it has no Response Topic");
    const problem = topicNameProblem(topic);
    if (problem !== undefined) return new Failure("publish-refused", `its Response Topic ${problem}`);
    const owner = response.clientOf(topic);
    const below = this.#options.responseTopic === undefined && topic.startsWith(`${base}/response/`);
    if (owner === undefined && !(client === "" && below)) {
      return new Failure("publish-refused", "its Response Topic is not one of this server's");
    }
    if (client !== "" && response.namesClient && owner !== client) {
      return new Failure("publish-refused", "its Response Topic belongs to another client");
    }
    return topic;
  }

  /** `client` is empty when nothing vouches for who it is. */
  #open(
    key: string,
    client: string,
    sessionId: string | undefined,
    format: SessionFormat,
    responseTopic: string,
  ): ServerSession {
    const owner = this.#topics.response.clientOf(responseTopic) ?? "";
    const instanceTopic = sessionId === undefined || owner === ""
      ? undefined
      : this.#topics.instance(this.#link.clientId).for(owner);
    const session = this.#session(nameOf(client, sessionId, responseTopic), {
      client,
      sessionId,
      format,
      responseTopic,
      instanceTopic,
    });
    this.#sessions.set(key, session);
    if (client !== "") this.#replace(client, session);
    void session.closed.then(() => this.#forget(key, client, session));
    return session;
  }

  #session(
    name: string,
    place: Pick<ServerSessionOptions, "client" | "sessionId" | "format" | "responseTopic" | "instanceTopic">,
    link = this.#link,
  ): ServerSession {
    return new ServerSession({
      ...place,
      name,
      link,
      window: () => windowOf(this.#sessions.size),
      limit: this.#limit,
      options: this.#options,
    });
  }

  #sealedSessions(sealing: ServerSealing): SealedSessions {
    return new SealedSessions({
      link: this.#link,
      base: this.#topics.base,
      sealing,
      instanceTopic: (client) => this.#topics.instance(this.#link.clientId).for(client),
      make: ({ client, session: id, responseTopic }, link, name) => {
        const instanceTopic = this.#topics.instance(this.#link.clientId).for(client);
        const place = { client, sessionId: id, format: NEWEST_FORMAT, responseTopic, instanceTopic } as const;
        const session = this.#session(`${name}/${id.slice(0, 8)}`, place, link);
        const key = JSON.stringify(["sealed", client, id]);
        this.#sessions.set(key, session);
        void session.closed.then(() => this.#sessions.delete(key));
        return session;
      },
      opened: (session) => this.#options.opened(session),
    }, this.#abort.signal);
  }

  #refuseUnsealed(packet: ReceivedPacket, topic: string): void {
    const { kind, id } = new Message(packet.payload);
    if (kind !== "request" || id === undefined) return;
    const text = "This server takes sealed sessions only: start the client with --key and --server-key";
    const { correlationData } = packet.properties;
    const session = userProperty(packet, SESSION);
    const properties = {
      ...MESSAGE_PROPERTIES,
      ...(correlationData === undefined ? {} : { correlationData }),
      ...(session === undefined ? {} : { userProperties: { [SESSION]: session } }),
    };
    const { bytes: payload } = new Failure("not-authorized", text).toResponse(id);
    void this.#link.publish({ topic, payload, qos: plainQoS(this.#options.qos), properties });
  }

  #replace(client: string, session: ServerSession): void {
    const before = this.#byClient.get(client);
    this.#byClient.set(client, session);
    before?.replace();
  }

  #forget(key: string, client: string, session: ServerSession): void {
    this.#sessions.delete(key);
    if (this.#byClient.get(client) === session) this.#byClient.delete(client);
  }

  /** Whether a plain requester can begin with this; if not, it is told. */
  #isRequest(packet: ReceivedPacket, topic: string): boolean {
    const message = new Message(packet.payload);
    if (message.kind === "request") return true;
    const problem = problemOf(message);
    this.#drop(packet, problem ?? "it is no request and has no session");
    if (problem === undefined) return false;
    const { correlationData } = packet.properties;
    const properties = correlationData === undefined ? MESSAGE_PROPERTIES : { ...MESSAGE_PROPERTIES, correlationData };
    const answer = invalidResponse(message, "null");
    if (answer === undefined) return false;
    void this.#link.publish({ topic, payload: answer.bytes, qos: plainQoS(this.#options.qos), properties });
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

/** What a session is called in logs. */
function nameOf(client: string, sessionId: string | undefined, responseTopic: string): string {
  if (client === "") return responseTopic;
  return sessionId === undefined ? client : `${client}/${sessionId.slice(0, 8)}`;
}

function sessionKey(client: string, sessionId: string | undefined, responseTopic: string): string {
  return JSON.stringify([client, sessionId ?? null, responseTopic]);
}
