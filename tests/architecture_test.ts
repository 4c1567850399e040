/**
 * The rooms of `src/` and who may enter which: every import of the program is looked at.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path/posix";
import { PROFILES } from "../src/wire/mod.ts";
import {
  exportsOf,
  type Import,
  importsOf,
  readSourceFile,
  readSourceFiles,
  ROOT,
  withoutComments,
} from "./support/source_files.ts";

/**
 * A room imports from lower layers only. `config` is above the rooms whose settings it reads from text, and below
 * those that are built from its values.
 */
const LAYERS: Readonly<Record<string, number>> = {
  core: 0,
  stdio: 1,
  mqtt: 1,
  relay: 1,
  seal: 1,
  observe: 1,
  config: 2,
  wire: 3,
  tools: 3,
  smcp: 3,
  app: 4,
  cli: 5,
};

/** The packages that belong to one place, and that place. */
const OWNERS: readonly [packages: RegExp, owner: RegExp][] = [
  [/^mqtt(\/|$)/, /^src\/mqtt\/connection\/websocket\/mqttjs(_packets)?\.ts$/],
  [/^@modelcontextprotocol\/sdk(\/|$)/, /^src\/(app\/(transport|library)\.ts|tools\/.+)$/],
  [/^@modelcontextprotocol\/(client|server)(\/|$)/, /^src\/app\/gateway\//],
  [/^commander$/, /^src\/cli\//],
  [/^minisearch$/, /^src\/app\/gateway\/lists\/full_text\.ts$/],
  [/^(jsonc-parser|smol-toml|yaml)$/, /^src\/cli\/config\/formats\//],
  [
    /^(aedes|aedes-3\.1\.1|ajv|fast-check|fflate|mqtt-packet|playwright-core|@modelcontextprotocol\/(conformance|server-everything)(\/.+)?)$/,
    /^nowhere$/,
  ],
];

/** What only tests and scripts may use, and what a program may use without asking. */
const BUILT_IN = /^node:/;

/**
 * Files that stand alone because of the place where they are cut, and so may be small: the door of a room, and a command
 * whose declaration is loaded for every help while its action is loaded for itself. So may an error that many files
 * throw, which would make import circles anywhere else, and what scripts/ read too, without the rest of the program.
 */
const SEAMS = [/\/mod\.ts$/, /^src\/cli\/[^/]+\/(command|action)\.ts$/];

/** The public library: adding to it is easy, taking away from it breaks somebody's program. */
const PUBLIC_NAMES = [
  "AddressOptions",
  "AuthorizedKeyOptions",
  "BrokerOptions",
  "ConnectOptions",
  "FAILURE_REASONS",
  "FaceOptions",
  "Failure",
  "FailureReason",
  "FleetOptions",
  "KnownServerOptions",
  "McpOverMqttAddress",
  "MessageOptions",
  "MqttClientOptions",
  "MqttGatewayOptions",
  "MqttOptions",
  "MqttServer",
  "MqttServerOptions",
  "Observer",
  "PoolOptions",
  "ProxyEvent",
  "RequestResponseAddress",
  "ServeOptions",
  "ToolPolicyOptions",
  "UsageError",
  "mqttClientTransport",
  "mqttGatewayTransport",
  "serveMqtt",
];

const PROGRAM = [
  ...await readSourceFiles("src"),
  ...await Promise.all(["main.ts", "mod.ts"].map(readSourceFile)),
];
const IMPORTS = PROGRAM.flatMap(importsOf);

Deno.test("every import of src/ goes to a lower layer or stays in its room", () => {
  const wrong = crossings().filter(({ from, to }) => layer(to) >= layer(from));
  assert.deepEqual(wrong.map(describe), []);
});

Deno.test("a room is entered through its mod.ts, except core, and app, of which each command loads its part", () => {
  const wrong = crossings().filter(({ to, target }) => !["core", "app"].includes(to) && target !== `src/${to}/mod.ts`);
  assert.deepEqual(wrong.map(describe), []);
});

Deno.test("a room of the gateway imports from those before it only, and from what is no room", () => {
  const rooms = ["servers", "lists", "host", "faces"];
  const place = (file: string) => rooms.indexOf(/^src\/app\/gateway\/([^/]+)\//.exec(file)?.[1] ?? "");
  const wrong = IMPORTS.filter(({ file, target }) => place(file) >= 0 && place(target ?? "") > place(file));
  assert.deepEqual(wrong.map(describe), []);
});

Deno.test("core imports nothing but itself and what the platform has", () => {
  const wrong = IMPORTS.filter(({ file, specifier, target }) =>
    roomOf(file) === "core" && !BUILT_IN.test(specifier) && !(target !== undefined && roomOf(target) === "core")
  );
  assert.deepEqual(wrong.map(describe), []);
});

Deno.test("a wire profile's folder is entered from src/wire alone", () => {
  const wrong = IMPORTS.filter(({ file, target }) => {
    const profile = /^src\/wire\/[^/]+\//.exec(target ?? "")?.[0];
    return profile !== undefined && !/^src\/wire\/[^/]+$/.test(file) && !file.startsWith(profile);
  });
  assert.deepEqual(wrong.map(describe), []);
});

Deno.test("no file outside of a wire profile's folder asks which profile it is", () => {
  for (const { name } of PROFILES) {
    const folder = `src/wire/${name.replaceAll("-", "_")}/`;
    for (const { file, text } of PROGRAM) {
      if (!file.startsWith(folder)) assert.ok(!withoutComments(text).includes(`"${name}"`), `${file} names ${name}`);
    }
  }
});

Deno.test("no file imports, by whatever way round, one that imports it", () => {
  assert.deepEqual(circles().map((files) => files.join(" -> ")), []);
});

Deno.test("every export is imported somewhere, and not by tests alone unless its own file uses it", async () => {
  const others = [...await readSourceFiles("tests"), ...await readSourceFiles("scripts")];
  const imports = throughMods([...IMPORTS, ...others.flatMap(importsOf)]);
  const unused = PROGRAM.filter(({ file }) => file.startsWith("src/")).flatMap(exportsOf).filter((one) => {
    const importers = imports.filter(({ target, names }) => target === one.file && names.includes(one.name));
    if (importers.some(({ file }) => !file.startsWith("tests/"))) return false;
    // A type that is part of what its file exports has to be exported too.
    return !one.usedHere || (importers.length === 0 && !one.isType);
  });
  assert.deepEqual(unused.map(({ file, name }) => `${name} of ${file}`), []);
});

Deno.test("MQTT.js, the MCP SDK and commander are each known to one place only", () => {
  for (const [packages, owner] of OWNERS) {
    const wrong = IMPORTS.filter(({ file, specifier }) => packages.test(specifier) && !owner.test(file));
    assert.deepEqual(wrong.map(describe), []);
  }
});

Deno.test("every package comes from deno.json, with an exact version", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as {
    imports: Record<string, string>;
  };
  for (const [name, target] of Object.entries(imports)) {
    assert.match(target, /^npm:(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+(-[\w.]+)?$/, name);
  }
  const packages = IMPORTS.filter(({ specifier, target }) => target === undefined && !BUILT_IN.test(specifier));
  for (const { file, specifier } of packages) {
    const known = Object.keys(imports).some((name) => specifier === name || specifier.startsWith(`${name}/`));
    assert.ok(known, `${file} imports ${specifier}`);
  }
});

Deno.test("only stdio and cli write to stdout, and nobody uses the console", () => {
  for (const { file, text } of PROGRAM) {
    const code = withoutComments(text);
    assert.doesNotMatch(code, /\bconsole\./, file);
    const writes = /\bDeno\.stdout\b|\bprocess\.stdout\b|\bstdout as\b/.test(code);
    assert.ok(!writes || ["stdio", "cli"].includes(roomOf(file) ?? ""), `${file} writes to stdout`);
  }
});

Deno.test("the public library exports exactly what is listed here", async () => {
  const text = withoutComments(await Deno.readTextFile(join(ROOT, "mod.ts")));
  assert.doesNotMatch(text, /export\s+\*/);
  const lists = [...text.matchAll(/export\s+(?:type\s+)?\{([^}]*)\}/g)].map(([, list = ""]) => list);
  const names = lists.flatMap((list) => list.split(",")).map((name) => name.trim().replace(/^type\s+/, ""))
    .filter((name) => name !== "");
  assert.deepEqual(names.toSorted(), PUBLIC_NAMES);
  assert.doesNotMatch(text, /export\s+(const|function|class|interface|enum|let)\b/);
});

Deno.test("a file under 25 lines is a seam; any other joins the neighbour with the same reason to change", async () => {
  const scripts = (await readSourceFiles("scripts")).flatMap(importsOf);
  const shared = new Set(scripts.map(({ target }) => target));
  const small = PROGRAM.filter(({ file, text }) => file.startsWith("src/") && text.split("\n").length <= 25);
  const wrong = small.filter(({ file, text }) => !SEAMS.some((seam) => seam.test(file)) && !isError(text));
  assert.deepEqual(wrong.map(({ file }) => file).filter((file) => !shared.has(file)), []);
});

Deno.test("every source file begins by saying what it is", () => {
  for (const { file, text } of PROGRAM) {
    const header = /^(?:#!.*\n)?\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "";
    assert.match(header, /@module/, file);
  }
});

/** Whether a file declares an error and nothing else. */
function isError(text: string): boolean {
  const exported = [...withoutComments(text).matchAll(/^export .*$/gm)].map(([line]) => line);
  return exported.length === 1 && /class \w+ extends \w*Error\b/.test(exported[0] ?? "");
}

/** Every group of files that import each other. */
function circles(): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void found.push([...path.slice(path.indexOf(file)), file]);
    if (done.has(file)) return;
    for (const { target } of IMPORTS.filter((one) => one.file === file)) {
      if (target !== undefined) visit(target, [...path, file]);
    }
    done.add(file);
  };
  for (const { file } of PROGRAM) visit(file, []);
  return found;
}

/** Names that a file passes on count as imported by those that import them from there. */
function throughMods(imports: readonly Import[]): Import[] {
  // What the public library passes on is for programs that are not here.
  const direct = imports.filter(({ file, passesOn }) => !passesOn || file === "mod.ts");
  const through = imports.filter(({ passesOn }) => passesOn).flatMap(({ file: mod, target, names }) =>
    direct.filter((one) => one.target === mod).map((one) => ({
      ...one,
      target,
      names: names.filter((name) => one.names.includes(name)),
    }))
  );
  return [...direct, ...through];
}

interface Crossing extends Pick<Import, "file" | "specifier"> {
  readonly from: string;
  readonly to: string;
  readonly target: string;
}

/** The imports that lead from one room into another. */
function crossings(): Crossing[] {
  return IMPORTS.flatMap(({ file, specifier, target }) => {
    const [from, to] = [roomOf(file), target === undefined ? undefined : roomOf(target)];
    return from === undefined || to === undefined || target === undefined || from === to
      ? []
      : [{ file, specifier, target, from, to }];
  });
}

function layer(room: string): number {
  const number = LAYERS[room];
  assert.ok(number !== undefined, `the room src/${room} has no layer yet`);
  return number;
}

function roomOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1];
}

function describe({ file, specifier }: Pick<Import, "file" | "specifier">): string {
  return `${file} imports ${specifier}`;
}
