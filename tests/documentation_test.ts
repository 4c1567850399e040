/**
 * The README, held to the program: what it names exists, and what exists is named.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import metadata from "../deno.json" with { type: "json" };
import { COMMANDS } from "../src/cli/commands.ts";
import { flagName } from "../src/config/mod.ts";
import { FAILURE_REASONS } from "../src/core/failure.ts";
import { Metrics } from "../src/observe/metrics.ts";
import { documentation } from "./support/documentation.ts";
import { embeddedBroker } from "./support/embedded_broker.ts";

const README = await documentation();

const CONFIGURATION = fileURLToPath(new URL("../deno.json", import.meta.url));

/** The flags of each command, by its name and its alias. */
const FLAGS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  COMMANDS.flatMap(({ name, alias, settings }) => {
    const flags = new Set(["--help", ...Object.values(settings).map((setting) => flagName(setting))]);
    return [name, ...(alias === undefined ? [] : [alias])].map((each) => [each, flags] as const);
  }),
);

/** Flags of other programs that the README names: Deno, Docker, sha256sum, gh, and those of this project's scripts. */
const FOREIGN: ReadonlySet<string> = new Set(
  ("--allow-env --allow-net --allow-read --allow-run --allow-write --all --cap-drop --global --ignore-env " +
    "--ignore-missing --check --executable --repo --rm --target --version").split(" "),
);

/** The text between a heading and the next one of the same or a higher level. */
function section(heading: string): string {
  const [, text] = README.split(`\n${heading}\n`);
  assert.ok(text !== undefined, `The README has no heading "${heading}"`);
  const level = heading.indexOf(" ");
  return text.split(new RegExp(`\n#{1,${level}} `))[0] ?? "";
}

/** Long flags in a text. */
function flagsIn(text: string): string[] {
  return Array.from(text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g), ([flag]) => flag);
}

/** Everything that is code: blocks, and what stands between backticks. */
const CODE = Array.from(
  README.matchAll(/^( *)```\w*\n([^]*?)^\1```|`([^`\n]+)`/gm),
  ([, , block, word]) => block ?? word,
);

/** The lines of the README that start a command of this program: the command and its arguments, up to any `--`. */
const LINES: readonly (readonly [command: string, args: string])[] = CODE.flatMap((code = "") =>
  Array.from(
    code.replaceAll(/\\\n\s*/g, "").matchAll(/mcp-mqtt-proxy ([a-z]+)\b(?!:)([^\n|;)]*)/g),
    ([, command = "", args = ""]) => [command, args.split(" -- ")[0] ?? ""] as const,
  )
);

Deno.test("every command has a heading and a row in the README", () => {
  for (const { name } of COMMANDS) {
    section(`### ${name}`);
    assert.match(section("## Commands"), new RegExp(`^\\| \`${name}\` +\\|`, "m"));
  }
});

Deno.test("every command line in the README has a command and flags that exist", () => {
  assert.ok(LINES.length > 30, `only ${LINES.length} lines found`);
  for (const [command, args] of LINES) {
    const flags = FLAGS.get(command);
    assert.ok(flags !== undefined, `There is no command ${command}`);
    for (const flag of flagsIn(args)) assert.ok(flags.has(flag), `${command} has no ${flag}`);
  }
});

for (const { name } of COMMANDS) {
  Deno.test(`every flag that the README names in the section of ${name} belongs to ${name}`, () => {
    const words = Array.from(section(`### ${name}`).matchAll(/`([^`\n]+)`/g), ([, word = ""]) => word);
    for (const word of words.filter((word) => word.startsWith("--"))) {
      for (const flag of flagsIn(word)) assert.ok(FLAGS.get(name)?.has(flag), `${name} has no ${flag}`);
    }
  });
}

Deno.test("every other flag in the README is one of some command", () => {
  const all = new Set([...FLAGS.values()].flatMap((flags) => [...flags]));
  const unknown = CODE.flatMap((code = "") => flagsIn(code)).filter((flag) => !all.has(flag) && !FOREIGN.has(flag));
  assert.deepEqual([...new Set(unknown)], []);
});

Deno.test("every variable in the README exists", () => {
  const known = new Set(
    COMMANDS.flatMap(({ settings }) => Object.values(settings).map(({ environment }) => environment)),
  );
  for (const name of ["VERSION", "BIN", "URL"]) known.add(`MCP_MQTT_PROXY_${name}`); // of the installers
  for (const [name] of README.matchAll(/\bMCP_MQTT_[A-Z_]+/g)) assert.ok(known.has(name), name);
});

Deno.test("the README has every reason word and every metric, and no other", () => {
  const rows = Array.from(section("## Errors").matchAll(/^\| `([a-z-]+)` +\|/gm), ([, word = ""]) => word);
  assert.deepEqual(rows, [...FAILURE_REASONS]);
  const metrics = new Set(
    new Metrics().render().matchAll(/^# TYPE mcp_mqtt_proxy_(\w+)/gm).map(([, name = ""]) => name),
  );
  const named = section("## Observability").split("mcp_mqtt_proxy_")[1] ?? "";
  assert.deepEqual(new Set(named.matchAll(/`(\w+)`/g).map(([, name = ""]) => name)), metrics);
});

Deno.test("the README has every user property that sessions are made of", async () => {
  const source = await Deno.readTextFile(
    new URL("../src/wire/request_response/session/properties.ts", import.meta.url),
  );
  const properties = Array.from(source.matchAll(/^(?:export )?const \w+ = "(mcp-\w+)"/gm), ([, name = ""]) => name);
  const rows = Array.from(section("## On the wire").matchAll(/^\| `(mcp-\w+)` +\|/gm), ([, name = ""]) => name);
  assert.deepEqual(rows.toSorted(), properties.toSorted());
});

Deno.test("the README names every task", () => {
  const rows = Array.from(section("## Development").matchAll(/^\| `deno task (\w+)` +\|/gm), ([, name = ""]) => name);
  assert.deepEqual(rows.toSorted(), Object.keys(metadata.tasks).toSorted());
});

Deno.test("every link within the README leads somewhere", async () => {
  const headings = new Set(
    Array.from(
      README.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#+ (.+)$/gm),
      ([, text = ""]) => text.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-"),
    ),
  );
  for (const [, target = ""] of README.matchAll(/\]\(([^)]+)\)/g)) {
    if (target.startsWith("#")) assert.ok(headings.has(target.slice(1)), target);
    else if (!target.startsWith("https://")) await Deno.stat(new URL(`../${target}`, import.meta.url));
  }
});

Deno.test("the program in the README works", async () => {
  await using broker = await embeddedBroker();
  const [program = ""] = section("## Library").split("```ts\n")[1]?.split("```") ?? [];
  const library = new URL("../mod.ts", import.meta.url).href;
  const directory = await Deno.makeTempDir();
  const file = `${directory}/program.ts`;
  const local = program.replace("jsr:@x/mcp-mqtt-proxy", library).replace("mqtt://127.0.0.1:1883", broker.url);
  await Deno.writeTextFile(file, local);
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--check", "--quiet", "--config", CONFIGURATION, file],
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), /^\[ "mcp\/clock\/request",[^]*\{ type: "text", text: "20\d\d-/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("everything in the public library is documented, and refers to what is public or the SDK's", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "mod.ts"],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  const problems = [...text.matchAll(/^error\[.*/gm)].map(([line]) => line);
  assert.deepEqual(
    problems,
    ["mqttClientTransport", "serveMqtt"].map((name) =>
      `error[private-type-ref]: public type '${name}' references private type 'Transport'`
    ),
  );
});
