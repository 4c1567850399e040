/**
 * Hostile and broken brokers: what becomes of each command on one.
 *
 *     deno run -A tests/faults/hostile/main.ts [--seconds 8] [--parallel 2] [--verbose] [NAME...]
 *
 * For each mode whose name contains one of the names, `serve`, `connect`, `tools`, `list`, `call` and `check` run on a
 * broker of that mode. Prints what each has used and said. Exits with 1 when one was not answered, did not end when it
 * was told to, used more CPU time or memory than it may, wrote too much, or showed an error that is none of ours.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { print } from "../../../scripts/support/print.ts";
import { ECHO } from "../../support/bridge.ts";
import { Process, PROXY_COMMAND } from "../../support/proxy.ts";
import { cpuTime, memory } from "../../support/usage.ts";
import { MODES } from "./modes.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "8" },
    parallel: { type: "string", default: "2" },
    verbose: { type: "boolean", default: false },
  },
});

const BROKER = new URL("broker_process.ts", import.meta.url).pathname;

/** What a command may use on top of what it uses on an honest broker, per second: CPU time in ms. */
const CPU_PER_SECOND = 150;
/** Resident memory at its peak, in MB. */
const MOST_MEMORY = 450;
/** Written to stderr, in bytes. */
const MOST_WORDS = 16_000;
/** How long everything may take to be answered, in ms: the machine may have other things to do. */
const ANSWER_TIMEOUT = 45_000;
/** How long a command may take to end after SIGTERM, in ms. */
const END_TIMEOUT = 15_000;
/** In seconds. */
const CONNECT_TIMEOUT = 4;
/** Texts that nobody of ours has written. */
const FOREIGN = /Uncaught|\bat (file|ext|node):|(Range|Type|Reference|Syntax)Error|Maximum call stack|heap/;
/** Characters that would move a cursor. */
// deno-lint-ignore no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** What has become of one command. */
interface Outcome {
  readonly command: string;
  readonly cpu: number;
  readonly peak: number;
  readonly words: number;
  readonly exit: string;
  /** Its first sentence, or what the host was told. */
  readonly said: string;
  readonly faults: readonly string[];
}

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "host", version: "1" } },
};

/** What has become of all commands on one broker. */
interface Result {
  readonly outcomes: readonly Outcome[];
  readonly connections: number;
  /** In seconds. */
  readonly lasted: number;
}

/** The commands, and the requests that a host makes of them; each has to be answered. */
function commands(port: number): { args: string[]; env?: Record<string, string>; requests: unknown[] }[] {
  const url = ["--broker", `mqtt://127.0.0.1:${port}`];
  const connectTimeout = ["--connect-timeout", String(CONNECT_TIMEOUT)];
  const env = { MQTT_BROKER: "127.0.0.1", MQTT_PORT: String(port) };
  const tool = (id: number, name: string, args: unknown) => (
    { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } }
  );
  return [
    { args: ["serve", ...url, "--name", "echo", "--", ...ECHO], requests: [] },
    {
      args: ["connect", ...url, "--name", "echo", ...connectTimeout, "--timeout", "4"],
      requests: [INITIALIZE, { jsonrpc: "2.0", id: 1, method: "ping" }, {
        jsonrpc: "2.0",
        id: 2,
        method: "tools/list",
      }],
    },
    {
      args: ["tools", "--insecure", ...connectTimeout],
      env,
      requests: [
        INITIALIZE,
        tool(1, "subscribe", { topic: "#", timeout: 1 }),
        tool(2, "publish", { topic: "a", message: "b", qos: 1 }),
        tool(3, "get_retained", { topic: "mcp/#", timeout: 2 }),
      ],
    },
    { args: ["list", ...url], requests: [] },
    { args: ["call", "echo", ...url, ...connectTimeout, "--timeout", "4"], requests: [] },
    { args: ["check", ...url, "--name", "echo"], requests: [] },
  ];
}

/** Waits `duration` ms: for what a broker does by itself, there is nothing else to wait for. */
function wait(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

async function run(name: string, seconds: number): Promise<Result> {
  // In a process of its own: while it floods, it does nothing else.
  await using broker = new Process([Deno.execPath(), "run", "-A", BROKER, name]);
  const port = Number(await broker.output.next());
  const running = commands(port).map(({ args, env, requests }) => ({
    command: args[0] ?? "",
    process: new Process([...PROXY_COMMAND, ...args], env === undefined ? {} : { env }),
    requests,
  }));
  for (const { process, requests } of running) {
    for (const request of requests) await process.send(request).catch(() => {});
  }
  const usage = new Map<string, { cpu: number; peak: number }>();
  const begun = performance.now();
  const answered = () => running.every(({ process, requests }) => process.output.seen.length >= requests.length);
  while (performance.now() < begun + seconds * 1000 || !answered() && performance.now() < begun + ANSWER_TIMEOUT) {
    await wait(200);
    for (const { command, process } of running) {
      try {
        usage.set(command, { cpu: cpuTime(process.pid), peak: Math.round(memory(process.pid, "peak") / 1e6) });
      } catch {
        // It has ended.
      }
    }
  }
  const outcomes = await Promise.all(running.map(async ({ command, process, requests }): Promise<Outcome> => {
    const faults: string[] = [];
    let ended = false;
    void process.status.then(() => ended = true);
    await wait(0);
    const lasted = !ended;
    const answers = process.output.seen.flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        if (requests.length > 0) faults.push(`STDOUT: ${line.slice(0, 60)}`);
        return [];
      }
    });
    for (const [id] of requests.entries()) {
      const count = answers.filter((answer) => answer.id === id && answer.method === undefined).length;
      if (count !== 1) faults.push(`request ${id} has ${count} answers`);
    }
    process.kill("SIGTERM");
    const late = setTimeout(() => {
      faults.push("DOES NOT END");
      process.kill("SIGKILL");
    }, END_TIMEOUT);
    const { code, signal } = await process.status;
    clearTimeout(late);
    await process[Symbol.asyncDispose]();
    const text = process.errors.seen.join("\n");
    const { cpu = 0, peak = 0 } = usage.get(command) ?? {};
    const words = new TextEncoder().encode(text).length;
    if (FOREIGN.test(text)) faults.push(`FOREIGN TEXT: ${FOREIGN.exec(text)?.[0]}`);
    // What a host gets is JSON, in which a payload may be anything.
    const shown = requests.length > 0 ? text : `${text}\n${process.output.seen.join("\n")}`;
    if (CONTROL.test(shown)) faults.push("CONTROL CHARACTERS");
    if (words > MOST_WORDS) faults.push(`${words} BYTES ON STDERR`);
    if (peak > MOST_MEMORY) faults.push(`${peak} MB`);
    const told = answers.find(({ error, result }) => error !== undefined || result?.isError === true);
    const said = told?.error?.message ?? told?.result?.content?.[0]?.text ?? process.errors.seen[0] ??
      (process.output.seen[0] ?? "").slice(0, 100);
    if (values.verbose) {
      print(`--- ${command}\n${text.slice(0, 3000)}\n${process.output.seen.join("\n").slice(0, 1500)}`);
    }
    return { command, cpu, peak, words, exit: `${lasted ? "lasted " : ""}${signal ?? code}`, said, faults };
  }));
  return { outcomes, connections: broker.output.seen.length - 1, lasted: (performance.now() - begun) / 1000 };
}

const seconds = Number(values.seconds);
const usual = await run("honest", seconds);
const usualCpu = new Map(usual.outcomes.map(({ command, cpu }) => [command, cpu]));
let good = report("honest", usual);
const modes = MODES.slice(1).map(({ name }) => name).filter((name) =>
  positionals.length === 0 || positionals.some((part) => name.includes(part))
);
await Promise.all(Array.from({ length: Number(values.parallel) }, async () => {
  for (let mode = modes.shift(); mode !== undefined; mode = modes.shift()) {
    good = report(mode, await run(mode, seconds)) && good;
  }
}));
print(good ? "all is well" : "SOMETHING IS WRONG");
Deno.exit(good ? 0 : 1);

function report(name: string, { outcomes, connections, lasted }: Result): boolean {
  print(`${name}: ${connections} connections`);
  let good = true;
  for (const { command, cpu, peak, words, exit, said, faults } of outcomes) {
    const more = cpu - (usualCpu.get(command) ?? cpu);
    const all = more > CPU_PER_SECOND * lasted ? [...faults, `${more} ms OF CPU`] : faults;
    good &&= all.length === 0;
    const cells = [command.padEnd(8), `${cpu} ms`.padStart(8), `${peak} MB`.padStart(7), `${words} B`.padStart(8)];
    print(`  ${cells.join(" ")}  ${exit.padEnd(14)} ${said.slice(0, 230)}`);
    for (const fault of all) print(`           !! ${fault}`);
  }
  return good;
}
