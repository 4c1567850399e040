import assert from "node:assert/strict";
import metadata from "../../deno.json" with { type: "json" };
import { packagesIn } from "../../scripts/support/bundled_packages.ts";
import { bundle } from "../../scripts/support/executable.ts";

/** The files of the bundle, by name. */
const files = await readBundle();

async function readBundle(): Promise<Map<string, string>> {
  const directory = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-bundle-" });
  try {
    await bundle(directory);
    const entries = await Array.fromAsync(
      Deno.readDir(directory),
      async ({ name }) => [name, await Deno.readTextFile(`${directory}/${name}`)] as const,
    );
    return new Map(entries);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The names of the npm packages that a file of the bundle has code of. */
function namesIn(text: string): Set<string> {
  return new Set(packagesIn(text).map(({ name }) => name));
}

/** The packages that are loaded together with a file: those of the file, and of all that it imports at once. */
function packagesLoadedWith(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return new Set();
  seen.add(name);
  const text = files.get(name);
  assert.ok(text !== undefined, `The bundle has no file ${name}`);
  const imports = Array.from(
    text.matchAll(/^(?:import|\} from|import .* from) "\.\/([^"]+)";$/gm),
    ([, file = ""]) => file,
  );
  return imports.reduce((all, file) => all.union(packagesLoadedWith(file, seen)), namesIn(text));
}

/** The file of a command's action. */
function actionFile(command: string): string {
  const [name] = files.entries().find(([, text]) => text.includes(`var ${command}Action = `)) ?? [];
  assert.ok(name !== undefined, `The bundle has no action of ${command}`);
  return name;
}

Deno.test("the bundle has what the program needs, and nothing of the MCP SDK's web stack or of the tests", () => {
  const packages = files.values().map(namesIn).reduce((all, some) => all.union(some), new Set<string>());
  for (const name of ["mqtt", "commander", "zod"]) assert.ok(packages.has(name), name);
  const unreached = ["express", "hono", "@hono/node-server", "eventsource", "cross-spawn", "aedes"];
  assert.deepEqual(unreached.filter((name) => packages.has(name)), []);
  assert.deepEqual(
    Object.keys(metadata.imports).filter((name) => /everything|aedes/.test(name) && packages.has(name)),
    [],
  );
});

Deno.test("gateway loads MCP's second SDK, and not what that takes to log in on the web", () => {
  const packages = packagesLoadedWith(actionFile("gateway"));
  for (const name of ["@modelcontextprotocol/client", "@modelcontextprotocol/server"]) {
    assert.ok(packages.has(name), name);
  }
  assert.ok(!packages.has("jose"));
});

Deno.test("the bundle has none of zod's languages but English", () => {
  const languages = files.values().flatMap((text) => text.matchAll(/zod\/[^/]+\/v4\/locales\/([\w-]+)\.js/g));
  assert.deepEqual([...new Set(languages.map(([, name]) => name))], ["en"]);
});

Deno.test("the program itself loads no package", () => {
  assert.deepEqual([...packagesLoadedWith("main.js")], []);
});

for (const command of ["serve", "connect", "list", "call", "check"]) {
  Deno.test(`${command} loads no package, unless it comes to need one`, () => {
    assert.deepEqual([...packagesLoadedWith(actionFile(command))], []);
  });
}
