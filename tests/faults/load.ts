/**
 * Growing load: what a call costs among many sessions, how fast a stream is, and whether memory is given back.
 *
 *     deno run -A tests/faults/load.ts [sessions] [stream] [memory]
 *
 * Runs `serve`, mosquitto and library clients or `connect`; prints CPU time and resident memory of the processes. The
 * time that passes counts only for the stream, so let nothing else run beside that. Exits with 1 when a call among 1,000
 * sessions costs more than 1.5 times what it costs among 10, or when a process keeps more than 1.5 times the memory with
 * which it has started.
 *
 * @module
 */
import { mqttClientTransport } from "../../mod.ts";
import { print } from "../../scripts/support/print.ts";
import { ask, bridge, initialize } from "../support/bridge.ts";
import { type Mosquitto, mosquitto } from "../support/mosquitto.ts";
import { type Process, startServe } from "../support/proxy.ts";
import { cpuTime, memory } from "../support/usage.ts";
import { wait } from "./world.ts";

/** A server of 2 MB that answers every request with nothing. */
const CHEAP = ["sed", "-un", String.raw`s/.*"id":\([0-9]*\).*/{"jsonrpc":"2.0","id":\1,"result":{}}/p`];

const SESSIONS = [10, 100, 1_000];
const CALLS = 10_000;
/** Clients that call at the same time, if their last calls are answered. */
const WIDTH = 10;
/** Between two calls of the same caller, in ms. A call costs less where many arrive together, so the pace is the same. */
const PACE = 10;
/** Sessions that are opened at a time. */
const OPENING = 20;
const NOTIFICATIONS = 100_000;
const STREAMS = 3;
const LARGE = 60_000_000;
const AT_ONCE = 500;
const ONE_AFTER_ANOTHER = 5_000;
/** What a goal allows. */
const TOLERANCE = 1.5;

/** A client of the library that makes one call at a time. */
class Client {
  readonly #transport;
  #id = 0;
  #answered: (() => void) | undefined;

  constructor(broker: Mosquitto) {
    this.#transport = mqttClientTransport({ broker: broker.url, name: "cheap", profile: "request-response" });
    this.#transport.onmessage = () => this.#answered?.();
  }

  start(): Promise<void> {
    return this.#transport.start();
  }

  async call(): Promise<void> {
    const answer = new Promise<void>((resolve) => this.#answered = resolve);
    await this.#transport.send({ jsonrpc: "2.0", id: ++this.#id, method: "tools/call", params: {} });
    await answer;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

/** Does something for each number below `count`, several at a time. */
async function forEach(count: number, width: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < count) await act(next++);
  }));
}

async function openAll(broker: Mosquitto, count: number): Promise<Client[]> {
  const clients = Array.from({ length: count }, () => new Client(broker));
  await forEach(count, OPENING, async (index) => {
    await clients[index]?.start();
    await clients[index]?.call();
  });
  return clients;
}

function startCheap(broker: Mosquitto): Promise<Process> {
  const limits = ["--max-sessions", "2000", "--max-sessions-per-client", "2000"];
  return startServe([
    "--broker",
    broker.url,
    "--name",
    "cheap",
    "--profile",
    "request-response",
    ...limits,
    "--",
    ...CHEAP,
  ]);
}

/** CPU time per call in ms, of serve and of the broker, while there are this many sessions. */
async function callCost(sessions: number): Promise<{ serve: number; broker: number }> {
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", "max_connections -1"] });
  await using serve = await startCheap(broker);
  const clients = await openAll(broker, sessions);
  const group = sessions / WIDTH;
  /** Each of so many callers goes round among sessions of its own: a client has one call under way. */
  const turn = () =>
    Promise.all(Array.from({ length: WIDTH }, async (_, caller) => {
      let next = performance.now();
      for (let count = 0; count < CALLS / WIDTH; count++) {
        await clients[caller * group + count % group]?.call();
        next += PACE;
        await wait(Math.max(0, next - performance.now()));
      }
    }));
  await turn(); // which is compiled then
  const before = [serve.pid, broker.pid].map(cpuTime);
  await turn();
  const [ours = 0, brokers = 0] = [serve.pid, broker.pid].map((pid, index) => cpuTime(pid) - (before[index] ?? 0));
  await forEach(clients.length, OPENING, async (index) => await clients[index]?.close());
  return { serve: ours / CALLS, broker: brokers / CALLS };
}

async function sessions(): Promise<boolean> {
  print("| sessions | CPU per call, serve, ms | broker, ms |\n| ---: | ---: | ---: |");
  const costs = new Map<number, number>();
  for (const count of SESSIONS) {
    const { serve, broker } = await callCost(count);
    costs.set(count, serve);
    print(`| ${count} | ${serve.toFixed(3)} | ${broker.toFixed(3)} |`);
  }
  const [few = 0, , many = Infinity] = SESSIONS.map((count) => costs.get(count));
  const factor = many / few;
  print(`1,000 sessions cost ${factor.toFixed(2)} times what 10 cost, for each call`);
  return factor <= TOLERANCE;
}

async function stream(): Promise<boolean> {
  await using broker = await mosquitto();
  await using ends = await bridge(broker);
  await initialize(ends.host);
  print("| notifications | a second | serve, CPU % | connect, CPU % |\n| ---: | ---: | ---: | ---: |");
  for (let round = 0; round < STREAMS; round++) {
    const pids = [ends.serve.pid, ends.host.pid];
    const [before, start] = [pids.map(cpuTime), performance.now()];
    await ask(ends.host, round, "notify", { count: NOTIFICATIONS });
    const passed = performance.now() - start;
    const [serve, connect] = pids.map((pid, index) => Math.round((cpuTime(pid) - (before[index] ?? 0)) / passed * 100));
    print(`| ${NOTIFICATIONS} | ${Math.round(NOTIFICATIONS / passed * 1000)} | ${serve} | ${connect} |`);
  }
  return true;
}

/** Resident memory in bytes, once that has not changed for a while. */
async function settled(pid: number): Promise<number> {
  let last = memory(pid, "now");
  for (let steady = 0; steady < 24;) {
    await wait(500);
    const now = memory(pid, "now");
    steady = Math.abs(now - last) < 0.005 * now ? steady + 1 : 0;
    last = now;
  }
  return last;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)}`;
}

/** Prints one row. Resolves with whether the memory was given back. */
async function givenBack(what: string, who: string, pid: number, start: number): Promise<boolean> {
  const peak = memory(pid, "peak");
  const after = await settled(pid);
  print(`| ${what} | ${who} | ${[start, peak, after].map(megabytes).join(" | ")} | ${(after / start).toFixed(2)} |`);
  return after <= TOLERANCE * start;
}

async function memories(): Promise<boolean> {
  print("| after | process | MB at start | at most | afterwards | factor |\n| --- | --- | ---: | ---: | ---: | ---: |");
  const kept: boolean[] = [];
  {
    await using broker = await mosquitto();
    await using ends = await bridge(broker);
    await initialize(ends.host);
    const [serve, connect] = await Promise.all([ends.serve.pid, ends.host.pid].map(settled));
    await ask(ends.host, 1, "large", { bytes: LARGE });
    kept.push(await givenBack("a response of 60 MB", "serve", ends.serve.pid, serve ?? 0));
    kept.push(await givenBack("a response of 60 MB", "connect", ends.host.pid, connect ?? 0));
    await ask(ends.host, 2, "received", { text: "x".repeat(LARGE) });
    kept.push(await givenBack("a request of 60 MB", "serve", ends.serve.pid, serve ?? 0));
    kept.push(await givenBack("a request of 60 MB", "connect", ends.host.pid, connect ?? 0));
  }
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", "max_connections -1"] });
  await using serve = await startCheap(broker);
  const start = await settled(serve.pid);
  const clients = await openAll(broker, AT_ONCE);
  await forEach(clients.length, OPENING, async (index) => await clients[index]?.close());
  kept.push(await givenBack(`${AT_ONCE} sessions at once`, "serve", serve.pid, start));
  for (let round = 0; round < 2; round++) {
    await forEach(ONE_AFTER_ANOTHER, OPENING, async () => {
      const [client] = await openAll(broker, 1);
      await client?.close();
    });
    kept.push(await givenBack(`${ONE_AFTER_ANOTHER} sessions that come and go`, "serve", serve.pid, start));
  }
  return !kept.includes(false);
}

const PARTS = { sessions, stream, memory: memories };
let good = true;
for (const [name, part] of Object.entries(PARTS)) {
  if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
  print(`\n${name}`);
  good = await part() && good;
}
print(good ? "\nas it should be" : "\nTOO MUCH");
Deno.exit(good ? 0 : 1);
