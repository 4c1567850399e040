/**
 * Packs an executable with licence and README: `deno run -A scripts/archive.ts --target TARGET`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { executableName, PROGRAM } from "./support/executable.ts";

const ROOT = new URL("..", import.meta.url);

const { values: { target } } = parseArgs({ args: Deno.args, options: { target: { type: "string" } } });
if (target === undefined) throw new Error("Say for which target: --target TARGET");

const windows = target.includes("windows");
const staging = await Deno.makeTempDir();
try {
  const program = windows ? `${PROGRAM}.exe` : PROGRAM;
  await Deno.copyFile(new URL(`dist/${executableName(target)}`, ROOT), `${staging}/${program}`);
  await Deno.chmod(`${staging}/${program}`, 0o755).catch(() => {}); // Windows has no such thing
  for (const name of ["LICENSE", "README.md"]) await Deno.copyFile(new URL(name, ROOT), `${staging}/${name}`);
  const directory = new URL("dist/archives/", ROOT);
  await Deno.mkdir(directory, { recursive: true });
  const archive = `${PROGRAM}-${target}${windows ? ".zip" : ".tar.gz"}`;
  await tar(["-a", "-cf", archive, "-C", staging, program, "LICENSE", "README.md"], directory);
} finally {
  await Deno.remove(staging, { recursive: true });
}

/** Windows has a tar that knows zip, behind others in PATH that do not. */
async function tar(args: readonly string[], cwd: URL): Promise<void> {
  const program = Deno.build.os === "windows" ? `${Deno.env.get("SystemRoot")}\\System32\\tar.exe` : "tar";
  const { success } = await new Deno.Command(program, { args: [...args], cwd }).spawn().status;
  if (!success) throw new Error(`tar ${args.join(" ")} has failed`);
}
