/**
 * Both ends of the open convention, ours and by hand, for one server `demo/echo` with the id `s1` and a client `c1`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Message } from "../../src/core/message.ts";
import type { Channel } from "../../src/core/channel.ts";
import type { Acceptor, ClientOptions, IncomingSession, ServerOptions } from "../../src/wire/mod.ts";
import type { TestBroker } from "./embedded_broker.ts";
import { TestLinks, type TestLinksOptions } from "./links.ts";
import { MqttPeer, type PeerPacket } from "./mqtt_peer.ts";
import { WireClient } from "./wire_client.ts";
import { profileNamed, SERVER_OPTIONS } from "./wire_options.ts";

export const NAME = "demo/echo";
export const CONTROL = `$mcp-server/s1/${NAME}`;
export const PRESENCE = `$mcp-server/presence/s1/${NAME}`;
export const CAPABILITY = `$mcp-server/capability/s1/${NAME}`;
export const RPC = `$mcp-rpc/c1/s1/${NAME}`;
export const CLIENT_PRESENCE = "$mcp-client/presence/c1";
export const OF_SERVER = { "MCP-COMPONENT-TYPE": "mcp-server", "MCP-MQTT-CLIENT-ID": "s1" };
export const OF_CLIENT = { "MCP-COMPONENT-TYPE": "mcp-client", "MCP-MQTT-CLIENT-ID": "c1" };
/** How a peer publishes as one end or the other. */
export const AS_SERVER = { userProperties: OF_SERVER };
export const AS_CLIENT = { userProperties: OF_CLIENT };
export const ONLINE = { jsonrpc: "2.0", method: "notifications/server/online", params: { description: "" } };
export const INITIALIZE = { jsonrpc: "2.0", id: 1, method: "initialize", params: {} };
export const DISCONNECTED = { jsonrpc: "2.0", method: "notifications/disconnected" };

/** A dialer whose client ids are `c1`, `c2`, … */
export class Client extends WireClient {
  constructor(broker: TestBroker, options: Partial<ClientOptions> = {}, links: TestLinksOptions = {}) {
    let ids = 0;
    super(
      "mcp-over-mqtt",
      broker,
      { serverName: NAME, clientId: () => `c${++ids}`, pick: "first", qos: 1, ...options },
      links,
    );
  }
}

/** A server that announces itself and listens; what it answers is the test's business. */
export async function server(broker: TestBroker, id = "s1"): Promise<MqttPeer> {
  const presence = `$mcp-server/presence/${id}/${NAME}`;
  const peer = await MqttPeer.connect(
    broker.url,
    {
      clientId: id,
      will: { topic: presence, payload: "", qos: 0, retain: true },
    } as Parameters<typeof MqttPeer.connect>[1],
  );
  await peer.subscribe(`$mcp-server/${id}/${NAME}`);
  await peer.publish(presence, ONLINE, { retain: true, ...AS_SERVER });
  return peer;
}

/** Answers the next message as a server that has just been initialized. */
export async function initialize(peer: MqttPeer, session: Channel): Promise<void> {
  void session.send(Message.from(INITIALIZE));
  const { payload, userProperties } = await peer.next();
  assert.deepEqual(payload, INITIALIZE);
  await peer.subscribe(`$mcp-rpc/${userProperties["MCP-MQTT-CLIENT-ID"]}/s1/${NAME}`, { noLocal: true });
  await peer.publish(`$mcp-rpc/${userProperties["MCP-MQTT-CLIENT-ID"]}/s1/${NAME}`, {
    jsonrpc: "2.0",
    id: 1,
    result: {},
  }, AS_SERVER);
}

/** A server whose sessions answer every request with its method, and keep what else they get. */
export class EchoServer implements AsyncDisposable {
  readonly links: TestLinks;
  readonly sessions: IncomingSession[] = [];
  readonly received: Message[] = [];
  readonly ended: string[] = [];
  readonly acceptor: Acceptor;

  constructor(broker: TestBroker, options: Partial<ServerOptions> = {}, links: TestLinksOptions = {}) {
    this.links = new TestLinks(broker, links);
    this.acceptor = profileNamed("mcp-over-mqtt").accept(this.links.make, {
      ...SERVER_OPTIONS,
      serverName: NAME,
      clientId: "s1",
      clientInfo: { implementation: "test" },
      description: "echoes",
      meta: { room: "attic" },
      share: undefined,
      qos: 1,
      observe: this.links.observe,
      opened: (session) => this.#opened(session),
      ...options,
    });
  }

  #opened(session: IncomingSession): void {
    this.sessions.push(session);
    void session.closed.then((failure) => this.ended.push(failure?.reason ?? "left"));
    session.receive((message) => {
      this.received.push(message);
      if (message.kind !== "request") return;
      void session.send(Message.from({ jsonrpc: "2.0", id: JSON.parse(message.id ?? "0"), result: message.method }));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.acceptor[Symbol.asyncDispose]();
    await this.links[Symbol.asyncDispose]();
  }
}

/** A client that has subscribed as the convention wants it, and says what it is. */
export async function client(broker: TestBroker): Promise<MqttPeer> {
  // Who subscribes while a message is being retained may get it twice.
  await using watcher = await MqttPeer.connect(broker.url);
  await watcher.subscribe(PRESENCE);
  await watcher.next();
  const peer = await MqttPeer.connect(
    broker.url,
    {
      clientId: "c1",
      will: { topic: CLIENT_PRESENCE, payload: JSON.stringify(DISCONNECTED), qos: 0, retain: false },
    } as Parameters<typeof MqttPeer.connect>[1],
  );
  await peer.subscribe(`$mcp-server/presence/+/${NAME}`);
  await peer.subscribe(CAPABILITY);
  await peer.subscribe(RPC, { noLocal: true });
  const online = await peer.nextOn(PRESENCE);
  assert.equal(online.payload.method, "notifications/server/online");
  return peer;
}

/** What a packet is about. */
export const brief = ({ topic, payload }: PeerPacket) => [topic, payload.method ?? payload.id ?? payload];
