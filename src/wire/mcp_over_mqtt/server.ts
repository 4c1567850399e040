/**
 * The server side of the open convention.
 *
 * @module
 */
import { failureResponses, requestsIn } from "../../core/batch.ts";
import { systemClock } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { Message } from "../../core/message.ts";
import { clientIdProblem } from "../../config/mod.ts";
import { type LinkState, type MqttLink, type ReceivedPacket, topicNameProblem } from "../../mqtt/mod.ts";
import { INITIALIZE } from "../../relay/mod.ts";
import { firstValue, longestPacket, plainQoS } from "../packets.ts";
import { clearLeftBehind } from "../gone_presences.ts";
import { LimitedPublisher } from "../limited_publisher.ts";
import { disconnected, type Online, ServerStatus } from "../notifications.ts";
import { OPENINGS, OPENS_TOO_OFTEN, RateLimit } from "../rate_limit.ts";
import type { Acceptor, MakeLink, ServerOptions } from "../profile.ts";
import { answerToPing, connectProperties, isProbe, publishProperties, senderOf, SERVER_NAME } from "./messages.ts";
import { EndedSessions } from "./ended_sessions.ts";
import { RivalWatch } from "./rival_watch.ts";
import { ServerPresence } from "./server_presence.ts";
import { ServerSession } from "./server_session.ts";
import { type ServerInstance, Topics } from "./topics.ts";

/** The longest client id that is accepted, in characters. A stranger chooses it, and it becomes part of topics. */
const CLIENT_ID_LIMIT = 1_024;

/** The connection under one server name, with everything that depends on it. */
interface Connection {
  readonly link: MqttLink;
  readonly publisher: LimitedPublisher;
  readonly presence: ServerPresence;
  readonly ended: EndedSessions;
  readonly rivals: RivalWatch;
}

/** Accepts sessions, and publishes the server's presence while the link is online. */
export class McpOverMqttServer implements Acceptor {
  readonly #makeLink: MakeLink;
  readonly #options: ServerOptions;
  readonly #status: ServerStatus;
  readonly #topics: Topics;
  readonly #sessions = new Map<string, ServerSession>();
  readonly #openings = new RateLimit(OPENINGS, systemClock);
  readonly #since = new Date().toISOString();
  /** Further facts about the server in its presence, which may change. */
  #description: Readonly<Record<string, unknown>> = {};
  #server: ServerInstance;
  #connection: Connection;
  #watching = new AbortController();
  #renamed = false;
  #withdrawn = false;
  #left = false;
  #disposed = false;

  constructor(makeLink: MakeLink, options: ServerOptions) {
    this.#makeLink = makeLink;
    this.#options = options;
    this.#status = new ServerStatus(options.observe);
    this.#topics = new Topics(options.topicPrefix);
    this.#server = { serverId: options.clientId, serverName: options.serverName };
    this.#connection = this.#connect();
    this.#connection.link.open();
  }

  get topic(): string {
    return this.#topics.control(this.#server);
  }

  withdraw(): void {
    if (this.#withdrawn) return;
    this.#withdrawn = true;
    this.#tell(false);
    void this.#connection.link.unsubscribe(this.topic);
    this.#leave();
  }

  describe(meta: Readonly<Record<string, unknown>>): void {
    this.#description = meta;
    const { link, presence } = this.#connection;
    if (!this.#withdrawn && link.state.status === "online") presence.update(this.#online);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#watching.abort();
    await this.#connection.rivals[Symbol.asyncDispose]();
    const reason = new Failure("server-shutting-down", "The server is shutting down");
    await Promise.all([...this.#sessions.values()].map((session) => session.close(reason)));
    this.#sessions.clear();
    this.withdraw();
    this.#leave();
  }

  #connect(): Connection {
    const { clientId, clientInfo, meta = {}, qos, observe } = this.#options;
    const presenceTopic = this.#topics.serverPresence(this.#server);
    const makeLink = this.#makeLink;
    const link = makeLink({
      clientId,
      protocolVersion: 5,
      nudgeTopic: this.#topics.withoutSubscriber(clientId),
      maximumPacket: longestPacket(this.#options),
      nudgeProperties: publishProperties("mcp-server", clientId),
      userProperties: connectProperties("mcp-server", { ...clientInfo, ...meta }),
      will: {
        topic: presenceTopic,
        payload: new Uint8Array(),
        insteadOfEmpty: disconnected(),
        qos: 1,
        retain: true,
        properties: publishProperties("mcp-server", clientId),
      },
    });
    void link.subscribe({ filter: this.topic, qos: plainQoS(qos), handler: (packet) => this.#onControl(packet) });
    link.watch((state) => this.#onLinkState(state), this.#watching.signal);
    return {
      link,
      publisher: new LimitedPublisher(link),
      presence: new ServerPresence({ link, topic: presenceTopic, control: this.topic, observe }),
      ended: new EndedSessions(link, this.#topics, this.#server, plainQoS(qos)),
      rivals: new RivalWatch({
        makeLink,
        topics: this.#topics,
        server: this.#server,
        since: this.#since,
        clientInfo,
        observe,
      }),
    };
  }

  #onLinkState(state: LinkState): void {
    if (state.status === "online") {
      const name = this.#suggestedName(firstValue(state.limits.userProperties, SERVER_NAME));
      if (name !== this.#server.serverName) return void this.#rename(name);
      this.#connection.rivals.online();
      this.#announce();
      const everyInstance = this.#topics.serverPresence({ ...this.#server, serverId: "+" });
      const properties = publishProperties("mcp-server", this.#connection.link.clientId);
      void clearLeftBehind(this.#connection.link, everyInstance, properties);
    } else {
      this.#connection.presence.connectionLost();
      this.#connection.rivals.lost();
      this.#tell(false);
      this.#endAll();
    }
  }

  /**
   * Removes the presence when no session is open any more. Clients have to take its removal for the end of their
   * sessions, and would not get the answers that they still wait for.
   */
  #leave(): void {
    if (!this.#withdrawn || this.#left || this.#sessions.size > 0) return;
    this.#left = true;
    void this.#connection.presence.clear();
  }

  #tell(online: boolean): void {
    this.#status.set(online, this.#server.serverName, this.topic);
  }

  /** Ends all sessions: the broker has published our will to all clients, and has forgotten the subscriptions. */
  #endAll(): void {
    const reason = new Failure("broker-unreachable", "The connection to the broker is lost, and with it the session");
    for (const session of [...this.#sessions.values()]) session.abandon(reason);
    this.#connection.ended.clear();
  }

  /** The name that the broker wants this server to have. */
  #suggestedName(suggestion: string | undefined): string {
    const { serverName } = this.#server;
    if (suggestion === undefined) return serverName;
    const problem = this.#renamed && suggestion !== serverName
      ? "is another one each time"
      : topicNameProblem(suggestion);
    if (problem === undefined) return suggestion;
    const text =
      `the name that the broker wants the server to have ${problem}: "${suggestion}"; it stays "${serverName}"`;
    this.#options.observe({ type: "warning", text });
    return serverName;
  }

  /** Takes another name. This needs a new connection, since the topic of the will contains the name. */
  async #rename(serverName: string): Promise<void> {
    this.#renamed = true;
    this.#watching.abort();
    await Promise.all([this.#connection.link.close(), this.#connection.rivals[Symbol.asyncDispose]()]);
    if (this.#disposed) return;
    this.#server = { ...this.#server, serverName };
    this.#watching = new AbortController();
    this.#connection = this.#connect();
    this.#connection.link.open();
  }

  /** The server's description of itself in its presence. */
  get #online(): Online {
    const { serverName } = this.#server;
    // The Python SDK (mcp-python-sdk 9088cc3) ignores a presence without a description.
    const { description = "", meta = {} } = this.#options;
    return { serverName, description, meta: { since: this.#since, ...this.#description, ...meta } };
  }

  #announce(): void {
    if (this.#withdrawn) return;
    this.#connection.presence.announce(this.#online, () => {
      if (!this.#withdrawn) this.#tell(true);
    });
  }

  /**
   * Takes a client's first message, whatever its method. Also takes further messages of a client that does not wait for
   * the first answer.
   */
  #onControl(packet: ReceivedPacket): void {
    if (packet.retain) return this.#drop(packet, "it is retained, but belongs to one moment");
    const clientId = senderOf(packet);
    if (clientId === undefined || clientIdProblem(clientId) !== undefined || clientId.length > CLIENT_ID_LIMIT) {
      return this.#drop(packet, "its MCP-MQTT-CLIENT-ID is missing or cannot be part of a topic");
    }
    if (clientId === this.#connection.link.clientId) return this.#connection.presence.delivered();
    const message = new Message(packet.payload);
    if (isProbe(packet, message)) return this.#answerProbe(clientId, message);
    const known = this.#sessions.get(clientId);
    if (known !== undefined && (message.method !== INITIALIZE || known.awaitsInitialize)) return known.deliver(packet);
    if (requestsIn(message).length === 0) return this.#drop(packet, "it is no request and its client has no session");
    const failure = this.#refusal(clientId, known !== undefined);
    if (failure !== undefined) return this.#refuse(clientId, message, failure);
    known?.replace(); // without a goodbye, which would end the new session on the same topics
    this.#open(clientId, packet, known);
  }

  /** Why a client gets no session. One that has a session already gets another in its place. */
  #refusal(clientId: string, hasSession: boolean): Failure | undefined {
    const { refusal, refused } = this.#options;
    if (this.#openings.allows(clientId)) return hasSession ? undefined : refusal?.(clientId, clientId);
    refused?.(clientId, OPENS_TOO_OFTEN);
    return OPENS_TOO_OFTEN;
  }

  #refuse(clientId: string, message: Message, failure: Failure): void {
    const { publisher, link } = this.#connection;
    if (!publisher.allows(clientId)) return;
    const topic = this.#topics.rpc(clientId, this.#server);
    const properties = publishProperties("mcp-server", link.clientId);
    for (const { bytes: payload } of failureResponses(failure, requestsIn(message))) {
      publisher.publish({ topic, payload, qos: plainQoS(this.#options.qos), properties });
    }
    publisher.publish({ topic, payload: disconnected(), qos: plainQoS(this.#options.qos), properties });
  }

  /** Answers a client that asks whether this server is there, because the server process takes long to answer. */
  #answerProbe(clientId: string, message: Message): void {
    void this.#connection.link.publish({
      topic: this.#topics.rpc(clientId, this.#server),
      payload: answerToPing(message).bytes,
      qos: plainQoS(this.#options.qos),
      properties: publishProperties("mcp-server", this.#server.serverId),
    });
  }

  #open(clientId: string, packet: ReceivedPacket, before: ServerSession | undefined): void {
    const { opened } = this.#options;
    const session = new ServerSession({
      link: this.#connection.link,
      topics: this.#topics,
      server: this.#server,
      clientId,
      options: this.#options,
      leftBehind: () => this.#disposed ? undefined : this.#connection.ended.add(clientId),
    });
    this.#connection.ended.forget(clientId);
    this.#sessions.set(clientId, session);
    void session.closed.then(() => {
      if (this.#sessions.get(clientId) === session) this.#sessions.delete(clientId);
      this.#leave();
    });
    session.deliver(packet);
    if (before === undefined) return opened(session);
    // Nothing counts the session before any more once that has ended. Meanwhile the client may have opened another one.
    void before.closed.then(() => {
      if (this.#sessions.get(clientId) === session) opened(session);
    });
  }

  #drop(packet: ReceivedPacket, cause: string): void {
    this.#options.observe({ type: "message.dropped", source: packet.topic, cause });
  }
}
