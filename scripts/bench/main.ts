/**
 * How fast the bridge is, beside plain stdio and plain MQTT:
 *
 *     deno task bench [--rounds 8] [--executable dist/mcp-mqtt-proxy]
 *
 * The SDK's client calls the same small server directly and through `connect`, mosquitto with its default settings and
 * `serve`; MQTT.js calls an echo of itself. In every round everybody is measured in turn, so that whatever else the
 * machine does is shared; each figure is the median of the rounds, and each ratio the median of the rounds' ratios.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { mqttClientTransport } from "../../mod.ts";
import { mosquitto } from "../../tests/support/mosquitto.ts";
import { Process, PROXY_COMMAND } from "../../tests/support/proxy.ts";
import { cpuTime, memory } from "../../tests/support/usage.ts";
import { V8_FLAGS } from "../support/executable.ts";
import { median } from "../support/median.ts";
import { print } from "../support/print.ts";
import { echoParty, type Party, sibling, stdioParty } from "./parties.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { rounds: { type: "string", default: "8" }, executable: { type: "string" } },
});
/** `deno run`, as the executable is compiled. */
const [DENO = "", RUN = "", ...MAIN] = PROXY_COMMAND;
const PROXY = values.executable === undefined ? [DENO, RUN, V8_FLAGS, ...MAIN] : [values.executable];
const SERVER = ["node", sibling("echo_server.mjs")];

/** How long calls of one kind are made, in ms. */
const PHASE = 2_000;
const LARGE = 2 ** 20;
const LARGE_CALLS = 12;
const IDLE = 10_000; // ms
const SESSIONS = 50;

await using broker = await mosquitto();
const serving = (name: string, ...options: string[]) =>
  startServe(["--broker", broker.url, "--name", name, ...options, "--", ...SERVER]);
await using serve = await serving("bench");
await using _prewarmed = await serving("prewarmed", "--prewarm", "1");
const connectTo = (name: string) => stdioParty([...PROXY, "connect", "--broker", broker.url, "--name", name]);

/** The figures of each party, one for each round; by the row's name. */
type Figures = Map<string, number[]>;
const direct: Figures = new Map();
const bridge: Figures = new Map();
const echo0: Figures = new Map();
const echo1: Figures = new Map();

for (let round = 0; round < Number(values.rounds); round++) {
  await measure(direct, () => stdioParty(SERVER));
  await measure(bridge, () => connectTo("bench"), [serve.pid, broker.pid]);
  await measure(echo0, () => echoParty(broker.url, 0));
  await measure(echo1, () => echoParty(broker.url, 1));
  await using warm = await connectTo("prewarmed");
  note(bridge, "start to initialized, --prewarm 1", warm.startTime);
  note(direct, "start to initialized, --prewarm 1", direct.get("start to initialized")?.at(-1) ?? NaN);
}
const idle = await idleUsage();
const session = await sessionMemory();
report();

async function measure(figures: Figures, start: () => Promise<Party>, others: readonly number[] = []): Promise<void> {
  await using party = await start();
  note(figures, "start to initialized", party.startTime);
  await callsIn(party, 64, PHASE / 2); // until the compiler has seen it
  note(figures, "one call, p50", median(await callsIn(party, 1, PHASE)));
  note(figures, "calls/s, 16 in flight", perSecond(await callsIn(party, 16, PHASE)));
  const pids = [...(party.pid === undefined ? [] : [party.pid]), ...others];
  const before = pids.map(cpuTime);
  const calls = await callsIn(party, 64, PHASE);
  note(figures, "calls/s, 64 in flight", perSecond(calls));
  pids.forEach((pid, index) => note(figures, `CPU ${index}`, (cpuTime(pid) - (before[index] ?? 0)) / calls.length));
  const large: number[] = [];
  for (let call = 0; call < LARGE_CALLS; call++) {
    const began = performance.now();
    if (await party.call(LARGE) !== LARGE) throw new Error("The large answer is not as large as it was asked for");
    large.push(performance.now() - began);
  }
  note(figures, "1 MB result", median(large.slice(LARGE_CALLS / 4)));
  pids.forEach((pid, index) => note(figures, `memory ${index}`, memory(pid, "peak") / 1e6));
}

/** Keeps `width` calls under way for `duration` ms; resolves with how long each one took, in ms. */
async function callsIn(party: Party, width: number, duration: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + duration;
  await Promise.all(Array.from({ length: width }, async () => {
    while (performance.now() < end) {
      const began = performance.now();
      await party.call();
      times.push(performance.now() - began);
    }
  }));
  return times;
}

function perSecond(calls: readonly number[]): number {
  return calls.length / PHASE * 1000;
}

/** The CPU time that `connect` and `serve` take together while nobody says anything, in ms for each second. */
async function idleUsage(): Promise<number> {
  await using party = await connectTo("bench");
  await party.call();
  const pids = [serve.pid, ...(party.pid === undefined ? [] : [party.pid])];
  await new Promise((resolve) => setTimeout(resolve, 2_000)); // what the call has left to do
  const before = pids.map(cpuTime);
  await new Promise((resolve) => setTimeout(resolve, IDLE));
  return pids.reduce((sum, pid, index) => sum + cpuTime(pid) - (before[index] ?? 0), 0) / (IDLE / 1000);
}

/** What one more session takes in `serve`, its process not counted, in MB. */
async function sessionMemory(): Promise<number> {
  const open = () => Promise.all(Array.from({ length: SESSIONS }, () => openSession()));
  const first = await open();
  const before = memory(serve.pid, "now");
  const second = await open(); // the first ones have paid for what all of them need
  const after = memory(serve.pid, "now");
  for (const transport of [...first, ...second]) await transport.close();
  return (after - before) / SESSIONS / 1e6;
}

async function openSession(): Promise<ReturnType<typeof mqttClientTransport>> {
  const transport = mqttClientTransport({ broker: broker.url, name: "bench", profile: "request-response" });
  const answered = Promise.withResolvers<void>();
  transport.onmessage = () => answered.resolve();
  await transport.start();
  await transport.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  await answered.promise;
  return transport;
}

async function startServe(args: readonly string[]): Promise<Process> {
  const process = new Process([...PROXY, "serve", "--max-sessions", "200", "--log-level", "info", ...args]);
  await process.errors.find((line) => line.includes(" is online on "));
  return process;
}

function note(figures: Figures, row: string, value: number): void {
  const known = figures.get(row);
  if (known === undefined) figures.set(row, [value]);
  else known.push(value);
}

/** The median of the rounds' ratios. */
function ratio(row: string): number {
  const yardstick = direct.get(row) ?? [];
  return median((bridge.get(row) ?? []).map((value, round) => value / (yardstick[round] ?? NaN)));
}

function report(): void {
  print(
    `${values.rounds} rounds; ${Deno.build.target}, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}` +
      `, ${values.executable ?? "main.ts"}\n`,
  );
  print(row("", "stdio", "echo QoS 0", "echo QoS 1", "bridge", "÷ stdio", "budget"));
  line("one call, p50", "ms", 3, "≤ 5.5");
  line("calls/s, 16 in flight", "", 0, "");
  line("calls/s, 64 in flight", "", 0, "≥ 0.40");
  line("1 MB result", "ms", 1, "≤ 2.2");
  line("start to initialized", "ms", 0, "≤ 1.25");
  line("start to initialized, --prewarm 1", "ms", 0, "≤ 0.5");
  print("");
  const [connectCpu = NaN, serveCpu = NaN, brokerCpu = NaN] = [0, 1, 2].map((index) => of(bridge, `CPU ${index}`));
  const micro = (milliseconds: number) => `${(milliseconds * 1000).toFixed(0)} µs`;
  print(
    `CPU per call, 64 in flight: connect ${micro(connectCpu)}, serve ${micro(serveCpu)}, ` +
      `mosquitto ${micro(brokerCpu)}; the server called directly ${micro(of(direct, "CPU 0"))}`,
  );
  const [connectMemory = NaN, serveMemory = NaN] = [0, 1].map((index) => of(bridge, `memory ${index}`));
  print(
    `peak memory: connect ${connectMemory.toFixed(0)} MB + serve ${serveMemory.toFixed(0)} MB = ` +
      `${(connectMemory + serveMemory).toFixed(0)} MB (budget 200); one more session ${
        session.toFixed(2)
      } MB (budget 1)`,
  );
  print(`idle CPU of both: ${idle.toFixed(1)} ms/s (budget 0)`);
}

function line(name: string, unit: string, digits: number, budget: string): void {
  const cells = [direct, echo0, echo1, bridge].map((figures) => {
    const value = of(figures, name);
    return Number.isNaN(value) ? "" : `${value.toFixed(digits)} ${unit}`.trim();
  });
  print(row(name, ...cells, ratio(name).toFixed(2), budget));
}

function of(figures: Figures, row: string): number {
  return median(figures.get(row) ?? []);
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(34) + cells.map((cell) => cell.padStart(12)).join("");
}
