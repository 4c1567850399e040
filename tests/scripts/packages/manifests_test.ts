/**
 * What package managers and the registry of MCP servers are told of a release.
 *
 * @module
 */
import { Ajv } from "ajv";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import metadata from "../../../deno.json" with { type: "json" };
import { archiveName } from "../../../scripts/packages/archive.ts";
import { registryEntry } from "../../../scripts/packages/registry.ts";
import { NODE_SYSTEMS, type Target } from "../../../scripts/packages/targets.ts";
import { RELEASE_URL } from "../../../scripts/support/identity.ts";
import { run } from "../../../scripts/support/run.ts";
import { ROOT } from "../../../scripts/support/executable.ts";
import { allDeclarations } from "../../../src/cli/commands.ts";

const TARGETS = Object.keys(NODE_SYSTEMS) as Target[];

/** What the script writes for a release whose archives hold their own names. */
async function manifests(): Promise<ReadonlyMap<string, string>> {
  const directory = await Deno.makeTempDir();
  try {
    for (const target of TARGETS) await Deno.writeTextFile(`${directory}/${archiveName(target)}`, target);
    await run([Deno.execPath(), "run", "-A", `${ROOT}scripts/manifests.ts`, directory]);
    const names = ["mcp-mqtt-proxy.rb", "mcp-mqtt-proxy.scoop.json", "server.json"];
    const texts = names.map(async (name) => [name, await Deno.readTextFile(`${directory}/${name}`)] as const);
    return new Map(await Promise.all(texts));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const WRITTEN = await manifests();

function written(name: string): string {
  return WRITTEN.get(name) ?? "";
}

/** Where the archive for `target` is, and its checksum. */
function archive(target: Target): { url: string; sum: string } {
  return { url: `${RELEASE_URL}/${archiveName(target)}`, sum: createHash("sha256").update(target).digest("hex") };
}

Deno.test("the Homebrew formula has every archive for macOS and Linux, each followed by its checksum", () => {
  const formula = written("mcp-mqtt-proxy.rb");
  const found = Array.from(formula.matchAll(/url "([^"]+)"\s+sha256 "([^"]+)"/g), ([, url, sum]) => ({ url, sum }));
  const wanted = TARGETS.filter((target) => !target.includes("windows")).map(archive);
  assert.deepEqual(found.toSorted(byUrl), wanted.toSorted(byUrl));
  const [, description = ""] = /desc "([^"]+)"/.exec(formula) ?? [];
  assert.ok(description.length > 0 && description.length <= 80, "Homebrew takes no longer description");
});

function byUrl(a: { url?: string | undefined }, b: { url?: string | undefined }): number {
  return (a.url ?? "") < (b.url ?? "") ? -1 : 1;
}

Deno.test(
  "the Homebrew formula is Ruby",
  { ignore: !await run(["ruby", "--version"]).then(() => true, () => false) },
  async () => {
    const file = await Deno.makeTempFile({ suffix: ".rb" });
    try {
      await Deno.writeTextFile(file, written("mcp-mqtt-proxy.rb"));
      await run(["ruby", "-c", file]);
    } finally {
      await Deno.remove(file);
    }
  },
);

Deno.test("the Scoop manifest has the archive for Windows with its checksum, and finds the next version", () => {
  const { architecture, autoupdate } = JSON.parse(written("mcp-mqtt-proxy.scoop.json"));
  const { url, sum } = archive("x86_64-pc-windows-msvc");
  assert.deepEqual(architecture["64bit"], { url, hash: sum });
  assert.equal(autoupdate.architecture["64bit"].url.replaceAll("$version", metadata.version), url);
});

interface Entry {
  readonly name: string;
  readonly packages: readonly {
    readonly version?: string;
    readonly packageArguments: readonly { readonly value: string }[];
    readonly environmentVariables: readonly { readonly name: string; readonly isSecret?: boolean }[];
  }[];
}

Deno.test("the registry's entry starts a command of this program, with variables that it knows", async () => {
  const { packages } = JSON.parse(written("server.json")) as Entry;
  const declarations = await allDeclarations();
  for (const { packageArguments: [command], environmentVariables } of packages) {
    const declared = declarations.find(({ name }) => name === command?.value);
    const known = Object.values(declared?.settings ?? {}).map(({ environment }) => environment);
    for (const { name } of environmentVariables) assert.ok(known.includes(name), name);
    assert.equal(environmentVariables.find(({ name }) => name === "MQTT_PASSWORD")?.isSecret, true);
  }
});

/** The registry's own code, which has the schema in it. */
const REGISTRY = "github.com/modelcontextprotocol/registry@v1.8.9";

/** Where Go has put the registry, if it is there and has fetched it. */
async function registryDirectory(): Promise<string | undefined> {
  const cwd = await Deno.makeTempDir();
  try {
    return JSON.parse(await run(["go", "mod", "download", "-json", REGISTRY], { cwd })).Dir;
  } catch {
    return undefined;
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

const registry = await registryDirectory();

Deno.test("the registry's entry is what the registry's schema wants", { ignore: registry === undefined }, async () => {
  const schema = JSON.parse(await Deno.readTextFile(`${registry}/internal/validators/schemas/2025-12-11.json`));
  assert.equal(Object(registryEntry()).$schema, schema.$id);
  const ajv = new Ajv({ strict: false, formats: { uri: URL.canParse } });
  const validate = ajv.compile(schema);
  assert.ok(validate(JSON.parse(written("server.json"))), ajv.errorsText(validate.errors));
  assert.ok(!validate({ ...Object(registryEntry()), description: "x".repeat(101) }));
});
