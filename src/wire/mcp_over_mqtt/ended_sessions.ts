/**
 * Clients whose sessions the server has ended, and that may not know that.
 *
 * The Python SDK (mcp-python-sdk 9088cc3) and EMQX's gateway ignore the server's `notifications/disconnected`. So their
 * next request would wait forever. It is answered here instead.
 *
 * @module
 */
import { failureResponses, requestsIn } from "../../core/batch.ts";
import { Failure } from "../../core/failure.ts";
import { Message } from "../../core/message.ts";
import type { MqttLink, QoS, ReceivedPacket } from "../../mqtt/mod.ts";
import { isDisconnected } from "../notifications.ts";
import { publishProperties } from "./messages.ts";
import type { ServerInstance, Topics } from "./topics.ts";

/**
 * How many clients are remembered. The oldest are forgotten first, since the broker may have lost the will of a client
 * that is gone.
 */
const LIMIT = 1_000;

const ENDED = new Failure("session-ended", "The server has ended this session; begin another one by initialize");

/** Answers messages on the topics of ended sessions, until their clients are gone. */
export class EndedSessions {
  readonly #link: MqttLink;
  readonly #topics: Topics;
  readonly #server: ServerInstance;
  readonly #qos: QoS;
  readonly #clients = new Set<string>();

  constructor(link: MqttLink, topics: Topics, server: ServerInstance, qos: QoS) {
    this.#link = link;
    this.#topics = topics;
    this.#server = server;
    this.#qos = qos;
  }

  /** Takes over the topics of an ended session. */
  add(clientId: string): void {
    this.#clients.add(clientId);
    const [oldest = clientId] = this.#clients;
    if (this.#clients.size > LIMIT) this.#remove(oldest);
    const refused = () => this.#remove(clientId);
    void this.#link.subscribe({
      filter: this.#topics.clientPresence(clientId),
      qos: 1,
      handler: (packet) => this.#onPresence(clientId, packet),
      refused,
    });
    void this.#link.subscribe({
      filter: this.#topics.rpc(clientId, this.#server),
      qos: this.#qos,
      noLocal: true,
      handler: (packet) => this.#onMessage(clientId, packet),
      refused,
    });
  }

  /** Leaves the topics of a client to its next session. */
  forget(clientId: string): void {
    this.#clients.delete(clientId);
  }

  /** Forgets all clients. While the connection is lost, their wills do not arrive. */
  clear(): void {
    for (const clientId of this.#clients) this.#remove(clientId);
  }

  #remove(clientId: string): void {
    if (!this.#clients.delete(clientId)) return;
    void this.#link.unsubscribe(this.#topics.clientPresence(clientId));
    void this.#link.unsubscribe(this.#topics.rpc(clientId, this.#server));
  }

  #onPresence(clientId: string, { retain, payload }: ReceivedPacket): void {
    if (retain) return;
    if (payload.length === 0 || isDisconnected(new Message(payload))) this.#remove(clientId);
  }

  #onMessage(clientId: string, packet: ReceivedPacket): void {
    if (packet.retain) return;
    const message = new Message(packet.payload);
    if (isDisconnected(message)) return this.#remove(clientId);
    for (const { bytes: payload } of failureResponses(ENDED, requestsIn(message))) {
      void this.#link.publish({
        topic: packet.topic,
        payload,
        qos: this.#qos,
        properties: publishProperties("mcp-server", this.#server.serverId),
      });
    }
  }
}
