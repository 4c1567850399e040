/**
 * An honest client beside an attacker: does it see an error, and how much longer does it wait?
 *
 *     deno run -A tests/faults/attacks.ts [--seconds 10] [NAME...]
 *
 * For each attacker of `attackers.ts`, a host makes 20 calls a second through `connect`, mosquitto and `serve`, at first
 * alone. Prints its latency in both times, and what `serve` has used meanwhile. The figures mean something only where
 * nothing else runs; the first attacker does nothing. Exits with 1 when a call got an error or no answer, when the median
 * has more than doubled, or when `serve` has said too much.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { print } from "../../scripts/support/print.ts";
import { type Bridge, bridge, initialize } from "../support/bridge.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { freePort } from "../support/net.ts";
import { Process } from "../support/proxy.ts";
import { cpuTime, memory } from "../support/usage.ts";
import { ATTACKERS } from "./attackers.ts";
import { wait } from "./world.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { seconds: { type: "string", default: "10" } },
});

/** Between two calls, in ms. */
const PACE = 50;
/** How long an answer may take, in ms. */
const ANSWER_TIMEOUT = 20_000;
const MOST_WORDS = 16_000;
const PROGRAM = new URL("attackers.ts", import.meta.url).pathname;

/** What became of the calls in a while. */
interface Experience {
  readonly median: number;
  readonly p99: number;
  readonly failed: readonly string[];
}

/** Calls at a steady pace, whether the answers come or not. */
async function experience(ends: Bridge, seconds: number, first: number): Promise<Experience> {
  const asked = new Map<number, number>();
  const latencies: number[] = [];
  const failed: string[] = [];
  const { output } = ends.host;
  const read = (line: string) => {
    const { id, method, error } = JSON.parse(line);
    const since = asked.get(id);
    if (method !== undefined || since === undefined) return;
    asked.delete(id);
    latencies.push(performance.now() - since);
    if (error !== undefined) failed.push(error.message);
  };
  const end = performance.now() + seconds * 1000;
  let deadline = end + ANSWER_TIMEOUT;
  const reading = (async () => {
    while (performance.now() < end || asked.size > 0 && performance.now() < deadline) {
      const line = await output.next(PACE).catch(() => undefined);
      if (line !== undefined) read(line);
    }
  })();
  for (let id = first; performance.now() < end; id++) {
    asked.set(id, performance.now());
    await ends.host.send({ jsonrpc: "2.0", id, method: "ping" });
    await wait(PACE);
  }
  deadline = performance.now() + ANSWER_TIMEOUT;
  await reading;
  for (const id of asked.keys()) failed.push(`${id} was not answered`);
  latencies.sort((a, b) => a - b);
  const at = (part: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? Infinity;
  return { median: at(0.5), p99: at(0.99), failed };
}

async function run(name: string, seconds: number): Promise<boolean> {
  const status = freePort();
  await using broker = await mosquitto();
  await using ends = await bridge(broker, {
    serve: ["--client-id", "honest-server", "--status", `127.0.0.1:${status}`],
    connect: ["--client-id", "honest", "--profile", "request-response"],
  });
  const pid = await initialize(ends.host);
  await experience(ends, 2, 1_000); // which is compiled then
  const alone = await experience(ends, seconds, 10_000);
  const attacker = new Process([Deno.execPath(), "run", "-A", PROGRAM, name, broker.url, String(status)]);
  await wait(1_000);
  const { pid: serve } = ends.serve;
  const [words, before, brokerBefore] = [ends.serve.errors.seen.length, cpuTime(serve), cpuTime(broker.pid)];
  const start = performance.now();
  const beside = await experience(ends, seconds, 20_000);
  const passed = performance.now() - start;
  const cpu = Math.round((cpuTime(serve) - before) / passed * 100);
  const brokers = Math.round((cpuTime(broker.pid) - brokerBefore) / passed * 100);
  await attacker.closeInput();
  const count = await attacker.output.next(30_000).catch(() => "?");
  attacker.kill("SIGKILL");
  await attacker[Symbol.asyncDispose]();
  await ends.host.send({ jsonrpc: "2.0", id: "who", method: "initialize", params: {} });
  const said = ends.serve.errors.seen.slice(words).filter((line) => !line.includes(" info: ")).join("\n").length;
  const cells = [alone.median, beside.median, alone.p99, beside.p99].map((ms) => ms.toFixed(1));
  const peak = Math.round(memory(serve, "peak") / 1e6);
  print(`| ${[name, count, ...cells, beside.failed.length, cpu, brokers, peak, said].join(" | ")} |`);
  for (const cause of new Set([...alone.failed, ...beside.failed])) print(`    ${cause}`);
  const same = JSON.parse(await ends.host.output.find((line) => line.includes('"who"'))).result?.serverInfo.pid === pid;
  if (!same) print("    the session is another one");
  return alone.failed.length + beside.failed.length === 0 && same && said < MOST_WORDS &&
    beside.median < 2 * alone.median + 1;
}

print(
  "| attacker | its messages | median alone, ms | beside | p99 alone, ms | beside | errors | CPU % | broker % | peak MB | words |",
);
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
let good = true;
for (const name of Object.keys(ATTACKERS)) {
  if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
  good = await run(name, Number(values.seconds)) && good;
}
print(good ? "nobody was bothered" : "SOMEBODY WAS BOTHERED");
Deno.exit(good ? 0 : 1);
