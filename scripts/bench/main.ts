/**
 * How fast the bridge is, beside plain stdio, a bare byte pump and plain MQTT:
 *
 *     deno task bench [--rounds 8] [--quick] [--executable dist/mcp-mqtt-proxy] [--gateway] [--sealed]
 *                     [--json FILE] [--compare FILE]
 *     deno task bench --fleet [--executable dist/mcp-mqtt-proxy] [--sizes 10,1000]
 *
 * The SDK's client calls the same small server directly and through `connect`, mosquitto with its default settings and
 * `serve`; MQTT.js calls an echo of itself. In every round everybody is measured in turn, so that whatever else the
 * machine does is shared; ratios are those of one round.
 *
 * `--sealed` measures bridge and sealed sessions alone, one beside the other.
 *
 * `--quick` measures direct and bridge alone, in one short round. `--gateway` measures supergateway and mcp-remote too,
 * which npx installs. `--fleet` measures `gateway` alone, with fleets of different sizes. `--json` keeps the figures, and
 * `--compare` shows what has changed since.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { mosquitto } from "../../tests/support/mosquitto.ts";
import { freePort } from "../../tests/support/net.ts";
import { Process, PROXY_COMMAND } from "../../tests/support/proxy.ts";
import { eventually } from "../../tests/support/wait.ts";
import { V8_FLAG } from "../support/executable.ts";
import { print } from "../support/print.ts";
import { Figures } from "./figures.ts";
import { measure } from "./measurements.ts";
import { echoParty, type Party, sibling, stdioParty } from "./parties.ts";
import {
  IDLE_CPU,
  MEMORY_AFTER_SESSIONS,
  ONE_MORE_SESSION,
  printComparison,
  printFigures,
  printGoals,
} from "./report.ts";
import { idleUsage, sessionMemory } from "./resting.ts";
import { measurePrimitives, sealingOptions } from "./sealing.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    gateway: { type: "boolean", default: false },
    sealed: { type: "boolean", default: false },
    fleet: { type: "boolean", default: false },
    sizes: { type: "string" },
    executable: { type: "string" },
    json: { type: "string" },
    compare: { type: "string" },
  },
});
/** `deno run`, as the executable is compiled. */
const [DENO = "", RUN = "", ...MAIN] = PROXY_COMMAND;
const PROXY = values.executable === undefined
  ? [DENO, RUN, V8_FLAG, ...MAIN]
  : values.executable.endsWith(".js")
  ? [DENO, RUN, V8_FLAG, "-A", values.executable]
  : [values.executable];
const PUMP = [DENO, RUN, V8_FLAG, "-A", sibling("pump.ts")];
const SERVER = ["node", sibling("echo_server.mjs")];
const ROUNDS = Number(values.rounds ?? (values.quick ? 1 : 8));
const DURATION = values.quick
  ? { phase: 700, largeCalls: 8, slowCalls: 10 }
  : { phase: 2_000, largeCalls: 12, slowCalls: 20 };

/** Somebody to be measured, and the processes at work besides the one that is started. */
interface Candidate {
  readonly start: () => Promise<Party>;
  /** What the process is called that is started. */
  readonly own?: string;
  readonly others?: Readonly<Record<string, number>>;
}

if (values.fleet) {
  const { benchFleet } = await import("./fleet.ts");
  await benchFleet(PROXY, values.sizes?.split(",").map(Number));
  Deno.exit();
}

await using broker = await mosquitto();
await using serve = await startServe("bench");
const quick: Readonly<Record<string, Candidate>> = {
  direct: { start: () => stdioParty(SERVER), own: "server" },
  bridge: {
    start: () => connectTo("bench"),
    own: "connect",
    others: { serve: serve.pid, mosquitto: broker.pid },
  },
};
await using others = new AsyncDisposableStack();
const candidates = values.sealed
  ? { ...quick, sealed: await sealed() }
  : values.quick
  ? quick
  : { ...quick, ...await furtherCandidates() };

const figures = new Figures();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, { start, own, others }] of inTurn(Object.entries(candidates), round)) {
    await using party = await start();
    const processes = { ...(own === undefined || party.pid === undefined ? {} : { [own]: party.pid }), ...others };
    await measure(party, DURATION, processes, (row, value) => figures.note(name, row, value));
  }
}
if (values.sealed) {
  for (let round = 0; round < ROUNDS; round++) measurePrimitives(figures);
} else if (!values.quick) {
  figures.note("bridge", IDLE_CPU, await idleUsage(() => connectTo("bench"), serve.pid));
  const sessions = await sessionMemory(broker.url, "bench", serve.pid);
  figures.note("bridge", ONE_MORE_SESSION, sessions.each);
  figures.note("bridge", MEMORY_AFTER_SESSIONS, sessions.afterwards);
}

print(
  `${ROUNDS} rounds; ${Deno.build.target}, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}, ${
    values.executable ?? "main.ts"
  }\n`,
);
printFigures(figures);
printGoals(figures);
if (values.compare !== undefined) {
  printComparison(figures, new Figures(JSON.parse(await Deno.readTextFile(values.compare))));
}
if (values.json !== undefined) await Deno.writeTextFile(values.json, JSON.stringify(figures.rounds, undefined, 2));

/** Another one comes first in each round, and nobody always behind the same one. */
function inTurn<T>(all: readonly T[], round: number): T[] {
  const first = round % all.length;
  const order = [...all.slice(first), ...all.slice(0, first)];
  return round % 2 === 0 ? order : order.reverse();
}

/** The bridge with keys at both ends. */
async function sealed(): Promise<Candidate> {
  const { serve, connect } = others.use(await sealingOptions());
  const server = others.use(await startServe("sealed", ...serve));
  return {
    start: () => connectTo("sealed", ...connect),
    own: "connect",
    others: { serve: server.pid, mosquitto: broker.pid },
  };
}

async function furtherCandidates(): Promise<Record<string, Candidate>> {
  others.use(await startServe("prewarmed", "--prewarm", "1"));
  others.use(await startServe("open", "--profile", "mcp-over-mqtt"));
  const pump = others.use(new Process([...PUMP, "serve", broker.url, "bench", "--", ...SERVER]));
  await pump.errors.find((line) => line === "ready");
  return {
    prewarmed: { start: () => connectTo("prewarmed") },
    "open convention": { start: () => connectTo("open", "--profile", "mcp-over-mqtt") },
    pump: {
      start: () => stdioParty([...PUMP, "connect", broker.url, "bench"]),
      own: "connect",
      others: { serve: pump.pid, mosquitto: broker.pid },
    },
    "echo QoS 0": { start: () => echoParty(broker.url, 0) },
    "echo QoS 1": { start: () => echoParty(broker.url, 1) },
    ...(values.gateway ? { "supergateway": await gateway() } : {}),
  };
}

/** The usual way without a broker: HTTP, by two programs that npx installs. */
async function gateway(): Promise<Candidate> {
  const port = freePort();
  const server = ["npx", "-y", "supergateway", "--stdio", SERVER.join(" "), "--outputTransport", "streamableHttp"];
  others.use(new Process([...server, "--stateful", "--port", String(port)]));
  await eventually("supergateway listens", () => listens(port), 120_000);
  return { start: () => stdioParty(["npx", "-y", "mcp-remote", `http://127.0.0.1:${port}/mcp`, "--silent"]) };
}

async function listens(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ port });
    return true;
  } catch {
    return false;
  }
}

function connectTo(name: string, ...options: readonly string[]): Promise<Party> {
  return stdioParty([...PROXY, "connect", "--broker", broker.url, "--name", name, ...options]);
}

async function startServe(name: string, ...options: readonly string[]): Promise<Process> {
  const settings = ["--broker", broker.url, "--name", name, "--max-sessions", "200", "--log-level", "info"];
  const process = new Process([...PROXY, "serve", ...settings, ...options, "--", ...SERVER]);
  await process.errors.find((line) => line.includes(" is online on "));
  return process;
}
