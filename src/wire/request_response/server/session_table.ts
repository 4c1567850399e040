/**
 * The sessions of a server that are open.
 *
 * @module
 */
import type { MqttLink } from "../../../mqtt/mod.ts";
import type { ServerOptions } from "../../profile.ts";
import type { AuthenticatedClient, SealedPlace } from "../sealed/sealed_sessions.ts";
import type { SessionFormat } from "../session/format.ts";
import type { PathLimit } from "../session/path_limit.ts";
import { NEWEST_FORMAT } from "../session/properties.ts";
import { windowOf } from "../session/receive_buffer.ts";
import type { Topics } from "../topics.ts";
import { ServerSession, type ServerSessionOptions } from "./server_session.ts";

/** What identifies a session: the client that has opened it, and where it is answered. */
export interface SessionPlace {
  /** The MQTT client id. Empty when the topic of the request does not name it. */
  readonly client: string;
  /** `undefined` when the client has no name for it. */
  readonly sessionId: string | undefined;
  readonly responseTopic: string;
}

/** What a {@linkcode SessionTable} is made of. */
export interface SessionTableOptions {
  readonly link: MqttLink;
  readonly topics: Topics;
  /** What is known of the size of what gets through to clients. */
  readonly limit: PathLimit;
  readonly options: ServerOptions;
}

/** Makes sessions, and finds them until they are closed. */
export class SessionTable {
  readonly #options: SessionTableOptions;
  readonly #sessions = new Map<string, ServerSession>();
  /** The session of each client that names its sessions; a new one ends the one before. */
  readonly #byClient = new Map<string, ServerSession>();

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  /** Every session, sealed ones as well. */
  get all(): readonly ServerSession[] {
    return [...this.#sessions.values()];
  }

  /** The session under a {@linkcode sessionKey}. */
  get(key: string): ServerSession | undefined {
    return this.#sessions.get(key);
  }

  /** The session that a client calls `sessionId`. */
  find(client: string, sessionId: string): ServerSession | undefined {
    const responseTopic = this.#options.topics.response.for(client);
    return this.get(sessionKey({ client, sessionId, responseTopic })) ??
      this.get(sessionKey({ client: "", sessionId, responseTopic }));
  }

  /** The newest session of a client that names its sessions. */
  latestOf(client: string): ServerSession | undefined {
    return this.#byClient.get(client);
  }

  /** Opens a session; it ends the one that the same client had before. */
  open(place: SessionPlace, format: SessionFormat): ServerSession {
    const { client, sessionId, responseTopic } = place;
    const { topics, link } = this.#options;
    const owner = topics.response.clientOf(responseTopic) ?? "";
    const instanceTopic = sessionId === undefined || owner === ""
      ? undefined
      : topics.instance(link.clientId).for(owner);
    const session = this.#make(nameOf(place), { ...place, format, instanceTopic });
    this.#keep(sessionKey(place), session);
    if (client === "") return session;
    const before = this.#byClient.get(client);
    this.#byClient.set(client, session);
    void session.closed.then(() => {
      if (this.#byClient.get(client) === session) this.#byClient.delete(client);
    });
    before?.replace();
    return session;
  }

  /** Opens a sealed session of a client that has proved itself, on the link that seals its packets. */
  openSealed(
    { client: clientId, session: sessionId, responseTopic }: SealedPlace,
    link: MqttLink,
    { key, name }: AuthenticatedClient,
  ): ServerSession {
    const { topics, link: { clientId: instance } } = this.#options;
    const instanceTopic = topics.instance(instance).for(clientId);
    // Nobody vouches for the client id alone: what counts for one key does not count for another.
    const client = JSON.stringify([key, clientId]);
    const place = { client, sessionId, format: NEWEST_FORMAT, responseTopic, instanceTopic } as const;
    const session = this.#make(`${name}/${sessionId.slice(0, 8)}`, place, link);
    this.#keep(JSON.stringify(["sealed", client, sessionId]), session);
    return session;
  }

  #make(
    name: string,
    place: SessionPlace & Pick<ServerSessionOptions, "format" | "instanceTopic">,
    link = this.#options.link,
  ): ServerSession {
    const { limit, link: open, options: given } = this.#options;
    // What is sealed shows nothing, not even which messages have something to show.
    const options = link === open ? given : { ...given, traceContext: false };
    return new ServerSession({ ...place, name, link, window: () => windowOf(this.#sessions.size), limit, options });
  }

  #keep(key: string, session: ServerSession): void {
    this.#sessions.set(key, session);
    void session.closed.then(() => this.#sessions.delete(key));
  }
}

/** What a session is found by. Client ids and topics have no null character, and only the last part may have any. */
export function sessionKey({ client, sessionId, responseTopic }: SessionPlace): string {
  const place = `${client}\0${responseTopic}`;
  return sessionId === undefined ? place : `${place}\0${sessionId}`;
}

/** What a session is called in logs. */
export function nameOf({ client, sessionId, responseTopic }: SessionPlace): string {
  if (client === "") return responseTopic;
  return sessionId === undefined ? client : `${client}/${sessionId.slice(0, 8)}`;
}
