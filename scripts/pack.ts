/**
 * Makes the packages of a release, in dist/packages/:
 * `deno task pack [--all | --target TARGET…] [--kind KIND…] [--executables DIRECTORY] [--output DIRECTORY]`.
 *
 * Without `--executables` the executables are made first. npm has to be there, for deb and rpm also Go.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { packArchive } from "./packages/archive.ts";
import { packLinux } from "./packages/linux.ts";
import { packBundles } from "./packages/mcpb.ts";
import { packLauncher, packPlatform } from "./packages/npm.ts";
import type { Target } from "./packages/targets.ts";
import { executableName, ROOT, TARGETS } from "./support/executable.ts";
import { print } from "./support/print.ts";
import { run } from "./support/run.ts";

/** What packs an executable for one system. */
const PACKERS: Readonly<Record<string, (target: Target, executable: string, output: string) => Promise<void>>> = {
  archive: packArchive,
  npm: packPlatform,
  linux: packLinux,
  mcpb: packBundles,
};

const { values } = parseArgs({
  args: Deno.args,
  options: {
    all: { type: "boolean", default: false },
    target: { type: "string", multiple: true, default: [Deno.build.target] },
    kind: { type: "string", multiple: true, default: Object.keys(PACKERS) },
    executables: { type: "string" },
    output: { type: "string", default: "dist/packages" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  print(
    "Usage: deno task pack [--all | --target TARGET...] [--kind KIND...] [--executables DIRECTORY] [--output DIRECTORY]\n" +
      `Targets: ${TARGETS.join(", ")}\nKinds: ${Object.keys(PACKERS).join(", ")}`,
  );
} else {
  await pack(values.all ? TARGETS : values.target.map(targetNamed));
}

async function pack(targets: readonly Target[]): Promise<void> {
  const executables = values.executables ?? `${ROOT}dist`;
  if (values.executables === undefined) {
    const wanted = targets.flatMap((target) => ["--target", target]);
    await run([Deno.execPath(), "run", "-A", `${ROOT}scripts/compile.ts`, "--output", executables, ...wanted]);
  }
  await Deno.mkdir(values.output, { recursive: true });
  const output = await Deno.realPath(values.output);
  for (const kind of values.kind) {
    const packer = PACKERS[kind];
    if (packer === undefined) throw new Error(`There is no kind "${kind}", only ${Object.keys(PACKERS).join(", ")}`);
    for (const target of targets) await packer(target, `${executables}/${executableName(target)}`, output);
    if (kind === "npm") await packLauncher(targets, output);
  }
  const names = (await Array.fromAsync(Deno.readDir(output), ({ name }) => name)).toSorted();
  for (const name of names) {
    const { size } = await Deno.stat(`${output}/${name}`);
    print(`${`${(size / 1e6).toFixed(1)} MB`.padStart(9)}  ${values.output}/${name}`);
  }
}

function targetNamed(name: string): Target {
  const target = TARGETS.find((target) => target === name);
  if (target === undefined) throw new Error(`There is no target "${name}", only ${TARGETS.join(", ")}`);
  return target;
}
