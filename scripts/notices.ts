/**
 * Writes the notices of the packages that the executable is made of: `deno task notices`.
 *
 * @module
 */
import { bundledPackages } from "./support/bundled_packages.ts";
import { bundle } from "./support/executable.ts";
import { collectNotices, noticesFile } from "./support/notices.ts";

const file = new URL("../src/cli/licenses/notices.json", import.meta.url);
const directory = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-notices-" });
try {
  await bundle(directory);
  await Deno.writeTextFile(file, noticesFile(await collectNotices(await bundledPackages(directory))));
} finally {
  await Deno.remove(directory, { recursive: true });
}
