/**
 * Makes the executable: `deno task compile [--all | --target TARGET…] [--output DIRECTORY]`. With `--bundle`, makes only
 * the bundle that goes into it, for a Deno that is installed.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { assertRuns, bundle, compile, executableName, TARGETS } from "./support/executable.ts";
import { print } from "./support/print.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    all: { type: "boolean", default: false },
    target: { type: "string", multiple: true, default: [] },
    output: { type: "string", default: "dist" },
    bundle: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  print(
    "Usage: deno task compile [--all | --target TARGET... | --bundle] [--output DIRECTORY]\n" +
      `Targets: ${TARGETS.join(", ")}`,
  );
} else if (values.bundle) {
  await Deno.mkdir(values.output, { recursive: true });
  const directory = `${await Deno.realPath(values.output)}/bundle`;
  // The names of files change with what is in them.
  await Deno.remove(directory, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  print(await bundle(directory));
} else {
  await run(values.all ? TARGETS : values.target.length > 0 ? values.target : [undefined], values.output);
}

async function run(targets: readonly (string | undefined)[], output: string): Promise<void> {
  await Deno.mkdir(output, { recursive: true });
  const directory = await Deno.realPath(output);
  const work = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-" });
  // Beside the executables that are there, which stay until there is a better one: a rename is one step.
  const fresh = await Deno.makeTempDir({ dir: directory, prefix: ".new-" });
  try {
    const entryPoint = await bundle(work);
    for (const target of targets) {
      const name = executableName(target);
      const file = `${directory}/${name}`;
      const candidate = `${fresh}/${name}`;
      await compile(entryPoint, candidate, target);
      if (target === undefined || target === Deno.build.target) await assertRuns(candidate);
      await Deno.rename(candidate, file);
      const { size } = await Deno.stat(file);
      print(`${file} (${(size / 1e6).toFixed(1)} MB)`);
    }
  } finally {
    for (const temporary of [work, fresh]) await Deno.remove(temporary, { recursive: true });
  }
}
