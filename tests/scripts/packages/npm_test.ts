/**
 * The npm packages, installed by npm from a registry on this machine, with a script in place of the executable.
 *
 * @module
 */
import assert from "node:assert/strict";
import metadata from "../../../deno.json" with { type: "json" };
import { packLauncher, packPlatform } from "../../../scripts/packages/npm.ts";
import { NODE_SYSTEMS, type Target } from "../../../scripts/packages/targets.ts";
import { REGISTRY_NAME } from "../../../scripts/support/identity.ts";
import { manifestOf, NpmRegistry } from "../../support/npm_registry.ts";
import { Process } from "../../support/proxy.ts";

const HERE = Deno.build.target as Target;
/** The scope of the packages with the executables. */
const [SCOPE] = metadata.name.split("/");

const TARGETS = Object.keys(NODE_SYSTEMS) as Target[];

/** Says what it is given, and ends as it is told: `exit CODE`, `die SIGNAL`, or by the signal that it gets. */
const PROGRAM = `#!/bin/sh
case $1 in
  exit) cat; printf '%s\\n' "$@"; echo "$GREETING" >&2; exit "$2" ;;
  die) kill -s "$2" $$ ;;
  wait)
    for signal in INT TERM HUP; do trap "echo SIG$signal; exit 9" $signal; done
    echo ready
    while :; do sleep 0.1; done
    ;;
esac
`;

const hasNpm = await new Deno.Command("npm", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

/** Whether there is somebody to install with, and a system where the script is a program. */
const ignore = !hasNpm || Deno.build.os === "windows";

/** What was packed is in `packed`, what was installed from it in `node_modules`. */
const DIRECTORY = Deno.makeTempDirSync({ prefix: "mcp-mqtt-proxy-npm-" });
globalThis.addEventListener("unload", () => Deno.removeSync(DIRECTORY, { recursive: true }));
if (!ignore) await packAndInstall();

async function packAndInstall(): Promise<void> {
  await Deno.mkdir(`${DIRECTORY}/packed`);
  await Deno.writeTextFile(`${DIRECTORY}/program`, PROGRAM);
  for (const target of TARGETS) await packPlatform(target, `${DIRECTORY}/program`, `${DIRECTORY}/packed`);
  await packLauncher(TARGETS, `${DIRECTORY}/packed`);
  await using registry = await NpmRegistry.start(`${DIRECTORY}/packed`);
  await npm(registry, "install", "mcp-mqtt-proxy");
}

/** Starts a program, as somebody whose registry is `registry`. */
function start(command: readonly string[], registry?: NpmRegistry): Process {
  const env = {
    GREETING: "hello",
    npm_config_registry: registry?.url ?? "http://127.0.0.1:1/",
    npm_config_cache: `${DIRECTORY}/cache`,
    npm_config_update_notifier: "false",
  };
  return new Process(command, { cwd: DIRECTORY, env });
}

/** Starts the installed launcher. */
function launch(...args: readonly string[]): Process {
  return start(["node", `${DIRECTORY}/node_modules/mcp-mqtt-proxy/launcher.cjs`, ...args]);
}

async function npm(registry: NpmRegistry, ...args: readonly string[]): Promise<void> {
  await using process = start(["npm", ...args, "--no-audit", "--no-fund"], registry);
  const { code, err } = await result(process);
  assert.equal(code, 0, err.join("\n"));
}

function npmTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** Runs a process to its end. */
async function result(process: Process): Promise<{ code: number; out: readonly string[]; err: readonly string[] }> {
  const { code } = await process.status;
  await Promise.all([process.output.ended, process.errors.ended]);
  return { code, out: process.output.seen, err: process.errors.seen };
}

npmTest("npm installs the executable for this system, and no other", async () => {
  const { os, cpu: [cpu] } = NODE_SYSTEMS[HERE];
  const names = await Array.fromAsync(Deno.readDir(`${DIRECTORY}/node_modules/${SCOPE}`), ({ name }) => name);
  assert.deepEqual(names, [`mcp-mqtt-proxy-${os}-${cpu}`]);
});

npmTest(
  "the launcher hands over arguments, stdin, stdout, stderr, variables and the exit code",
  async () => {
    await using process = launch("exit", "7", "two words", "", "$HOME", "--");
    await process.send("from stdin");
    await process.closeInput();
    const { code, out, err } = await result(process);
    assert.equal(code, 7);
    assert.deepEqual(out, ["from stdin", "exit", "7", "two words", "", "$HOME", "--"]);
    assert.deepEqual(err, ["hello"]);
  },
);

npmTest("the launcher hands over signals, and dies of the signal that the executable dies of", async () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    await using process = launch("wait");
    assert.equal(await process.output.next(), "ready");
    process.kill(signal);
    assert.equal(await process.output.next(), signal);
    assert.equal((await process.status).code, 9);
  }
  for (const signal of ["TERM", "KILL", "ABRT"]) {
    await using process = launch("die", signal);
    assert.equal((await process.status).signal, `SIG${signal}`);
  }
});

npmTest("npx runs it from a registry, without being asked", async () => {
  await using registry = await NpmRegistry.start(`${DIRECTORY}/packed`);
  await using process = start(["npx", "-y", "mcp-mqtt-proxy@latest", "exit", "4", "word"], registry);
  await process.closeInput();
  const { code, out } = await result(process);
  assert.equal(code, 4);
  assert.deepEqual(out, ["exit", "4", "word"]);
});

npmTest("npm install --global puts the command into PATH", async () => {
  await using registry = await NpmRegistry.start(`${DIRECTORY}/packed`);
  await npm(registry, "install", "--global", `--prefix=${DIRECTORY}/global`, "mcp-mqtt-proxy");
  await using process = start([`${DIRECTORY}/global/bin/mcp-mqtt-proxy`, "exit", "0", "word"]);
  await process.closeInput();
  assert.deepEqual((await result(process)).out, ["exit", "0", "word"]);
});

npmTest("the launcher says what to do when the executable was left out", async () => {
  const alone = `${DIRECTORY}/alone.cjs`;
  await Deno.copyFile(`${DIRECTORY}/node_modules/mcp-mqtt-proxy/launcher.cjs`, alone);
  await Deno.rename(`${DIRECTORY}/node_modules/${SCOPE}`, `${DIRECTORY}/elsewhere`);
  await using process = start(["node", alone, "--version"]);
  const { code, err } = await result(process);
  await Deno.rename(`${DIRECTORY}/elsewhere`, `${DIRECTORY}/node_modules/${SCOPE}`);
  assert.equal(code, 1);
  assert.match(err.join("\n"), /is not installed.*npm install --include=optional mcp-mqtt-proxy/);
});

npmTest("the packages have neither scripts nor dependencies besides the executables", async () => {
  for await (const { name } of Deno.readDir(`${DIRECTORY}/packed`)) {
    const manifest = await manifestOf(`${DIRECTORY}/packed/${name}`);
    assert.equal(manifest.version, metadata.version);
    assert.equal(manifest.scripts, undefined);
    assert.equal(manifest.dependencies, undefined);
    if (manifest.name !== "mcp-mqtt-proxy") continue;
    assert.equal(manifest.mcpName, REGISTRY_NAME);
    assert.equal(Object.keys(Object(manifest.optionalDependencies)).length, TARGETS.length);
  }
});
