/**
 * What a process has used, on Linux.
 *
 * @module
 */

/** Clock ticks of `/proc` are hundredths of a second wherever Deno runs. */
const TICK = 10;

/** The CPU time of a process so far, of all its threads, in ms. */
export function cpuTime(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The fields before are the id and the name, which may have spaces in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** The memory of a process in bytes: resident now, or the most that it ever was. */
export function memory(pid: number, what: "now" | "peak"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const [, kilobytes] = new RegExp(`^${what === "now" ? "VmRSS" : "VmHWM"}:\\s+(\\d+) kB`, "m").exec(status) ?? [];
  return Number(kilobytes) * 1024;
}
