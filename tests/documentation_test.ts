/**
 * The documents, held to the program: the commands and options that they name exist, and those that exist are named.
 *
 * @module
 */
import assert from "node:assert/strict";
import { V8_SETTINGS } from "../scripts/support/executable.ts";
import { allDeclarations } from "../src/cli/commands.ts";
import { flagName, type Setting } from "../src/config/mod.ts";
import { codeBlocksOf, codeIn, codeOf, type Document, DOCUMENTS, section, table } from "./support/documentation.ts";
import { readSourceFiles } from "./support/source_files.ts";

const COMMANDS = await allDeclarations();

/** Documents that may name what options were called before. */
const HISTORY = [".github/CHANGELOG.md", ".github/docs/options.md"];

/** The flags of each command, by its name and its alias. */
const FLAGS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  COMMANDS.flatMap(({ name, alias, settings }) => {
    const flags = new Set(["--help", "--help-all", ...Object.values(settings).map((setting) => flagName(setting))]);
    return [name, ...(alias === undefined ? [] : [alias])].map((each) => [each, flags] as const);
  }),
);

const SETTINGS: readonly Setting[] = COMMANDS.flatMap(({ settings }) => Object.values(settings));

const FORMER = SETTINGS.map(({ formerly }) => formerly).filter((names) => names !== undefined);

/** Flags of other programs that the documents name: Deno, Docker, npm, systemctl, sha256sum, gh, and our `--version`. */
const FOREIGN: readonly string[] =
  ("--allow-env --allow-net --allow-read --allow-run --allow-sys --allow-write --cap-drop --check --global --ignore-env " +
    "--filter --frozen --ignore-missing --include --now --repo --rm --trace-leaks --version").split(" ");

/** Variables of the installers and of the tests. */
const NO_SETTINGS = ["VERSION", "BIN", "URL", "EXECUTABLE"].map((name) => `MCP_MQTT_PROXY_${name}`);

/** Long flags in a text. */
function flagsIn(text: string): string[] {
  return Array.from(text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g), ([flag]) => flag);
}

/** Every flag in the code of a document. */
function flagsOf(document: Document): string[] {
  return codeOf(document).flatMap(flagsIn);
}

/** The flags of the scripts that are no part of the program, for documents that are about those. */
async function flagsOfScripts({ path }: Document): Promise<string[]> {
  if (!/^(?:tests|scripts)\//.test(path)) return [];
  const scripts = [...await readSourceFiles("scripts"), ...await readSourceFiles("tests")];
  return scripts.flatMap(({ text }) => Array.from(text.matchAll(/\b(\w+): \{ type: "/g), ([, name]) => `--${name}`));
}

type CommandLine = readonly [command: string, args: string];

/** The lines of a document that start a command of this program: the command and its arguments, up to any `--`. */
function commandLinesOf(document: Document): CommandLine[] {
  const written = codeOf(document).flatMap((code) =>
    Array.from(
      code.replaceAll(/\\\n\s*/g, "").matchAll(/mcp-mqtt-proxy ([a-z]+)\b(?!:)((?:(?!mcp-mqtt-proxy)[^\n|;)])*)/g),
      ([, command = "", args = ""]): CommandLine => [command, args.split(" -- ")[0] ?? ""],
    )
  );
  return [...written, ...codeBlocksOf(document, "json").flatMap((json) => configuredLinesIn(JSON.parse(json)))];
}

/** The lines that a host's configuration starts. */
function configuredLinesIn(value: unknown): CommandLine[] {
  if (typeof value !== "object" || value === null) return [];
  const { command, args: words = [] } = value as { command?: string; args?: readonly string[] };
  if (command?.endsWith("mcp-mqtt-proxy") !== true) return Object.values(value).flatMap(configuredLinesIn);
  const [name = "", ...args] = words;
  return [[name, args.join(" ").split(" -- ")[0] ?? ""]];
}

Deno.test("every command has a section of its own and a row in the table of commands", () => {
  assert.deepEqual(
    table("command", "what it does").rows.map(([name]) => codeIn(name)),
    COMMANDS.map(({ name }) => name),
  );
  for (const { name } of COMMANDS) section(titleOf(name));
});

for (const { name } of COMMANDS) {
  Deno.test(`every option that the section of ${name} names belongs to ${name}`, () => {
    const words = Array.from(section(titleOf(name)).matchAll(/`([^`\n]+)`/g), ([, word = ""]) => word);
    for (const word of words.filter((word) => word.startsWith("--"))) {
      for (const flag of flagsIn(word)) assert.ok(FLAGS.get(name)?.has(flag), `${name} has no ${flag}`);
    }
  });
}

/** `serve`, or `serve` with a colon and what it is, the name as code or not. */
function titleOf(command: string): RegExp {
  return new RegExp(`^(?:${command}|\`${command}\`)(?::|$)`);
}

for (const document of DOCUMENTS) {
  Deno.test(`every command line in ${document.path} has a command and options that exist`, () => {
    for (const [command, args] of commandLinesOf(document)) {
      const flags = FLAGS.get(command);
      assert.ok(flags !== undefined, `There is no command ${command}`);
      for (const flag of flagsIn(args)) assert.ok(flags.has(flag), `${command} has no ${flag}`);
    }
  });

  Deno.test(`every other option and every variable in ${document.path} exists`, async () => {
    const former = HISTORY.includes(document.path) ? FORMER : [];
    const flags = new Set([
      ...[...FLAGS.values()].flatMap((flags) => [...flags]),
      ...FOREIGN,
      ...V8_SETTINGS.flatMap(flagsIn),
      ...former.map(({ flag }) => flag),
      ...await flagsOfScripts(document),
    ]);
    assert.deepEqual(flagsOf(document).filter((flag) => !flags.has(flag)), []);
    const variables = [...SETTINGS, ...former].map(({ environment }) => environment).concat(NO_SETTINGS);
    const named = Array.from(document.text.matchAll(/\bMCP_MQTT_[A-Z_]+/g), ([name]) => name);
    assert.deepEqual(named.filter((name) => !variables.includes(name)), []);
  });

  Deno.test(`every default that ${document.path} tells is that of the settings`, () => {
    for (const [flag, text] of defaultsIn(document)) {
      const settings = SETTINGS.filter((setting) => flagName(setting) === flag);
      const wrong = settings.length > 0 && !settings.some(({ fallback }) => fallback === text);
      assert.ok(!wrong, `The default of ${flag} is not ${text}`);
    }
  });
}

/** What a document says in passing: `--drain` (default 5 s), or 16 MiB (`--buffer-bytes`). As the options would take it. */
function defaultsIn({ text }: Document): (readonly [flag: string, text: string])[] {
  const behind = text.matchAll(/`(--[a-z-]+)`\s+\(default\s+([^)]+)\)/g);
  const before = text.matchAll(/(?<=\s)(\d[\d,]*(?:\s(?:s|\w+iB|messages))?)\s+\(`(--[a-z-]+)`\)/g);
  return [
    ...Array.from(behind, ([, flag = "", words = ""]) => [flag, asOption(words)] as const),
    ...Array.from(before, ([, words = "", flag = ""]) => [flag, asOption(words)] as const),
  ];
}

/** `16 MiB` is `16M`, `1,024` is `1024`, `5 s` is `5`. */
function asOption(text: string): string {
  return text.replaceAll(/[`,]/g, "").replace(/\s(?:s|messages)$/, "").replace(/\s(K|M|G)iB$/, "$1");
}

Deno.test("the documents have as many command lines, foreign options and defaults as are looked at here", () => {
  const lines = DOCUMENTS.flatMap(commandLinesOf);
  assert.ok(lines.length > 50, `only ${lines.length} lines found`);
  const named = new Set(DOCUMENTS.flatMap(flagsOf));
  assert.deepEqual(FOREIGN.filter((flag) => !named.has(flag)), []);
  const defaults = DOCUMENTS.flatMap(defaultsIn);
  assert.ok(defaults.length > 10, `only ${defaults.length} defaults found`);
});
