/**
 * Size, start-up time and memory of the executable: `deno task measure [EXECUTABLE] [--rounds COUNT]`.
 *
 * The broker runs inside this process, so that nothing but the executable is measured.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { embeddedBroker } from "../tests/support/embedded_broker.ts";
import { Process } from "../tests/support/proxy.ts";
import { executableName } from "./support/executable.ts";
import { median } from "./support/median.ts";
import { residentMemory } from "./support/memory.ts";
import { print } from "./support/print.ts";

const { values, positionals: [executable = `dist/${executableName()}`] } = parseArgs({
  args: Deno.args,
  options: { rounds: { type: "string", default: "10" } },
  allowPositionals: true,
});

await using broker = await embeddedBroker();
const address = ["--broker", broker.url, "--name", "measured", "--log-level", "info"];
const SERVE = ["serve", ...address, "--", executable, "--version"];
const CONNECT = ["connect", ...address];

const version: number[] = [];
const serve: number[] = [];
const connect: number[] = [];
const serveMemory: number[] = [];
const connectMemory: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  version.push(await runTime(["--version"]));
  serve.push(await onlineTime(SERVE, " is online on ", serveMemory));
  connect.push(await onlineTime(CONNECT, "connected to ", connectMemory));
}

const { size } = await Deno.stat(executable);
print(
  `${executable}: medians of ${values.rounds} rounds, ${Deno.build.target}, ${navigator.hardwareConcurrency} cores`,
);
print(`size                                ${(size / 1e6).toFixed(1).padStart(6)} MB`);
print(`size, compressed (gzip)             ${(await compressedSize() / 1e6).toFixed(1).padStart(6)} MB`);
print(`--version, start to end             ${median(version).toFixed(0).padStart(6)} ms`);
print(`serve, start to online              ${median(serve).toFixed(0).padStart(6)} ms`);
print(`connect, start to connected         ${median(connect).toFixed(0).padStart(6)} ms`);
print(`serve, online, resident memory      ${median(serveMemory).toFixed(0).padStart(6)} MB`);
print(`connect, connected, resident memory ${median(connectMemory).toFixed(0).padStart(6)} MB`);

/** In bytes: what a download takes. */
async function compressedSize(): Promise<number> {
  const { readable } = await Deno.open(executable);
  let bytes = 0;
  for await (const chunk of readable.pipeThrough(new CompressionStream("gzip"))) bytes += chunk.length;
  return bytes;
}

/** From the start of a process to its end, in ms. */
async function runTime(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const { success } = await new Deno.Command(executable, { args: [...args], stdout: "null" }).output();
  if (!success) throw new Error(`${executable} ${args.join(" ")} has failed`);
  return performance.now() - started;
}

/** From the start of a process to the line of its log that has `words` in it, in ms. */
async function onlineTime(args: readonly string[], words: string, memory: number[]): Promise<number> {
  const started = performance.now();
  await using process = new Process([executable, ...args]);
  await process.errors.find((line) => line.includes(words));
  const time = performance.now() - started;
  memory.push(await residentMemory(process.pid) / 1e6);
  return time;
}
