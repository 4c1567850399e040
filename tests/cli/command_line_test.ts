import assert from "node:assert/strict";
import metadata from "../../deno.json" with { type: "json" };
import { main } from "../../src/cli/mod.ts";
import { allDeclarations } from "../../src/cli/commands.ts";
import type { Settings } from "../../src/config/mod.ts";

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

for (const { name, alias, settings, groups, description, examples } of TWO) {
  Deno.test(`${name} --help shows each option with its variable, its default and what it does`, async () => {
    for (const args of [[name, "--help"], ["help", name], ...(alias === undefined ? [] : [[alias, "--help"]])]) {
      const { code, printed, complaints } = await run(args);
      assert.deepEqual([code, complaints], [0, ""]);
      const text = unwrapped(printed);
      assert.ok(text.includes(description));
      for (const { flag, environment, description, fallback } of Object.values(settings as Settings)) {
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
  ["an unknown option", ["serve", "--frob", "--", "x"], /^error: unknown option '--frob'\n/],
  ["an option that is nearly right", ["connect", "--brokr", "x"], /Did you mean --broker\?/],
  ["an option without its value", ["connect", "--name"], /^error: option '--name <name>' argument missing\n/],
  ["an option of the other command", ["connect", "--prewarm", "1"], /^error: unknown option '--prewarm'/],
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
    if (args.length > 0) assert.match(complaints, /\(add --help for what there is\)\n$/);
  });
}

Deno.test("all problems of a command line are told at once, those of different settings together", async () => {
  const { code, complaints } = await run(["serve", "--qos", "3", "--keepalive", "x"], { MQTT_URL: "tcp://host" });
  assert.equal(code, 2);
  assert.equal(complaints.match(/^error: /gm)?.length, 3);
  const contradictions = await run(["serve", "--broker", "mqtt://host", "--password", "hunter2", "--insecure-tls"]);
  assert.match(contradictions.complaints, /say which server to start/);
  assert.match(contradictions.complaints, /a password is given but no username/);
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
