/**
 * Makes the executable: `deno task compile [--all | --target TARGET…] [--output DIRECTORY]`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { assertRuns, bundle, compile, executableName, TARGETS } from "./support/executable.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    all: { type: "boolean", default: false },
    target: { type: "string", multiple: true, default: [] },
    output: { type: "string", default: "dist" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  print(`Usage: deno task compile [--all | --target TARGET...] [--output DIRECTORY]\nTargets: ${TARGETS.join(", ")}`);
} else {
  await run(values.all ? TARGETS : values.target.length > 0 ? values.target : [undefined], values.output);
}

async function run(targets: readonly (string | undefined)[], output: string): Promise<void> {
  await Deno.mkdir(output, { recursive: true });
  const directory = await Deno.realPath(output);
  const work = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-" });
  try {
    const entryPoint = await bundle(work);
    for (const target of targets) {
      const file = `${directory}/${executableName(target)}`;
      await compile(entryPoint, file, target);
      if (target === undefined || target === Deno.build.target) await assertRuns(file);
      const { size } = await Deno.stat(file);
      print(`${file} (${(size / 1e6).toFixed(1)} MB)`);
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
