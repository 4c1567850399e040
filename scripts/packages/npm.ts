/**
 * The npm packages: one for each system, with the executable in it, and one with the launcher that finds it.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };
import { PROGRAM, programName } from "../support/executable.ts";
import { REGISTRY_NAME, REPOSITORY_URL, SUMMARY } from "../support/identity.ts";
import { run } from "../support/run.ts";
import { DOCUMENTS, stage, type StagedFiles } from "./staging.ts";
import { NODE_SYSTEMS, type Target } from "./targets.ts";

/** What every `package.json` says. */
const COMMON = {
  version: metadata.version,
  license: metadata.license,
  homepage: `${REPOSITORY_URL}#readme`,
  repository: { type: "git", url: `git+${REPOSITORY_URL}.git` },
  bugs: { url: `${REPOSITORY_URL}/issues` },
};

/** The name of the package with the executable for `target`. */
function platformPackage(target: Target): string {
  const { os, cpu: [cpu] } = NODE_SYSTEMS[target];
  return `${metadata.name}-${os}-${cpu}`;
}

/** Packs the executable for `target`. npm installs it only where it runs. */
export async function packPlatform(target: Target, executable: string, output: string): Promise<void> {
  const { os, cpu, libc } = NODE_SYSTEMS[target];
  const name = platformPackage(target);
  const description = `The executable of ${PROGRAM} for ${target}`;
  const manifest = {
    ...{ name, description, ...COMMON, os: [os], cpu, ...(libc === undefined ? {} : { libc: [libc] }) },
    // Yarn keeps packages in archives, where nothing can be started.
    preferUnplugged: true,
  };
  await pack(output, {
    ...DOCUMENTS,
    "package.json": { text: json(manifest) },
    [`bin/${programName(target)}`]: { copy: executable, executable: true },
    "README.md": { text: `# ${name}\n\n${description}. Install the package \`${PROGRAM}\`, which finds it.\n` },
  });
}

/** Packs what users install: it depends on the packages of all `targets`, and has neither scripts nor code besides. */
export async function packLauncher(targets: readonly Target[], output: string): Promise<void> {
  const manifest = {
    ...{ name: PROGRAM, description: SUMMARY, ...COMMON, mcpName: REGISTRY_NAME },
    keywords: ["mcp", "model-context-protocol", "mqtt", "iot", "bridge", "proxy"],
    bin: { [PROGRAM]: "launcher.cjs" },
    engines: { node: ">=18" },
    optionalDependencies: Object.fromEntries(targets.map((target) => [platformPackage(target), metadata.version])),
  };
  await pack(output, {
    ...DOCUMENTS,
    "package.json": { text: json(manifest) },
    "launcher.cjs": { text: await launcher(targets), executable: true },
  });
}

/** The launcher, told which package has the executable for which system. */
async function launcher(targets: readonly Target[]): Promise<string> {
  const packages = targets.flatMap((target) =>
    NODE_SYSTEMS[target].cpu.map((cpu) => [`${NODE_SYSTEMS[target].os}-${cpu}`, platformPackage(target)] as const)
  );
  const text = await Deno.readTextFile(new URL("launcher.cjs", import.meta.url));
  return text.replace("const PACKAGES = {};", `const PACKAGES = ${json(Object.fromEntries(packages)).trim()};`);
}

async function pack(output: string, files: StagedFiles): Promise<void> {
  await using staged = await stage(files);
  await run(["npm", "pack", "--silent", "--ignore-scripts", `--pack-destination=${output}`], { cwd: staged.path });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
