import assert from "node:assert/strict";
import { Failure } from "../../src/core/failure.ts";
import { Message } from "../../src/core/message.ts";
import { RecoveringChannel } from "../../src/relay/mod.ts";
import { testOnBrokers } from "../support/brokers.ts";
import type { TestBroker } from "../support/embedded_broker.ts";
import { TestLinks } from "../support/links.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { CLIENT_OPTIONS, profileNamed, SERVER_OPTIONS } from "../support/wire_options.ts";
import { eventually } from "../support/wait.ts";

const INSTANCES = 10;
const CLIENTS = 100;

/** One instance, whose sessions answer every request with its id. */
class Instance implements AsyncDisposable {
  readonly id: string;
  readonly sessions = new Set<string>();
  readonly #links: TestLinks;
  readonly #acceptor: AsyncDisposable;

  constructor(broker: TestBroker, id: string) {
    this.id = id;
    this.#links = new TestLinks(broker);
    this.#acceptor = profileNamed("mcp-over-mqtt").accept(this.#links.make, {
      ...SERVER_OPTIONS,
      serverName: "fleet/echo",
      clientId: id,
      observe: this.#links.observe,
      opened: (session) => {
        this.sessions.add(session.name);
        void session.closed.then(() => this.sessions.delete(session.name));
        session.receive(({ kind, id: requestId }) => {
          if (kind !== "request") return;
          void session.send(Message.from(`{"jsonrpc":"2.0","id":${requestId},"result":{"by":"${id}"}}`));
        });
      },
    });
  }

  /** Dies as a process does: without a goodbye, and for good. */
  async die(): Promise<void> {
    this.#links.cut(this.id);
    await this.#links[Symbol.asyncDispose]();
    this.sessions.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#acceptor[Symbol.asyncDispose]();
    await this.#links[Symbol.asyncDispose]();
  }
}

/** A host with its connection. */
class Host implements AsyncDisposable {
  /** Which instance has answered last. */
  servedBy = "";
  readonly #links: TestLinks;
  readonly #channel: RecoveringChannel;
  readonly #dialer: AsyncDisposable;
  #answer: PromiseWithResolvers<Message> = Promise.withResolvers();
  #requests = 0;

  constructor(broker: TestBroker, name: string) {
    this.#links = new TestLinks(broker);
    let ids = 0;
    const dialer = profileNamed("mcp-over-mqtt").dialer(this.#links.make, {
      ...CLIENT_OPTIONS,
      serverName: "fleet/echo",
      clientId: () => `${name}-${++ids}`,
      connectTimeout: 20_000,
      timeout: 20_000,
      observe: this.#links.observe,
    });
    this.#dialer = dialer;
    this.#channel = new RecoveringChannel(dialer, { connectTimeout: 20_000, timeout: 20_000, random: () => 0 });
    this.#channel.receive((message) => {
      if (message.kind === "response") this.#answer.resolve(message);
    });
  }

  /** Asks, and notes who has answered. Fails with the error of the answer. */
  async ask(method: string): Promise<void> {
    this.#answer = Promise.withResolvers();
    void this.#channel.send(Message.from({ jsonrpc: "2.0", id: this.#requests++, method }));
    const { result, error } = (await this.#answer.promise).parse() as {
      result?: { by: string };
      error?: { message: string; data: { reason: string } };
    };
    if (result === undefined) throw new Failure("server-gone", `${error?.data.reason}: ${error?.message}`);
    this.servedBy = result.by;
  }

  async initialize(): Promise<void> {
    await this.ask("initialize");
    void this.#channel.send(Message.from({ jsonrpc: "2.0", method: "notifications/initialized" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#channel.close();
    await this.#dialer[Symbol.asyncDispose]();
    await this.#links[Symbol.asyncDispose]();
  }
}

testOnBrokers(
  "ten instances serve a hundred clients, who are spread, and move on when instances die",
  async (broker) => {
    await using watcher = await MqttPeer.connect(broker.url);
    const instances = Array.from({ length: INSTANCES }, (_, index) => new Instance(broker, `s${index}`));
    await watcher.subscribe("$mcp-server/presence/+/fleet/echo");
    for (const { id } of instances) {
      await watcher.find(({ topic, payload }) => topic.includes(`/${id}/`) && payload !== "");
    }

    const hosts = Array.from({ length: CLIENTS }, (_, index) => new Host(broker, `c${index}`));
    await Promise.all(hosts.map((host) => host.initialize()));
    const spread = Map.groupBy(hosts, ({ servedBy }) => servedBy);
    assert.ok(spread.size >= INSTANCES - 2, "nearly every instance has got some of them");
    assert.ok(Math.max(...[...spread.values()].map(({ length }) => length)) <= 30, "and none of them most");
    const counted = () => instances.reduce((sum, { sessions }) => sum + sessions.size, 0);
    assert.equal(counted(), CLIENTS);

    const [dead, alive] = [instances.slice(0, INSTANCES / 2), instances.slice(INSTANCES / 2)];
    await Promise.all(dead.map((instance) => instance.die()));
    await eventually("all sessions moved", () => counted() === CLIENTS);
    await Promise.all(hosts.map((host) => host.ask("tools/list")));
    const survivors = new Set(alive.map(({ id }) => id));
    assert.deepEqual(hosts.filter(({ servedBy }) => !survivors.has(servedBy)), []);

    await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()));
    await eventually("the end of all sessions", () => counted() === 0);
    await Promise.all(alive.map((instance) => instance[Symbol.asyncDispose]()));
    await using late = await MqttPeer.connect(broker.url);
    await late.subscribe("$mcp-server/#");
    await late.publish("$mcp-server/end", "");
    assert.equal((await late.next()).topic, "$mcp-server/end", "no presence is left");
  },
);
