/**
 * An hour of load: does anything grow that should not?
 *
 *     deno task soak [--minutes 60]
 *
 * One host calls without a break, while others come and go: most of them say goodbye, every tenth is killed. Prints
 * what the processes and the broker hold; exits with 1 when, after the load, there is more of anything than before it,
 * or when a call was lost, executed twice or hung.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { mqttClientTransport } from "../../mod.ts";
import { print } from "../../scripts/support/print.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { freePort } from "../support/net.ts";
import { Process, PROXY_COMMAND } from "../support/proxy.ts";
import { cpuTime } from "../support/usage.ts";
import { residentMegabytes, wait, World } from "./world.ts";

const { values } = parseArgs({ args: Deno.args, options: { minutes: { type: "string", default: "60" } } });
const DURATION = Number(values.minutes) * 60_000;
/** The memory of a process counts from then on, in ms: until then, caches fill and the compiler is at work. */
const WARM_UP = DURATION / 6;
const WIDTH = 16;
/** Between an answer and the next call, in ms: load enough to show a leak, and the machine stays usable. */
const PAUSE = 50;
/** Between two guests, in ms. */
const NEXT_GUEST = 1_000;
const ROWS = 12;
/** How much more memory may be in use at the end than after the warm-up. */
const TOLERANCE = 1.1;

/** What is held at one moment. */
interface Holdings {
  readonly serve: number;
  readonly connect: number;
  readonly files: number;
  readonly children: number;
  readonly sessions: number;
  readonly pending: number;
  readonly subscriptions: number;
}

const status = freePort();
await using world = await World.start({
  configuration: ["allow_anonymous true", "sys_interval 1"],
  serve: ["--status", `127.0.0.1:${status}`, "--max-sessions", "100"],
});
const { driver } = world;
await using system = await MqttPeer.connect(world.url, { clientId: "system" });
await system.subscribe("$SYS/broker/subscriptions/count");

const end = new AbortController();
const started = performance.now();
const before = await settled();
print("minutes      calls  serve MB  connect MB  files  children  sessions  pending  subscriptions");
const driving = driver.run(WIDTH, end.signal, PAUSE);
const visiting = visit(end.signal);
const memories: Holdings[] = [];
for (let sample = 1; sample <= ROWS; sample++) {
  await wait(started + DURATION * sample / ROWS - performance.now());
  const held = await holdings();
  if (performance.now() - started >= WARM_UP) memories.push(held);
  row(held);
}
end.abort();
await driving;
const guests = await visiting;
const after = await settled();
row(after);
const { made, answered, failed, lost, hung, disordered } = driver.books;
const { repeated } = await world.executions();
print(
  `${made} calls: ${answered} answered, ${failed} with an error, ${lost} lost, ${repeated} executed twice, ` +
    `${hung} hung, ${disordered} with missing or disordered notifications; ${guests} guests`,
);
const cpu = await idleCpu();
print(`CPU time of both afterwards, while idle: ${cpu} ms in 10 s`);

const growth = (["serve", "connect"] as const).filter((who) => {
  const [first, last] = [memories.at(0)?.[who] ?? 0, memories.at(-1)?.[who] ?? Infinity];
  return last > first * TOLERANCE;
});
const leaks = (["files", "children", "sessions", "pending", "subscriptions"] as const)
  .filter((what) => after[what] > before[what]);
const broken = [lost, repeated, hung, disordered, failed].some((count) => count > 0);
for (const who of growth) print(`THE MEMORY OF ${who} HAS GROWN`);
for (const what of leaks) print(`LEAKED: ${what}, ${before[what]} before and ${after[what]} after`);
if (broken) print("A PROMISE WAS BROKEN");
const good = growth.length === 0 && leaks.length === 0 && !broken;
if (good) print("nothing has leaked, and every promise was kept");
Deno.exitCode = good ? 0 : 1;

/** Guests come and go; resolves with how many there were. */
async function visit(signal: AbortSignal): Promise<number> {
  let count = 0;
  while (!signal.aborted) {
    count++;
    if (count % 10 === 0) await brokenVisit();
    else await politeVisit();
    await wait(NEXT_GUEST);
  }
  return count;
}

/** A session of a few calls that ends as it should. */
async function politeVisit(): Promise<void> {
  const transport = mqttClientTransport({ broker: world.url, name: "count" });
  const answers: PromiseWithResolvers<void>[] = [0, 1, 2, 3].map(() => Promise.withResolvers());
  transport.onmessage = (message) => {
    if ("id" in message && typeof message.id === "number") answers[message.id]?.resolve();
  };
  await transport.start();
  for (const [id, { promise }] of answers.entries()) {
    await transport.send({ jsonrpc: "2.0", id, method: id === 0 ? "initialize" : "ping", params: {} });
    await promise;
  }
  await transport.close();
}

/** A `connect` that is killed while it waits for an answer. */
async function brokenVisit(): Promise<void> {
  await using host = new Process([...PROXY_COMMAND, "connect", "--broker", world.url, "--name", "count"]);
  await host.send({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
  await host.output.nextJson();
  await host.send({ jsonrpc: "2.0", id: 2, method: "silence" });
  host.kill("SIGKILL");
}

async function holdings(): Promise<Holdings> {
  const metrics = await (await fetch(`http://127.0.0.1:${status}/metrics`)).text();
  const gauge = (name: string) => {
    const found = metrics.matchAll(new RegExp(`^mcp_mqtt_proxy_${name}(?:{[^}]*})? (\\d+)`, "gm"));
    return [...found].reduce((sum, [, value]) => sum + Number(value), 0);
  };
  return {
    serve: residentMegabytes(world.servePid),
    connect: residentMegabytes(driver.pid),
    files: openFiles(world.servePid) + openFiles(driver.pid),
    children: (await world.children()).length,
    sessions: gauge("sessions"),
    pending: gauge("requests_pending"),
    subscriptions: Number(system.packets.at(-1)?.payload),
  };
}

/** What is held when only the host is there, and says nothing. */
async function settled(): Promise<Holdings> {
  const deadline = performance.now() + 60_000;
  while (true) {
    await wait(2_000); // the broker tells every second how many subscriptions it has
    const held = await holdings();
    if ((held.children <= 1 && held.sessions <= 1 && held.pending === 0) || performance.now() > deadline) return held;
  }
}

function openFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

async function idleCpu(): Promise<number> {
  const used = () => [world.servePid, driver.pid].map(cpuTime).reduce((a, b) => a + b, 0);
  const since = used();
  await wait(10_000);
  return used() - since;
}

function row(held: Holdings): void {
  const minutes = ((performance.now() - started) / 60_000).toFixed(0);
  const { serve, connect, files, children, sessions, pending, subscriptions } = held;
  const cells = [minutes, driver.books.made, serve, connect, files, children, sessions, pending, subscriptions];
  const widths = [7, 9, 8, 10, 5, 8, 8, 7, 13];
  print(cells.map((cell, index) => String(cell).padStart(widths[index] ?? 8)).join("  "));
}
