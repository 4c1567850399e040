/**
 * The memory of another process.
 *
 * @module
 */

/** Resident memory of a process, in bytes. */
export async function residentMemory(pid: number): Promise<number> {
  switch (Deno.build.os) {
    case "linux": {
      const status = await Deno.readTextFile(`/proc/${pid}/status`);
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    }
    case "windows":
      return Number(await outputOf("powershell", ["-Command", `(Get-Process -Id ${pid}).WorkingSet64`]));
    default:
      return Number(await outputOf("ps", ["-o", "rss=", "-p", String(pid)])) * 1024;
  }
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args: [...args] }).output();
  return new TextDecoder().decode(stdout);
}
