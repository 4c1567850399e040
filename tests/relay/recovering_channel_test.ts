import assert from "node:assert/strict";
import { Failure, type FailureReason } from "../../src/core/failure.ts";
import type { Channel } from "../../src/core/channel.ts";
import { Message } from "../../src/core/message.ts";
import { type Dialer, RecoveringChannel, type RecoveringOptions } from "../../src/relay/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { MemoryChannel } from "../support/memory_channel.ts";
import { gist, notification, request, response, textOf } from "../support/messages.ts";

const INITIALIZE = request("0", "initialize", '{"protocolVersion":"2025-11-25"}');
const INITIALIZED = notification("notifications/initialized");
const CAPABILITIES = '{"tools":{"listChanged":true},"prompts":{},"resources":{"listChanged":true,"subscribe":true}}';

/** A server process of which there may be several, one after the other. */
class Server {
  readonly received: Message[] = [];
  readonly end: MemoryChannel;

  constructor(end: MemoryChannel, readonly answers: boolean) {
    this.end = end;
    end.receive((message) => {
      this.received.push(message);
      if (message.method === "initialize" && answers) void end.send(initializeResult(message));
    });
  }

  gists(): string[] {
    return this.received.map(gist);
  }

  send(message: Message): void {
    void this.end.send(message);
  }

  die(reason: FailureReason = "server-gone", text = "The server has gone offline"): Promise<void> {
    return this.end.close(new Failure(reason, text));
  }
}

function initializeResult(request: Message): Message {
  return response(request.id ?? "", `{"protocolVersion":"2025-11-25","capabilities":${CAPABILITIES}}`);
}

/** Dials servers as they come online. */
class FakeDialer implements Dialer {
  readonly servers: Server[] = [];
  dials = 0;
  online = true;
  answersInitialize = true;
  refusal: Failure | undefined;
  reason = new Failure("no-server-online", "No server is online");
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();

  async dial(signal: AbortSignal): Promise<Channel> {
    this.dials++;
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason), { once: true })
    );
    aborted.catch(() => {});
    while (!this.online && this.refusal === undefined) await Promise.race([this.#changed.promise, aborted]);
    if (this.refusal !== undefined) throw this.refusal;
    const [near, far] = MemoryChannel.pair();
    this.servers.push(new Server(far, this.answersInitialize));
    return near;
  }

  unavailableReason(): Failure {
    return this.reason;
  }

  come(): void {
    this.online = true;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  get last(): Server {
    const server = this.servers.at(-1);
    assert.ok(server !== undefined, "nobody has dialled");
    return server;
  }
}

function conversation(options: Partial<RecoveringOptions> = {}) {
  const clock = new ManualClock();
  const dialer = new FakeDialer();
  const lost: string[] = [];
  const dropped: string[] = [];
  const channel = new RecoveringChannel(dialer, {
    connectTimeout: 10_000,
    clock,
    random: () => 1,
    lost: ({ reason }) => lost.push(reason),
    dropped: (message, { reason }) => dropped.push(`${gist(message)}: ${reason}`),
    ...options,
  });
  const atHost: Message[] = [];
  channel.receive((message) => void atHost.push(message));
  const say = async (...messages: Message[]) => {
    for (const message of messages) void channel.send(message);
    await clock.advance(0);
  };
  /** What has come since it was asked for the last time. */
  const news = () => atHost.splice(0).map(gist);
  return { clock, dialer, channel, say, news, atHost, lost, dropped };
}

/** A conversation past its handshake. */
async function initialized(options?: Partial<RecoveringOptions>) {
  const all = conversation(options);
  await all.say(INITIALIZE);
  await all.say(INITIALIZED);
  assert.deepEqual(all.news(), ["result 0"]);
  return all;
}

Deno.test("a session is opened when there is something to say, and not before", async () => {
  const { clock, dialer, channel, say } = conversation();
  await clock.advance(60_000);
  assert.equal(dialer.dials, 0);
  await say(request("1"), request("2"));
  assert.equal(dialer.dials, 1);
  assert.deepEqual(dialer.last.gists(), ["request 1 tools/call", "request 2 tools/call"]);
  await channel.close();
});

Deno.test("what is said before a server is there waits, and arrives in order", async () => {
  const { dialer, channel, say, news, clock } = conversation();
  dialer.online = false;
  await say(INITIALIZE);
  await say(notification("notifications/x"), request("1"));
  await clock.advance(9_000);
  assert.deepEqual(news(), []);
  dialer.come();
  await clock.advance(0);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "x", "request 1 tools/call"]);
  await channel.close();
});

Deno.test("what waits in vain is answered with what stood in the way", async () => {
  const { clock, dialer, channel, say, news, dropped, atHost } = conversation();
  dialer.online = false;
  await say(request('""'), notification("notifications/x"));
  await clock.advance(5_000);
  await say(request("1"));
  await clock.advance(5_000);
  assert.match(textOf(atHost[0]), /"message":"No server is online"/);
  assert.deepEqual(news(), ['error "" no-server-online']);
  assert.deepEqual(dropped, ["x: no-server-online"]);
  dialer.reason = new Failure("broker-unreachable", "The broker cannot be reached");
  await clock.advance(5_000);
  assert.deepEqual(news(), ["error 1 broker-unreachable"]);
  dialer.come();
  await say(request("2"));
  assert.deepEqual(dialer.last.gists(), ["request 2 tools/call"]);
  await channel.close();
});

Deno.test("when waiting is of no use, everything is answered at once, and tried again with the next message", async () => {
  const { dialer, channel, say, news } = conversation();
  dialer.refusal = new Failure("login-refused", "The broker refused the login");
  await say(request("1"));
  assert.deepEqual(news(), ["error 1 login-refused"]);
  await say(request("2"));
  assert.deepEqual(news(), ["error 2 login-refused"]);
  dialer.refusal = undefined;
  await say(request("3"));
  assert.deepEqual(dialer.last.gists(), ["request 3 tools/call"]);
  await channel.close();
});

Deno.test("when a server is lost, what it has not answered is an error, and is not repeated", async () => {
  const { clock, dialer, channel, say, news, lost } = await initialized();
  await clock.advance(60_000);
  await say(request("1"), request("2"));
  dialer.last.send(response("2"));
  await dialer.last.die();
  await clock.advance(0);
  assert.deepEqual(lost, ["server-gone"]);
  assert.deepEqual(news(), ["result 2", "error 1 server-gone", "tools/list_changed", "resources/list_changed"]);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized"]);
  await channel.close();
});

Deno.test("a request that the lost server has not seen goes to the next one, once", async () => {
  const { clock, dialer, channel, say, news } = await initialized();
  await clock.advance(60_000);
  const [seen, unseen] = [request("1"), request("2")];
  await say(seen, unseen);
  const exited = new Failure("child-exited", "The server process exited with code 1");
  await dialer.last.end.closeWithout([unseen], exited);
  await clock.advance(0);
  assert.deepEqual(news(), ["error 1 child-exited", "tools/list_changed", "resources/list_changed"]);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized", "request 2 tools/call"]);
  await clock.advance(60_000);
  await dialer.last.end.closeWithout([unseen], exited);
  await clock.advance(0);
  assert.equal(news()[0], "error 2 child-exited");
  await channel.close();
});

Deno.test("a request that is made in the moment in which the server is lost goes to the next one", async () => {
  const exited = new Failure("child-exited", "The server process exited with code 1");
  for (let turns = 0; turns < 10; turns++) {
    const { clock, dialer, channel, say, news } = await initialized();
    await clock.advance(60_000);
    dialer.last.send(request('"question"'));
    await say(request("1"));
    void dialer.last.end.close(exited);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await say(response('"question"'), request("2"));
    // The question is cancelled, or was answered before.
    assert.deepEqual(
      news().filter((gist) => gist !== "cancelled"),
      ['request "question" tools/call', "error 1 child-exited", "tools/list_changed", "resources/list_changed"],
      `after ${turns} turns`,
    );
    assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized", "request 2 tools/call"]);
    await channel.close();
  }
});

Deno.test("a request that was answered or cancelled is not sent again, seen or not", async () => {
  const { clock, dialer, channel, say, news } = await initialized();
  await clock.advance(60_000);
  const [answered, cancelled] = [request("1"), request("2")];
  await say(answered, cancelled, notification("notifications/cancelled", '{"requestId":2}'));
  dialer.last.send(response("1"));
  await dialer.last.end.closeWithout([answered, cancelled], new Failure("server-shutting-down", "It is shutting down"));
  await clock.advance(0);
  assert.deepEqual(news(), ["result 1", "tools/list_changed", "resources/list_changed"]);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized"]);
  await channel.close();
});

Deno.test("the next server is initialized as the host had initialized the first, byte for byte", async () => {
  const { clock, dialer, channel } = await initialized();
  await clock.advance(60_000);
  await dialer.last.die();
  await clock.advance(0);
  assert.equal(dialer.servers.length, 2);
  assert.deepEqual(dialer.last.received.map(textOf), [textOf(INITIALIZE), textOf(INITIALIZED)]);
  await channel.close();
});

Deno.test("a host that has not initialized is not initialized for", async () => {
  const { clock, dialer, channel, say, news } = conversation();
  await say(request("1"));
  await clock.advance(60_000);
  await dialer.last.die();
  await clock.advance(60_000);
  assert.deepEqual(news(), ["error 1 server-gone"]);
  assert.equal(dialer.servers.length, 1);
  await say(request("2"));
  assert.deepEqual(dialer.last.gists(), ["request 2 tools/call"]);
  await channel.close();
});

Deno.test("a server that dies while it is initialized leaves the host to initialize the next one", async () => {
  const { clock, dialer, channel, say, news } = conversation();
  dialer.answersInitialize = false;
  await say(INITIALIZE);
  await dialer.last.die("child-exited", "The server process exited with code 1");
  await clock.advance(60_000);
  assert.deepEqual(news(), ["error 0 child-exited"]);
  assert.equal(dialer.servers.length, 1);
  dialer.answersInitialize = true;
  await say(INITIALIZE);
  assert.deepEqual(news(), ["result 0"]);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize"]);
  await channel.close();
});

Deno.test("what the host says during the second initialization waits for it, and the host's own initialize replaces it", async () => {
  const { clock, dialer, channel, say, news } = await initialized();
  await clock.advance(60_000);
  dialer.answersInitialize = false;
  await dialer.last.die();
  await clock.advance(0);
  await say(request("1"));
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize"]);
  dialer.last.send(initializeResult(INITIALIZE));
  await clock.advance(0);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized", "request 1 tools/call"]);
  assert.deepEqual(news(), ["tools/list_changed", "resources/list_changed"]);

  dialer.online = false;
  await clock.advance(60_000);
  await dialer.last.die();
  await clock.advance(0);
  await say(request('"again"', "initialize"));
  dialer.come();
  await clock.advance(0);
  assert.deepEqual(dialer.last.gists(), ['request "again" initialize']);
  await channel.close();
});

Deno.test("a server that dies during the second initialization is followed by another one, and nobody is told", async () => {
  const { clock, dialer, channel, say, news, lost } = await initialized();
  await clock.advance(60_000);
  dialer.answersInitialize = false;
  await dialer.last.die();
  await clock.advance(0);
  await say(request("1"));
  dialer.answersInitialize = true;
  await dialer.last.die("child-exited");
  await clock.advance(1_000);
  assert.deepEqual(lost, ["server-gone", "child-exited"]);
  assert.equal(dialer.servers.length, 3);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized", "request 1 tools/call"]);
  assert.deepEqual(news(), ["tools/list_changed", "resources/list_changed"]);
  await channel.close();
});

Deno.test("a server that refuses the second initialization is left, and the host is told", async () => {
  const { clock, dialer, channel, say, news } = await initialized();
  await clock.advance(60_000);
  dialer.answersInitialize = false;
  await dialer.last.die();
  await clock.advance(0);
  await say(request("1"));
  dialer.last.send(new Failure("too-many-sessions", "Full").toResponse("0"));
  await clock.advance(0);
  assert.deepEqual(news(), ["error 1 too-many-sessions"]);
  assert.equal((await dialer.last.end.closed)?.reason, "too-many-sessions");
  await channel.close();
});

Deno.test("what a lost server has asked is cancelled, and answers to it reach no other server", async () => {
  const { clock, dialer, channel, say, atHost, news } = await initialized();
  await clock.advance(60_000);
  dialer.last.send(request('"q-1"', "sampling/createMessage"));
  dialer.last.send(request("0", "roots/list"));
  await say(response("0"));
  news();
  await dialer.last.die();
  await clock.advance(0);
  assert.deepEqual(atHost.map(textOf).filter((text) => text.includes("cancelled")), [
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q-1","reason":"The server that asked is gone"}}',
  ]);
  await say(response('"q-1"'));
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized"]);

  dialer.last.send(request('"q-1"', "elicitation/create"));
  await say(response('"q-1"'));
  assert.deepEqual(dialer.last.gists().at(-1), 'result "q-1"');
  await channel.close();
});

Deno.test("a session that does not last makes the next one wait, each time longer, and then no more", async () => {
  const { clock, dialer, channel } = await initialized();
  for (const pause of [500, 1_000, 2_000]) {
    await dialer.last.die();
    await clock.advance(pause - 1);
    const before = dialer.dials;
    await clock.advance(1);
    assert.equal(dialer.dials, before + 1);
  }
  await clock.advance(10_000);
  const before = dialer.dials;
  await dialer.last.die();
  await clock.advance(0);
  assert.equal(dialer.dials, before + 1);
  await channel.close();
});

Deno.test("the wait after a short session begins when the session ended, not when the host speaks next", async () => {
  const { clock, dialer, channel, say } = conversation();
  await say(request("1"));
  await dialer.last.die();
  await clock.advance(1_000);
  await say(request("2"));
  assert.equal(dialer.dials, 2);
  await channel.close();
});

Deno.test("what waits in vain because servers do not last is answered with why the last one did not", async () => {
  const { clock, dialer, channel, say, news } = await initialized({ connectTimeout: 200 });
  await dialer.last.die("child-exited", "The server process exited with code 1: no such file");
  await clock.advance(0);
  await say(request("1"));
  await clock.advance(200);
  assert.deepEqual(news(), ["error 1 child-exited"]);
  await channel.close();
});

Deno.test("a session that ended in good order is followed by another one only when there is something to say", async () => {
  for (const reason of ["session-ended", "session-replaced"] as const) {
    const { clock, dialer, channel, say, news } = await initialized();
    await clock.advance(60_000);
    await dialer.last.die(reason, "The session was idle");
    await clock.advance(600_000);
    assert.equal(dialer.dials, 1);
    await say(request("1"));
    assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized", "request 1 tools/call"]);
    dialer.last.send(response("1"));
    assert.equal(news().at(-1), "result 1");
    await channel.close();
  }
});

Deno.test("closing ends the session and the search for one, leaves no timer behind, and takes nothing more", async () => {
  const talking = await initialized({ timeout: 60_000 });
  await talking.say(request("1"));
  await talking.channel.close();
  assert.equal(await talking.channel.closed, undefined);
  assert.equal(await talking.dialer.last.end.closed, undefined);
  assert.equal(talking.clock.timers, 0);
  await talking.say(request("2"));
  assert.equal(talking.dialer.dials, 1);

  const searching = conversation();
  searching.dialer.online = false;
  await searching.say(request("1"));
  const reason = new Failure("session-ended", "Enough");
  await searching.channel.close(reason);
  assert.equal(await searching.channel.closed, reason);
  assert.equal(searching.clock.timers, 0);

  const pausing = await initialized();
  await pausing.dialer.last.die();
  await pausing.clock.advance(0);
  await pausing.channel.close();
  assert.equal(pausing.clock.timers, 0);

  const replaying = await initialized();
  await replaying.clock.advance(60_000);
  replaying.dialer.answersInitialize = false;
  await replaying.dialer.last.die();
  await replaying.clock.advance(0);
  await replaying.channel.close();
  assert.equal(replaying.clock.timers, 0);
  await replaying.dialer.last.end.closed;
});

Deno.test("allAnswered() waits for what waits and for what was asked", async () => {
  const { clock, dialer, channel, say } = conversation();
  await channel.allAnswered();
  dialer.online = false;
  await say(request("1"));
  let settled = false;
  void channel.allAnswered().then(() => settled = true);
  await clock.advance(0);
  assert.equal(settled, false);
  dialer.come();
  await clock.advance(0);
  assert.equal(settled, false);
  dialer.last.send(response("1"));
  await clock.advance(0);
  assert.equal(settled, true);
  await channel.close();
});

const CANCELLED = notification("notifications/cancelled", '{"requestId":7,"reason":"The user has"}');

Deno.test("a request that is cancelled while it waits for a server disappears, and so does its cancellation", async () => {
  const { clock, dialer, channel, say, news, dropped } = conversation();
  dialer.online = false;
  await say(request("6"), request("7"), CANCELLED);
  await clock.advance(5_000);
  dialer.come();
  await clock.advance(0);
  assert.deepEqual(dialer.last.gists(), ["request 6 tools/call"]);
  await clock.advance(60_000);
  assert.deepEqual([news(), dropped], [[], []]);
  await channel.close();
});

Deno.test("a request that was cancelled in vain is answered by nobody", async () => {
  const { clock, dialer, channel, say, news, dropped } = conversation();
  dialer.online = false;
  await say(request("7"), CANCELLED);
  await clock.advance(60_000);
  assert.deepEqual([news(), dropped], [[], []]);
  await channel.close();
});

Deno.test("the requests of a batch that waits in vain are answered", async () => {
  const { clock, dialer, channel, say, news } = conversation();
  dialer.online = false;
  await say(Message.from(`[${textOf(request("1"))},${textOf(request("2"))}]`));
  await clock.advance(10_000);
  assert.deepEqual(news(), ["error 1 no-server-online", "error 2 no-server-online"]);
  await channel.close();
});

const EXITED = new Failure("child-exited", "The server process exited with code 1");

Deno.test("an initialize that crosses the end of a session opens the next one, whoever answers it", async () => {
  for (const answeredByServer of [true, false]) {
    const { clock, dialer, channel, say, news } = conversation();
    dialer.answersInitialize = false;
    await say(request('"probe"', "server/discover"));
    const [server] = dialer.servers;
    dialer.answersInitialize = true;
    await say(INITIALIZE);
    if (answeredByServer) {
      for (const id of ['"probe"', "0"]) server?.send(EXITED.toResponse(id));
    }
    await server?.die("child-exited");
    await clock.advance(60_000);
    assert.deepEqual(news(), ['error "probe" child-exited', "result 0"]);
    assert.deepEqual(dialer.last.gists(), ["request 0 initialize"]);
    await channel.close();
  }
});

Deno.test("an initialize that ends its server is answered, and so is one that does it twice", async () => {
  const { clock, dialer, channel, say, news } = conversation();
  dialer.answersInitialize = false;
  await say(INITIALIZE);
  await dialer.last.die("child-exited");
  await clock.advance(60_000);
  assert.deepEqual(news(), ["error 0 child-exited"]);
  await say(request("1"));
  await say(INITIALIZE);
  for (let death = 0; death < 2; death++) {
    await dialer.last.die("child-exited");
    await clock.advance(60_000);
  }
  assert.deepEqual(news(), ["error 1 child-exited", "error 0 child-exited"]);
  await channel.close();
});

Deno.test("what the host has set is set again in the next process, and the answers are not for the host", async () => {
  const { clock, dialer, channel, say, news } = await initialized();
  await clock.advance(60_000);
  const level = request("1", "logging/setLevel", '{"level":"debug"}');
  const subscription = request("2", "resources/subscribe", '{"uri":"file:///a"}');
  await say(level, subscription);
  for (const id of ["1", "2"]) dialer.last.send(response(id));
  assert.deepEqual(news(), ["result 1", "result 2"]);
  await dialer.last.die();
  await clock.advance(0);
  assert.deepEqual(dialer.last.received, [INITIALIZE, INITIALIZED, level, subscription]);
  dialer.last.send(response("1"));
  dialer.last.send(Message.from({ jsonrpc: "2.0", id: 2, error: { code: -32002, message: "It is gone" } }));
  assert.deepEqual(news(), ["tools/list_changed", "resources/list_changed"]);
  // A request of the host's that has the same id is answered.
  await say(request("1"));
  dialer.last.send(response("1"));
  assert.deepEqual(news(), ["result 1"]);
  await dialer.last.die();
  await clock.advance(60_000);
  assert.deepEqual(dialer.last.gists().slice(2), ["request 1 logging/setLevel", "request 2 resources/subscribe"]);
  await dialer.last.die();
  assert.deepEqual(news().filter((what) => what.startsWith("error")), []);
  await channel.close();
});

/** Of a host of the version 2025-11-25 whose server is followed by another, which is to be answered for. */
async function recovering() {
  const all = await initialized();
  await all.clock.advance(60_000);
  all.dialer.answersInitialize = false;
  await all.dialer.last.die();
  await all.clock.advance(0);
  const refuse = async (code: number, message: string, data?: Record<string, unknown>) => {
    all.dialer.last.send(Message.from({ jsonrpc: "2.0", id: 0, error: { code, message, data } }));
    await all.clock.advance(0);
  };
  return { ...all, refuse };
}

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "unknown", version: "0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

Deno.test("a next process that knows no initialize is discovered, and the host is told that it cannot go on, and how", async () => {
  const { dialer, channel, say, refuse, clock, atHost, lost } = await recovering();
  await say(request("1"));
  await refuse(-32601, "Method not found");
  const [, discovery] = dialer.last.received;
  assert.deepEqual(discovery?.parse(), { jsonrpc: "2.0", id: 0, method: "server/discover", params: { _meta: META } });
  dialer.last.send(response("0", '{"supportedVersions":["2026-07-28"],"capabilities":{}}'));
  await clock.advance(0);
  const { error } = atHost.at(-1)?.parse() as { error: { message: string; data: unknown } };
  assert.deepEqual(error.data, {
    reason: "version-not-supported",
    supported: "2026-07-28",
    requested: "2025-11-25",
  });
  assert.match(error.message, /speaks MCP 2026-07-28, without "initialize".*Reconnect from a host/);
  assert.deepEqual(lost, ["server-gone", "version-not-supported"]);
  assert.equal(dialer.servers.length, 2);
  // And another one that does know it goes on as if nothing had been.
  dialer.answersInitialize = true;
  await say(request("2"));
  await clock.advance(60_000);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized", "request 2 tools/call"]);
  await channel.close();
});

Deno.test("a host that speaks a version without initialize by then has none repeated", async () => {
  const { dialer, channel, say, refuse, clock, news } = await recovering();
  await refuse(-32601, "Method not found");
  await refuse(-32601, "Method not found");
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "request 0 server/discover"]);
  news();
  await say(request("1", "tools/list", JSON.stringify({ _meta: META })));
  await clock.advance(60_000);
  assert.deepEqual(dialer.last.gists(), ["request 1 tools/list"]);
  dialer.last.send(response("1"));
  assert.deepEqual(news(), ["result 1"]);
  await dialer.last.die();
  await clock.advance(60_000);
  await say(request("2", "tools/list", JSON.stringify({ _meta: META })));
  assert.deepEqual(dialer.last.gists(), ["request 2 tools/list"]);
  await channel.close();
});

Deno.test("a next process that names an older version only when it is discovered is initialized in that one", async () => {
  const { dialer, channel, say, refuse, clock, news } = await recovering();
  await say(request("1"));
  await refuse(-32022, "Unsupported protocol version", { supported: ["2026-07-28"] });
  dialer.last.send(response("0", '{"supportedVersions":["2026-07-28","2025-06-18"]}'));
  await clock.advance(0);
  assert.equal(textOf(dialer.last.received.at(-1)), textOf(INITIALIZE).replace("2025-11-25", "2025-06-18"));
  dialer.last.send(response("0", '{"protocolVersion":"2025-06-18"}'));
  await clock.advance(0);
  assert.deepEqual(dialer.last.gists().slice(-2), ["initialized", "request 1 tools/call"]);
  assert.deepEqual(news(), []);
  await channel.close();
});

Deno.test("a next process that refuses for a reason of its own is quoted", async () => {
  const { channel, say, refuse, clock, atHost } = await recovering();
  await say(request("1"));
  await refuse(-32603, "The license has expired");
  await refuse(-32601, "Method not found");
  await clock.advance(0);
  const { error } = atHost.at(-1)?.parse() as { error: { message: string } };
  assert.match(error.message, /"The license has expired".*reconnect in the host/);
  await channel.close();
});

Deno.test("a server process that ends over the second initialization is followed by another one", async () => {
  const { dialer, channel, say, clock, news } = await recovering();
  await say(request("1"));
  dialer.last.send(new Failure("child-exited", "The server process exited with code 1").toResponse("0"));
  await clock.advance(0);
  dialer.answersInitialize = true;
  await clock.advance(60_000);
  assert.deepEqual(dialer.last.gists(), ["request 0 initialize", "initialized", "request 1 tools/call"]);
  assert.deepEqual(news(), ["tools/list_changed", "resources/list_changed"]);
  await channel.close();
});

Deno.test("a next process that offers an older version is initialized in that one", async () => {
  const { clock, dialer, channel, say, news } = await initialized();
  dialer.answersInitialize = false;
  await dialer.last.die();
  await clock.advance(60_000);
  const data = { supported: ["2024-11-05", "2025-06-18", "2026-07-28"], requested: "2025-11-25" };
  dialer.last.send(Message.from({ jsonrpc: "2.0", id: 0, error: { code: -32602, message: "Unsupported", data } }));
  await clock.advance(0);
  assert.equal(textOf(dialer.last.received[1]), textOf(INITIALIZE).replace("2025-11-25", "2025-06-18"));
  dialer.last.send(response("0"));
  await say(request("1"));
  assert.deepEqual(dialer.last.gists().slice(2), ["initialized", "request 1 tools/call"]);
  assert.deepEqual(news(), []);
  await channel.close();
});
