/**
 * What the bridge takes while nothing happens, and for sessions that say nothing.
 *
 * @module
 */
import { mqttClientTransport } from "../../mod.ts";
import { cpuTime, memory } from "../../tests/support/usage.ts";
import type { Party } from "./parties.ts";

/** How long nothing happens, in ms. */
const IDLE = 10_000;
/** When a process that has grown and is idle has collected its garbage, at the latest, in ms. That is no idle time. */
const COLLECTED = 10_000;
/** How long the end of sessions may take, in ms. */
const AFTERMATH = 2_000;
const SESSIONS = 50;

/** The CPU time that `connect` and `serve` take together while nobody says anything, in ms for each second. */
export async function idleUsage(start: () => Promise<Party>, serve: number): Promise<number> {
  await using party = await start();
  await party.call();
  const pids = [serve, ...(party.pid === undefined ? [] : [party.pid])];
  await new Promise((resolve) => setTimeout(resolve, COLLECTED));
  const before = pids.map(cpuTime);
  await new Promise((resolve) => setTimeout(resolve, IDLE));
  return pids.reduce((sum, pid, index) => sum + cpuTime(pid) - (before[index] ?? 0), 0) / (IDLE / 1000);
}

/** What one more session takes in `serve`, its own process not counted, and what `serve` has after 100, in MB. */
export async function sessionMemory(
  broker: string,
  name: string,
  serve: number,
): Promise<{ readonly each: number; readonly afterwards: number }> {
  const open = () => Promise.all(Array.from({ length: SESSIONS }, () => openSession(broker, name)));
  const first = await open();
  const before = memory(serve, "now");
  const second = await open(); // the first ones have paid for what all of them need
  const after = memory(serve, "now");
  for (const transport of [...first, ...second]) await transport.close();
  await new Promise((resolve) => setTimeout(resolve, AFTERMATH));
  return { each: (after - before) / SESSIONS / 1e6, afterwards: memory(serve, "now") / 1e6 };
}

async function openSession(broker: string, name: string): Promise<ReturnType<typeof mqttClientTransport>> {
  const transport = mqttClientTransport({ broker, name, profile: "request-response" });
  const answered = Promise.withResolvers<void>();
  transport.onmessage = () => answered.resolve();
  await transport.start();
  await transport.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  await answered.promise;
  return transport;
}
