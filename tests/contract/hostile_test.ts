/**
 * Whoever may publish can send anything. It must neither crash an end, nor make it do what it should not.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { IClientPublishOptions } from "mqtt";
import { Buffer } from "node:buffer";
import { ask, type Bridge, bridge, childrenOf, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import type { TestBroker } from "../support/embedded_broker.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { fc } from "../support/properties.ts";
import { startProxy } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";
import { isRunning } from "../support/processes.ts";

const BASE = "mcp/echo";

type Properties = NonNullable<IClientPublishOptions["properties"]>;

/** Publishes, whatever the broker thinks of it; a client that it throws out is replaced. */
class Attacker implements AsyncDisposable {
  readonly #url: string;
  #client: TestClient;

  private constructor(url: string, client: TestClient) {
    this.#url = url;
    this.#client = client;
  }

  static async on(broker: TestBroker): Promise<Attacker> {
    return new Attacker(broker.url, await TestClient.connect(broker.url));
  }

  async send(topic: string, payload: string | Uint8Array, properties: Properties = {}): Promise<void> {
    const sent = this.#client.publish(topic, payload, { qos: 0, properties }).catch(() => {});
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, 500);
    await Promise.race([sent, late]);
    clearTimeout(timer);
    if (this.#client.connected) return;
    await this.#client[Symbol.asyncDispose]();
    this.#client = await TestClient.connect(this.#url);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}

/** Both ends are what they were: the same session in the same process, and no process has ended. */
async function isUnharmed(ends: Bridge, pid: number): Promise<void> {
  const { result } = await ask(ends.host, crypto.randomUUID(), "initialize", {});
  assert.equal(result?.serverInfo.pid, pid);
}

/** Who the first client of the server is, and what its session is called. */
async function clientOn(witness: TestClient): Promise<{ client: string; userProperties: Record<string, string> }> {
  const opens = new RegExp(`^${BASE}/(request|instance/[^/]+)/`);
  const { topic, properties } = await witness.arrival(
    "a session",
    ({ topic, payload }) => opens.test(topic) && payload.length > 0, // which messages to nobody have not
  );
  const { "mcp-session": session = "" } = { ...properties.userProperties };
  return { client: topic.split("/").at(-1) ?? "", userProperties: { "mcp-session": String(session) } };
}

const REQUEST = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "x" });

/** What is no JSON-RPC message, or only just. */
const PAYLOADS: readonly (string | Uint8Array)[] = [
  "",
  "\0",
  "null",
  "7",
  '"text"',
  "{",
  "[",
  "[]",
  "{}",
  '{"id":1}',
  '{"id":{},"result":1}',
  '{"id":{x},"result":1}',
  '{"id":null,"error":{}}',
  '{"method":7,"id":1}',
  '{"id":1,"method":"initialize","params":{broken}}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{"a":1}}}',
  '{"jsonrpc":"2.0","method":"notifications/disconnected"}',
  '{"__proto__":{"id":1,"method":"x"},"constructor":1}',
  "[".repeat(100_000),
  '{"id":1,"method":"x","params":' + '{"a":'.repeat(50_000) + "1" + "}".repeat(50_000) + "}",
  Uint8Array.of(0xff, 0xfe, 0xfd),
  Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d),
  Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
  ...fc.sample(fc.uint8Array({ maxLength: 300 }), 60),
];

const SESSIONS: readonly (string | string[] | undefined)[] = [
  undefined,
  "",
  "+",
  "#",
  "a/../b",
  "\u0000",
  "x".repeat(60_000),
  ["one", "two"],
  "__proto__",
];

testOnBrokers("nonsense on any topic of a server harms neither it nor those whom it serves", async (broker) => {
  await using ends = await bridge(broker, { serve: ["--max-sessions", "8"] });
  const pid = await initialize(ends.host);
  await using attacker = await Attacker.on(broker);
  const instance = /as (mcp-serve-\w+)/.exec(ends.serve.errors.seen.join())?.[1];
  const victim = "mcp-connect-victim";
  const topics = [
    `${BASE}/request`,
    `${BASE}/request/${victim}`,
    `${BASE}/request/`,
    `${BASE}/request/a/b`,
    `${BASE}/instance/${instance}/${victim}`,
    `${BASE}/closed/${victim}`,
    `${BASE}/presence/${instance}/x`,
  ];
  for (const [index, payload] of PAYLOADS.entries()) {
    const session = SESSIONS[index % SESSIONS.length];
    const properties: Properties = session === undefined ? {} : { userProperties: { "mcp-session": session } };
    for (const topic of topics) await attacker.send(topic, payload, properties);
  }
  await isUnharmed(ends, pid);
});

testOnBrokers("a Response Topic is honoured only where responses belong", async (broker) => {
  await using ends = await bridge(broker, { serve: ["--profile", "request-response"] });
  const pid = await initialize(ends.host);
  await using witness = await TestClient.connect(broker.url, {}, "#");
  await using attacker = await Attacker.on(broker);
  const hostile = [
    "",
    "+",
    "#",
    `${BASE}/response/+`,
    `${BASE}/response/#`,
    `${BASE}/response/`,
    `${BASE}/response`,
    `${BASE}/response/other`,
    `${BASE}/response/me/deeper`,
    `${BASE}/request/me`,
    `${BASE}/presence/me`,
    `${BASE}/closed/me`,
    `${BASE}x/response/me`,
    "mcp/other/response/me",
    "mcp/other/request/me",
    "$SYS/broker/x",
    "$share/group/x",
    "$mcp-server/x",
    "factory/valve/open",
    `${BASE}/response/me\u0000`,
    `${BASE}/response/${"x".repeat(60_000)}`,
  ];
  for (const responseTopic of hostile) {
    await attacker.send(`${BASE}/request/me`, REQUEST, { responseTopic, correlationData: Buffer.from("1") });
  }
  for (const responseTopic of hostile.filter((topic) => !topic.startsWith(`${BASE}/response/`) || /[+#]/.test(topic))) {
    await attacker.send(`${BASE}/request`, REQUEST, { responseTopic, correlationData: Buffer.from("2") });
  }
  await isUnharmed(ends, pid);
  // The witness has seen everything that serve has published before it answered the host.
  const published = witness.arrivals.filter(({ properties }) => properties.correlationData?.length === 1);
  const answers = published.filter(({ topic }) => !topic.startsWith(`${BASE}/request`));
  assert.deepEqual(answers.map(({ topic }) => topic), []);
  const topicsOfServe = new Set(witness.arrivals.map(({ topic }) => topic.split("/").slice(0, 3).join("/")));
  for (const topic of topicsOfServe) assert.match(topic, /^mcp\/echo\/(request|response|instance|presence|closed)$/);
});

testOnBrokers("a payload of 50 MB is taken for what it is", async (broker) => {
  await using ends = await bridge(broker);
  const pid = await initialize(ends.host);
  await using attacker = await TestClient.connect(broker.url, { clientId: "large" }, `${BASE}/response/large`);
  const properties = { responseTopic: `${BASE}/response/large` };
  await attacker.publish(`${BASE}/request/large`, new Uint8Array(50_000_000), { qos: 0, properties });
  const { text } = await attacker.arrival("it is answered", ({ topic }) => topic === `${BASE}/response/large`, 30_000);
  assert.equal(JSON.parse(text).error.code, -32700);
  const message = `{"jsonrpc":"2.0","id":1,"method":"ping","params":"${"x".repeat(50_000_000)}"}`;
  await attacker.publish(`${BASE}/request/large`, message, { qos: 0, properties });
  await attacker.arrival("it is answered", ({ text }) => text === '{"jsonrpc":"2.0","id":1,"result":{}}', 60_000);
  await isUnharmed(ends, pid);
});

testOnBrokers("a stranger can neither use, end nor answer for the session of another client", async (broker) => {
  await using ends = await bridge(broker);
  await using witness = await TestClient.connect(broker.url, {}, `${BASE}/#`);
  const pid = await initialize(ends.host);
  const { client, userProperties } = await clientOn(witness);
  assert.match(userProperties["mcp-session"] ?? "", /^[0-9a-f]{32}$/);
  const instance = /as (mcp-serve-\w+)/.exec(ends.serve.errors.seen.join())?.[1];
  await using attacker = await Attacker.on(broker);
  // With the right session, but on topics that vouch for somebody else.
  const properties = { userProperties, responseTopic: `${BASE}/response/stranger` };
  await attacker.send(`${BASE}/request/stranger`, REQUEST, properties);
  await attacker.send(`${BASE}/instance/${instance}/stranger`, REQUEST, properties);
  await attacker.send(`${BASE}/closed/stranger`, '{"method":"notifications/disconnected"}', properties);
  await attacker.send(`${BASE}/request/stranger`, REQUEST, {
    userProperties,
    responseTopic: `${BASE}/response/${client}`,
  });
  // With the right topic, but another session: nothing for this host.
  await attacker.send(`${BASE}/response/${client}`, '{"jsonrpc":"2.0","id":"forged","result":{}}', {
    userProperties: { "mcp-session": "0".repeat(32) },
  });
  await attacker.send(`${BASE}/response/${client}`, '{"jsonrpc":"2.0","id":"forged","result":{}}');
  await isUnharmed(ends, pid);
  assert.ok(!ends.host.output.seen.some((line) => line.includes("forged")));
});

testOnBrokers("a goodbye that somebody says in a client's name is told to that client at once", async (broker) => {
  await using ends = await bridge(broker);
  await using witness = await TestClient.connect(broker.url, {}, `${BASE}/#`);
  const pid = await initialize(ends.host);
  const { client, userProperties } = await clientOn(witness);
  await using attacker = await Attacker.on(broker);
  const hanging = ask(ends.host, 7, "hang");
  await witness.arrival("the call is under way", ({ text }) => text.includes('"hang"'));
  await attacker.send(`${BASE}/closed/${client}`, '{"method":"notifications/disconnected"}', { userProperties });
  const { error } = await hanging;
  assert.equal(error.data.reason, "session-ended");
  assert.match(error.message, /The session was ended in the client's name/);
  assert.match((await ask(ends.host, 8, "x")).result.echo, /x/);
  const [first, second, ...more] = childrenOf(ends.serve);
  assert.deepEqual([first, more], [pid, []]);
  // A client that really leaves is told as well, and nobody complains that nobody listens.
  await ends.host.closeInput();
  await eventually("the second session ends", () => second !== undefined && !isRunning(second));
  assert.deepEqual(ends.serve.errors.seen.filter((line) => !line.includes(" info: ")), []);
});

testOnBrokers(
  "a will that somebody publishes in a client's name is answered by the client that is there",
  async (broker) => {
    await using ends = await bridge(broker);
    await using witness = await TestClient.connect(broker.url, {}, `${BASE}/#`);
    const pid = await initialize(ends.host);
    const { client } = await clientOn(witness);
    await witness.arrival("all is said", ({ text }) => text.includes("notifications/initialized"));
    await using attacker = await Attacker.on(broker);
    await attacker.send(`${BASE}/closed/${client}`, '{"method":"notifications/disconnected"}');
    const answered = () => {
      const forged = witness.arrivals.findIndex(({ topic }) => topic === `${BASE}/closed/${client}`);
      const after = forged < 0 ? [] : witness.arrivals.slice(forged);
      return after.some(({ topic, payload }) => topic.includes("/instance/") && payload.length === 0);
    };
    await eventually("the client answers", answered);
    await isUnharmed(ends, pid);
    assert.deepEqual(
      ends.serve.errors.seen.filter((line) => !line.includes(" info: ")),
      [],
    );
  },
);

testOnBrokers("nonsense on the topics of a client harms no host", async (broker) => {
  await using ends = await bridge(broker);
  await using witness = await TestClient.connect(broker.url, {}, `${BASE}/#`);
  const pid = await initialize(ends.host);
  const { client, userProperties } = await clientOn(witness);
  await using attacker = await Attacker.on(broker);
  for (const payload of PAYLOADS) {
    for (const session of SESSIONS) {
      const forged = session === undefined ? {} : { userProperties: { "mcp-session": session } };
      await attacker.send(`${BASE}/response/${client}`, payload, forged);
    }
    await attacker.send(`${BASE}/presence/nonsense`, payload);
  }
  // Even in the right session, what is not JSON-RPC is not the host's.
  for (const payload of ["", "nonsense", "\u0000", "7"]) {
    await attacker.send(`${BASE}/response/${client}`, payload, { userProperties });
  }
  await isUnharmed(ends, pid);
  for (const line of ends.host.output.seen) JSON.parse(line);
});

testOnBrokers("clients that never initialize, and many of them, take no more than their share", async (broker) => {
  await using ends = await bridge(broker, { serve: ["--max-sessions", "3"] });
  const pid = await initialize(ends.host);
  await using client = await TestClient.connect(broker.url, {}, `${BASE}/response/+`);
  for (let number = 0; number < 50; number++) {
    await client.publish(`${BASE}/request/c${number}`, REQUEST, {
      qos: 1,
      properties: { responseTopic: `${BASE}/response/c${number}`, correlationData: Buffer.from(`${number}`) },
    });
  }
  const answers = () => client.arrivals.filter(({ topic, payload }) => /\/c\d+$/.test(topic) && payload.length > 0);
  await eventually("everybody is answered", () => answers().length === 50);
  const refused = answers().filter(({ text }) => text.includes("too-many-sessions"));
  assert.equal(refused.length, 48);
  for (const { topic, properties } of answers()) {
    assert.equal(`c${properties.correlationData?.toString()}`, topic.split("/").at(-1));
  }
  assert.equal(childrenOf(ends.serve).length, 3);
  await isUnharmed(ends, pid);
});

testOnBrokers("a topic template without {client} carries plain requests as well", async (broker) => {
  const topics = ["--request-topic", "plant/ask", "--response-topic", "plant/answer/{client}"];
  await using ends = await bridge(broker, { serve: topics, connect: topics });
  const pid = await initialize(ends.host);
  await isUnharmed(ends, pid);
  await using other = startProxy(["connect", "--broker", broker.url, "--name", "echo", ...topics]);
  assert.notEqual(await initialize(other), pid);
  await isUnharmed(ends, pid);
});

testOnBrokers(
  "a Response Topic that the broker would not take back is dropped, and nobody is cut off",
  async (broker) => {
    await using ends = await bridge(broker);
    const pid = await initialize(ends.host);
    await using attacker = await Attacker.on(broker);
    const levels = (count: number) => Array(count).fill("a").join("/");
    for (const responseTopic of [levels(190), levels(215), "line\nfeed", "delete\u007f", "c1\u0085", "nul\u0000"]) {
      const properties = { responseTopic: `${BASE}/response/${responseTopic}`, correlationData: Buffer.from("1") };
      await attacker.send(`${BASE}/request`, REQUEST, properties);
      await attacker.send(`${BASE}/request/attacker`, REQUEST, properties);
    }
    await isUnharmed(ends, pid);
    assert.equal(ends.serve.errors.seen.filter((line) => line.includes("lost")).length, 0);
    assert.equal(childrenOf(ends.serve).length, 1);
  },
);

testOnBrokers("a plain requester is told of what its server never gets", async (broker) => {
  await using ends = await bridge(broker, { serve: ["--max-message", "10000"] });
  await initialize(ends.host);
  const topic = `${BASE}/response/plain`;
  await using plain = await TestClient.connect(broker.url, {}, topic);
  let asked = 0;
  const tell = async (payload: string | Uint8Array) => {
    const correlationData = Buffer.from(String(++asked));
    await plain.publish(`${BASE}/request`, payload, { qos: 1, properties: { responseTopic: topic, correlationData } });
    const { text, properties } = await eventually(`answer ${asked}`, () => plain.arrivals[asked - 1]);
    assert.deepEqual([plain.arrivals.length, properties.correlationData?.toString()], [asked, String(asked)]);
    return JSON.parse(text);
  };
  assert.match((await tell('{"jsonrpc":"2.0","id":1,"method":"first"}')).result.echo, /first/);
  const invalid = { jsonrpc: "2.0", id: null };
  for (const text of ["nonsense", "{", '{"id":1}\n{"id":2,"method":"smuggled"}', '{"id":1}\r{"id":2,"method":"x"}']) {
    const { error, ...rest } = await tell(text);
    assert.deepEqual([rest, error.code], [invalid, -32700], text);
  }
  const long = await tell(`{"jsonrpc":"2.0","id":"${"x".repeat(2_000)}","method":"m"}`);
  assert.deepEqual([long.id, long.error.code], [null, -32600]);
  const large = await tell(
    JSON.stringify({ jsonrpc: "2.0", id: 7, method: "m", params: { text: "x".repeat(20_000) } }),
  );
  assert.deepEqual([large.id, large.error.data.reason], [7, "too-large"]);
  for (const end of ["\r", "\n", "\r\n"]) {
    const request = ["{", '"jsonrpc":"2.0",', '"id":8,"method":"ping"', "}"].join(end);
    assert.deepEqual(await tell(request), { jsonrpc: "2.0", id: 8, result: {} });
  }
  assert.match((await tell('{"jsonrpc":"2.0","id":9,"method":"last"}')).result.echo, /last/);
});
