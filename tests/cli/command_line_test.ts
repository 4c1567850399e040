import assert from "node:assert/strict";
import metadata from "../../deno.json" with { type: "json" };
import { main } from "../../src/cli/mod.ts";
import { allDeclarations, COMMANDS } from "../../src/cli/commands.ts";
import type { Setting, Settings } from "../../src/config/mod.ts";

const TWO = (await allDeclarations()).filter(({ name }) => ["serve", "connect"].includes(name));

interface Outcome {
  readonly code: number;
  readonly printed: string;
  readonly complaints: string;
}

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  let [printed, complaints] = ["", ""];
  const code = await main(args, {
    environment: (name) => environment[name],
    print: (text) => void (printed += text),
    printError: (text) => void (complaints += text),
  });
  return { code, printed, complaints };
}

/** The text without its line breaks, which stand where the terminal's width wants them. */
function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

Deno.test("the version is that of deno.json, on stdout", async () => {
  for (const flag of ["--version", "-V"]) {
    assert.deepEqual(await run([flag]), { code: 0, printed: `${metadata.version}\n`, complaints: "" });
  }
});

Deno.test("help goes to stdout with exit code 0, and lists every command", async () => {
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const { code, printed, complaints } = await run(args);
    assert.deepEqual([code, complaints], [0, ""]);
    for (const { name, summary } of TWO) {
      assert.match(printed, new RegExp(`^  ${name}`, "m"));
      assert.ok(unwrapped(printed).includes(summary), summary);
    }
  }
});

Deno.test("the help of the program has examples, and no operands that are not taken", async () => {
  const { printed } = await run(["--help"]);
  assert.match(printed, /^ {2}serve, listen +put a stdio/m);
  assert.doesNotMatch(printed, /\[operands/);
  assert.match(printed, /Examples:\n {2}mcp-mqtt-proxy serve --name files -- npx/);
});

for (const { name, alias, settings, groups, description, examples, common = [] } of TWO) {
  Deno.test(`${name} --help shows the common options, and --help-all each with its variable and its default`, async () => {
    const names = alias === undefined ? [name] : [name, alias];
    const shown = Object.entries(settings as Settings);
    const few = shown.filter(([setting]) => common.includes(setting)).map(([, setting]) => setting);
    const others = shown.filter(([setting]) => !common.includes(setting)).map(([, setting]) => setting);
    const ways: [args: string[], shown: Setting[], hidden: Setting[]][] = [
      ...names.map((each): [string[], Setting[], Setting[]] => [[each, "--help"], few, others]),
      ...names.map((each): [string[], Setting[], Setting[]] => [["help", each], few, others]),
      ...names.map((each): [string[], Setting[], Setting[]] => [[each, "--help-all"], [...few, ...others], []]),
    ];
    for (const [args, expected, hidden] of ways) {
      const { code, printed, complaints } = await run(args);
      assert.deepEqual([code, complaints], [0, ""]);
      const text = unwrapped(printed);
      assert.ok(text.includes(description));
      for (const { flag } of hidden) assert.ok(!text.includes(`${flag} `), `${flag} is there`);
      assert.equal(text.includes(`Further options: mcp-mqtt-proxy ${name} --help-all`), hidden.length > 0);
      for (const { flag, environment, description, fallback } of expected) {
        const sources = [
          ...(environment === undefined ? [] : [`env: ${environment}`]),
          ...(fallback === undefined ? [] : [`default: ${fallback}`]),
        ];
        const shown = [`${flag} ${description}`, ...(sources.length === 0 ? [] : [`(${sources.join("; ")})`])].join(
          " ",
        );
        assert.ok(text.includes(shown), `${shown} is missing`);
      }
      for (const [line, meaning] of examples) assert.ok(text.includes(`${line} ${meaning}`), line);
    }
  });

  Deno.test(`${name} shows every setting in one group of its help`, () => {
    const shown = Object.values(groups).flatMap((group) => Object.keys(group));
    assert.deepEqual(shown.toSorted(), Object.keys(settings).toSorted());
  });

  Deno.test(`${name} fits an example into one line of a README`, () => {
    for (const [line] of examples) assert.ok(line.startsWith(`mcp-mqtt-proxy ${name} `) && line.length <= 120, line);
  });
}

const MISTAKES: readonly [what: string, args: readonly string[], complaint: RegExp][] = [
  ["no command", [], /^Usage: mcp-mqtt-proxy/],
  ["an unknown command", ["frobnicate"], /^error: unknown command 'frobnicate'\n/],
  ["a command that is nearly right", ["serv"], /Did you mean serve\?/],
  ["help of an unknown command", ["help", "nope"], /^error: unknown command 'nope'\nRun `mcp-mqtt-proxy --help`/],
  [
    "help of a command that is nearly right",
    ["help", "serv"],
    /^error: unknown command 'serv'\n\(Did you mean serve\?\)/,
  ],
  ["an unknown option", ["serve", "--frob", "--", "x"], /^error: unknown option '--frob'\n/],
  ["an option that is nearly right", ["connect", "--brokr", "x"], /Did you mean --broker\?/],
  ["an option without its value", ["connect", "--name"], /^error: option '--name <name>' argument missing\n/],
  [
    "an option of the other command",
    ["connect", "--prewarm", "1"],
    /^error: unknown option '--prewarm'\n.*\n--prewarm is an option of serve\n$/,
  ],
  [
    "a broker for tools",
    ["tools", "--broker", "x"],
    /--broker is an option of serve, .*; tools gets .* MQTT_BROKER with/,
  ],

  ["nothing to serve", ["serve", "--name", "x"], /^error: say which server to start/],
  ["nobody to connect to", ["connect"], /^error: say which server is meant: add --name NAME/],
  [
    "two things to serve",
    ["serve", "--config", "x.json", "--", "y"],
    /give either --config FILE or -- COMMAND, not both/,
  ],
  ["a name for many servers", ["serve", "--config", "x.json", "--name", "y"], /--name is for one server/],
  ["a file that is not there", ["serve", "--config", "/no/such.json"], /--config \/no\/such.json cannot be read/],
];

for (const [what, args, complaint] of MISTAKES) {
  Deno.test(`${what} is a usage error: exit code 2, one hint on stderr, nothing on stdout`, async () => {
    const { code, printed, complaints } = await run(args);
    assert.deepEqual([code, printed], [2, ""]);
    assert.match(complaints, complaint);
    if (args.length === 0) return;
    const known = COMMANDS.some(({ name }) => name === args[0]);
    const hint = known
      ? `Run \`mcp-mqtt-proxy ${args[0]} --help\` to see the options.\n`
      : "Run `mcp-mqtt-proxy --help` to see the commands.\n";
    assert.ok(complaints.replace(/--\S+ is an option of .*\n$/, "").endsWith(hint), complaints);
  });
}

const UNSEPARATED: readonly [args: readonly string[], hint: string | undefined][] = [
  [["serve", "--name", "x", "npx", "-y", "foo"], "serve … -- npx -y foo"],
  [["serve", "npx", "-y", "foo", "--name", "x"], "serve -- npx -y foo --name x"],
  [["listen", "--no-share", "./server", "--port", "1"], "serve … -- ./server --port 1"],
  [["connect", "--name=x", "client", "-v"], "connect … -- client -v"],
  [["launch", "--credentials-file", "f", "node", "-r", "x"], "launch … -- node -r x"],
  [["serve", "--frob", "--", "x"], undefined],
  [["list", "x", "-y"], undefined],
];

for (const [args, hint] of UNSEPARATED) {
  Deno.test(`${args.join(" ")} ${hint === undefined ? "lacks no --" : "is told where -- belongs"}`, async () => {
    const { code, complaints } = await run(args);
    assert.equal(code, 2);
    const lines = complaints.split("\n").filter((line) => line.startsWith("put "));
    assert.deepEqual(lines, hint === undefined ? [] : [`put -- before the command: mcp-mqtt-proxy ${hint}`]);
  });
}

Deno.test("MQTT_BROKER, with its port, names the broker for every command, unless something better does", async () => {
  const broker = async (environment: Record<string, string>, ...flags: string[]) => {
    const { complaints } = await run(["list", "--connect-timeout", "0.05", ...flags], environment);
    return /The broker (\S+) /.exec(complaints)?.[1];
  };
  assert.equal(await broker({ MQTT_BROKER: "127.0.0.1", MQTT_PORT: "2" }), "mqtt://127.0.0.1:2");
  assert.equal(await broker({ MQTT_BROKER: "127.0.0.1:3" }), "mqtt://127.0.0.1:3");
  assert.equal(await broker({ MQTT_BROKER: "mqtt://127.0.0.1:4" }), "mqtt://127.0.0.1:4");
  assert.equal(await broker({ MQTT_BROKER: "a b", MQTT_URL: "mqtt://127.0.0.1:5" }), "mqtt://127.0.0.1:5");
  assert.equal(await broker({ MQTT_BROKER: "a b" }, "--broker", "mqtt://127.0.0.1:6"), "mqtt://127.0.0.1:6");
  const { code, complaints } = await run(["list"], { MQTT_BROKER: "a b" });
  assert.deepEqual([code, /^error: MQTT_BROKER must be a host name/.test(complaints)], [2, true]);
});

Deno.test("variables that look like ours and are not read are named, without their values", async () => {
  const warnings = async (environment: Record<string, string>, ...flags: string[]) => {
    const { complaints } = await run(["list", "too", "much", ...flags], { MQTT_BROKER: "127.0.0.1", ...environment });
    assert.ok(!complaints.includes("hunter2"));
    return Array.from(
      complaints.matchAll(/^warning: (\w+) is set, but nothing reads it: (\w+)/gm),
      ([, ...names]) => names,
    );
  };
  assert.deepEqual(await warnings({ MQTT_PASS: "hunter2", MQTT_USER: "me" }), [
    ["MQTT_USER", "MQTT_USERNAME"],
    ["MQTT_PASS", "MQTT_PASSWORD"],
  ]);
  assert.deepEqual(await warnings({ MQTT_HOST: "hunter2" }), [], "the broker is known");
  assert.deepEqual(await warnings({ MQTT_USER: "me", MQTT_USERNAME: "you" }), []);
  assert.deepEqual(await warnings({ MQTT_USER: "me" }, "--username", "you"), []);
  const smcp = await run(["connect", "--smcp", "--broker", "x"], { MQTT_PASS: "hunter2" });
  assert.doesNotMatch(smcp.complaints, /warning/);
});

Deno.test("all problems of a command line are told at once, those of different settings together", async () => {
  const { code, complaints } = await run(["serve", "--qos", "3", "--keepalive", "x"], { MQTT_URL: "http://host" });
  assert.equal(code, 2);
  assert.equal(complaints.match(/^error: /gm)?.length, 3);
  const contradictions = await run(["serve", "--broker", "mqtt://host", "--password", "hunter2", "--insecure-tls"]);
  assert.match(contradictions.complaints, /say which server to start/);
  assert.match(contradictions.complaints, /TLS settings are given/);
  assert.ok(!contradictions.complaints.includes("hunter2"));
});

Deno.test("settings come from the environment as well", async () => {
  const { complaints } = await run(["connect"], { MCP_MQTT_NAME: "a+b", MQTT_QOS: "7" });
  assert.match(complaints, /--name \(from MCP_MQTT_NAME\)/);
  assert.match(complaints, /--qos \(from MQTT_QOS\)/);
});

Deno.test("what stands behind -- belongs to the server's command, flags and all", async () => {
  for (const rest of [["--help"], ["--version"], ["--name", "x"], ["--", "--frob"], ["-h"]]) {
    const { code, complaints, printed } = await run([
      "serve",
      "--name",
      "a",
      "--mqtt-version",
      "9",
      "--",
      "server",
      ...rest,
    ]);
    assert.deepEqual([code, printed], [2, ""]);
    assert.match(complaints, /^error: --mqtt-version must be one of auto, 5, 4; it is "9"\n/);
  }
  const bare = await run(["serve", "--", "server", "--name", "x"]);
  assert.match(bare.complaints, /add --name NAME/);
});
