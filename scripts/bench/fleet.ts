/**
 * What a gateway takes for fleets of different sizes: `deno task bench --fleet`.
 *
 * The servers are simulated, all in this process and on eight connections; mosquitto and the gateway are real. So what
 * the servers take is not what is measured, but they share the machine with it.
 *
 * @module
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ordinaryMembers, simulatedFleet } from "../../tests/support/fleet/simulated_fleet.ts";
import { mosquitto } from "../../tests/support/mosquitto.ts";
import { cpuTime, memory } from "../../tests/support/usage.ts";
import { print } from "../support/print.ts";

/** Fleets that are measured, in servers. */
const SIZES: readonly number[] = [10, 100, 1_000, 3_000];

/** How long what a start or a call leaves to do may take, and how long nothing happens then, in ms. */
const AFTERMATH = 10_000;
const IDLE = 5_000;

/** What a gateway takes for one fleet. */
interface FleetFigures {
  readonly servers: number;
  /** From the start of the process to the answer, in ms. */
  readonly firstList: number;
  /** The CPU time that it took, in ms. */
  readonly firstListCpu: number;
  /** In bytes, with all servers known and none used. */
  readonly memory: number;
  /** In ms of CPU time for each second. */
  readonly idle: number;
  /** One call on every server of the profile `request-response`, in ms. */
  readonly callMany: number;
  /** The CPU time that it took the gateway, in ms. */
  readonly callManyCpu: number;
  readonly called: number;
  readonly answered: number;
  /** In bytes, with a session with each of those servers. */
  readonly memoryUsed: number;
}

/** Measures all sizes, and prints what came of it. */
export async function benchFleet(gateway: readonly string[], sizes = SIZES): Promise<void> {
  const all: FleetFigures[] = [];
  for (const size of sizes) all.push(await measureFleet(gateway, size));
  printTable(all);
  printGoals(all);
}

async function measureFleet([command = "", ...args]: readonly string[], servers: number): Promise<FleetFigures> {
  await using broker = await mosquitto();
  const members = await ordinaryMembers(servers);
  await using _fleet = await simulatedFleet(broker.url, members);
  const options = ["gateway", "--broker", broker.url, "--mode", "search"];
  const transport = new StdioClientTransport({
    command,
    args: [...args, ...options],
    env: Deno.env.toObject(),
    stderr: "inherit",
  });
  const client = new Client({ name: "bench", version: "1" });
  const started = performance.now();
  await client.connect(transport);
  const { tools } = await client.listTools() as { tools: { name: string }[] };
  const firstList = performance.now() - started;
  if (!tools.some(({ name }) => name === "call_many")) throw new Error("the gateway does not offer call_many");
  const pid = transport.pid ?? 0;
  const firstListCpu = cpuTime(pid);
  await pause(AFTERMATH);
  const known = memory(pid, "now");
  const before = cpuTime(pid);
  await pause(IDLE);
  const idle = (cpuTime(pid) - before) / (IDLE / 1_000);
  const beforeCalls = cpuTime(pid);
  const called = members.filter(({ profile }) => profile === "request-response").length;
  const asked = performance.now();
  const answer = await client.callTool(
    { name: "call_many", arguments: { names: "plant/#", tool: "status", timeout: 300 } },
    undefined,
    { timeout: 400_000 },
  );
  const callMany = performance.now() - asked;
  const callManyCpu = cpuTime(pid) - beforeCalls;
  const { results } = answer.structuredContent as { results: { result?: unknown }[] };
  const answered = results.filter(({ result }) => result !== undefined).length;
  await pause(AFTERMATH);
  const memoryUsed = memory(pid, "now");
  await client.close();
  return {
    servers,
    firstList,
    firstListCpu,
    memory: known,
    idle,
    callMany,
    callManyCpu,
    called,
    answered,
    memoryUsed,
  };
}

function printTable(all: readonly FleetFigures[]): void {
  const row = (what: string, value: (figures: FleetFigures, index: number) => string) =>
    print(what.padEnd(52) + all.map((figures, index) => value(figures, index).padStart(12)).join(""));
  row("servers", ({ servers }) => String(servers));
  row("first tools/list after the start, ms", ({ firstList }) => firstList.toFixed(0));
  row("  CPU time, ms", ({ firstListCpu }) => firstListCpu.toFixed(0));
  row("memory, none used, MB", ({ memory }) => (memory / 1e6).toFixed(1));
  row("  for each further server, kB", (figures, index) => growth(figures, all[index - 1], "memory"));
  row("idle CPU, ms a second", ({ idle }) => idle.toFixed(1));
  row("call_many, ms", ({ callMany }) => callMany.toFixed(0));
  row("  CPU time, ms", ({ callManyCpu }) => callManyCpu.toFixed(0));
  row("  answers, of servers called", ({ answered, called }) => `${answered}/${called}`);
  row("memory, all of these used, MB", ({ memoryUsed }) => (memoryUsed / 1e6).toFixed(1));
  row("  for each further server, kB", (figures, index) => growth(figures, all[index - 1], "memoryUsed"));
}

function growth(now: FleetFigures, before: FleetFigures | undefined, what: "memory" | "memoryUsed"): string {
  if (before === undefined) return "";
  return ((now[what] - before[what]) / (now.servers - before.servers) / 1e3).toFixed(1);
}

/** What a gateway is to reach with a thousand servers. */
function printGoals(all: readonly FleetFigures[]): void {
  const index = all.findIndex(({ servers }) => servers === 1_000);
  const figures = all[index];
  if (figures === undefined) return;
  const [smallest] = all;
  const each = smallest === undefined || index === 0
    ? NaN
    : (figures.memory - smallest.memory) / (figures.servers - smallest.servers);
  const goals: readonly [what: string, value: number, most: number][] = [
    ["first tools/list, s", figures.firstList / 1_000, 2],
    ["memory, MB", figures.memory / 1e6, 150],
    ["idle CPU, ms a second", figures.idle, 1],
    ["call_many, s", figures.callMany / 1_000, 10],
    ["memory for each further server, kB", each / 1e3, 20],
  ];
  print("\ngoals with 1,000 servers");
  for (const [what, value, most] of goals) {
    print(
      `${what.padEnd(40)}${value.toFixed(1).padEnd(10)}≤ ${String(most).padEnd(8)}${value > most ? "missed" : ""}`
        .trimEnd(),
    );
  }
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
