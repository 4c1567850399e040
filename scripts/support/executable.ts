/**
 * The executable: what goes into it, and what it may do.
 *
 * The program is bundled first. `deno compile` alone embeds every npm package that the lockfile knows, whole: the
 * MCP SDK's web servers, the brokers of the tests. A bundle has in it what the program reaches, and starts faster.
 *
 * @module
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import metadata from "../../deno.json" with { type: "json" };

/** The directory of the project. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The systems that executables are made for. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** The name of the program. */
export const PROGRAM = "mcp-mqtt-proxy";

/**
 * The settings of V8, with what was measured:
 * - a young generation of 2 to 4 MB. V8 would begin with less, and collect twice in each start (2 to 4 ms). And it would
 *   let it grow to 32 MB, of which a program that hands messages on makes no use: with 4 MB both ends together take a
 *   quarter less memory, and a message of 1 MB takes half the time
 * - an old generation that is collected when it has grown by three tenths, not when it has doubled, or more. What lives
 *   long here is little, and the rest is buffers: 50 MB less for both ends together
 * - the collector as a global, for an idle process that has grown (`src/cli/idle_collection.ts`)
 * - a function is compiled by Maglev when it has run 30 times, and by TurboFan when it has run 1,500 times, not 400 and
 *   3,000 times. The first calls of a session are faster, one at a time, in pairs: 0.74 ms instead of 1.2, from the
 *   200th to the 500th call
 * - a function need not run 500 times, but 30, after a part of it has seen a new kind of object. That is most of the
 *   gain of the line before
 *
 * With `--no-lazy`, Deno's cache holds all functions compiled. A start from the bundle then takes 10 ms less, alone, but
 * as much as before in the benchmark, and `serve` has 10 to 20 MB more. The executable has no such cache, and takes longer.
 */
export const V8_SETTINGS: readonly string[] = [
  "--min-semi-space-size=2",
  "--max-semi-space-size=4",
  "--heap-growing-percent=30",
  "--expose-gc",
  "--invocation-count-for-maglev=30",
  "--invocation-count-for-turbofan=1500",
  "--minimum-invocations-after-ic-update=30",
];

/** The same as a flag of Deno. */
export const V8_FLAG: string = `--v8-flags=${V8_SETTINGS.join()}`;

/** The permissions of the executable as flags of `deno compile`: those of the set `executable` in `deno.json`. */
export function permissionFlags(): string[] {
  return Object.entries(metadata.permissions.executable)
    .map(([kind, granted]) => Array.isArray(granted) ? `--allow-${kind}=${granted.join(",")}` : `--allow-${kind}`);
}

/** The file name of an executable for `target`; of the one for this system without. */
export function executableName(target?: string): string {
  const windows = target === undefined ? Deno.build.os === "windows" : target.includes("windows");
  return `${PROGRAM}${target === undefined ? "" : `-${target}`}${windows ? ".exe" : ""}`;
}

/** The file name of the program where it is installed. */
export function programName(target: string): string {
  return target.includes("windows") ? `${PROGRAM}.exe` : PROGRAM;
}

/**
 * Puts everything that the program reaches into a few files of JavaScript, one for each command that is loaded lazily.
 *
 * @returns the entry point
 */
export async function bundle(directory: string): Promise<string> {
  // Not minified: Deno 2.9's bundler finds the places where CommonJS modules are loaded by their spelling.
  await deno(["bundle", "--quiet", "--platform=deno", "--code-splitting", `--outdir=${directory}`, "main.ts"]);
  await requireLazily(directory);
  await hideCommands(directory);
  return `${directory}/main.js`;
}

/** What the bundler puts where CommonJS modules are, which only a few commands need. It loads much of Node at once. */
const REQUIRE = /^import \{ createRequire as (\w+) \} from "node:module";\nvar __require = \1\(import\.meta\.url\);$/m;

/** Measured: 15 ms of every start. */
function requireLazily(directory: string): Promise<void> {
  const lazy =
    'var __require = (name) => process.getBuiltinModule("node:module").createRequire(import.meta.url)(name);';
  return rewrite(directory, REQUIRE, () => lazy);
}

/** Where a command is loaded: its declaration, what it does, or the help about all of them. */
const COMMAND_IMPORT = /\bimport\("(\.\/(?:command|action|help)-\w+\.js)"\)/g;

/**
 * Deno reads every module that an `import()` names before it runs the first one, and a command needs none of the others.
 * So it is not shown their names. Measured: 14 ms of every start of the bundle.
 */
function hideCommands(directory: string): Promise<void> {
  return rewrite(directory, COMMAND_IMPORT, (_, path) => `import(new URL("${path}", import.meta.url).href)`);
}

/** Replaces `pattern` in the files of the bundle. */
async function rewrite(directory: string, pattern: RegExp, by: (...match: string[]) => string): Promise<void> {
  let found = false;
  for await (const { name } of Deno.readDir(directory)) {
    const file = `${directory}/${name}`;
    const text = await Deno.readTextFile(file);
    const rewritten = text.replace(pattern, by);
    if (rewritten === text) continue;
    found = true;
    await Deno.writeTextFile(file, rewritten);
  }
  if (!found) throw new Error(`Deno's bundler writes something else than this script knows: ${pattern}`);
}

/** Makes an executable of a bundle. `DENORT_BIN` names the runtime to put it on, as for `deno compile` itself. */
export async function compile(entryPoint: string, output: string, target?: string): Promise<void> {
  if (Deno.env.has("DENORT_BIN") && target !== undefined && target !== Deno.build.target) {
    throw new Error(`DENORT_BIN is a runtime for ${Deno.build.target}: unset it to compile for ${target}`);
  }
  await deno([
    "compile",
    "--quiet",
    "--no-check",
    "--no-config", // a bundle needs no packages, and so must not get any
    "--no-npm",
    "--no-remote",
    // It would be read from a file of a well-known name in the directory for temporary files, and run, whoever wrote it.
    "--no-code-cache",
    V8_FLAG,
    "--no-prompt", // whoever sits at a terminal is not the one to ask, and a question would garble stdio
    ...permissionFlags(),
    ...(target === undefined ? [] : [`--target=${target}`]),
    `--include=${dirname(entryPoint)}`, // the commands, too
    `--output=${output}`,
    entryPoint,
  ]);
}

/** Makes sure that the executable is the program, and not the runtime alone. */
export async function assertRuns(executable: string): Promise<void> {
  const { stdout } = await new Deno.Command(executable, { args: ["--version"], stdin: "null" }).output();
  const version = new TextDecoder().decode(stdout).trim();
  if (version === metadata.version) return;
  throw new Error(
    `${executable} --version says ${JSON.stringify(version)}, not "${metadata.version}": ` +
      `is DENORT_BIN the runtime of Deno ${Deno.version.deno}?`,
  );
}

/** Runs the Deno that runs this. */
async function deno(args: readonly string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    // Where packages come from a mirror, the certificates of the system may be the ones that vouch for it.
    env: { DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system", NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const { success, stderr } = await command.output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).split("\nStack backtrace:")[0];
  throw new Error(`deno ${args[0]} has failed:\n${said}`);
}
