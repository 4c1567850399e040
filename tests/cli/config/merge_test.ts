/**
 * Putting an entry into files that people have written, in every way that their format allows.
 *
 * @module
 */
import assert from "node:assert/strict";
import { UnsupportedSyntax } from "../../../src/cli/config/formats/format.ts";
import { JSON_FORMAT } from "../../../src/cli/config/formats/json.ts";
import { TOML_FORMAT } from "../../../src/cli/config/formats/toml.ts";
import { YAML_FORMAT } from "../../../src/cli/config/formats/yaml.ts";
import { conflictingEntry, mergeText } from "../../../src/cli/config/merge.ts";
import { fc } from "../../support/properties.ts";

const ENTRY = { command: "new", args: ["--name", "files"] };
const SERVERS = { mcpServers: { files: ENTRY } };

/** Whether every character of `part` is in `whole`, in this order: nothing was taken away. */
function isKept(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole) if (character === part[at]) at++;
  return at === part.length;
}

const ADDITION = { servers: { files: { command: "new" } } };

/** What is put into JSON, and the text before and after. */
const CASES: readonly [what: string, before: string, addition: Record<string, unknown>, after: string][] = [
  [
    "an entry behind the others, in their layout",
    '{\n\t"n": 2574604874062343519,\n\t"servers": {\n\t\t"10": {"a":1.0},\n\t\t"9":  {}\n\t}\n}\n',
    ADDITION,
    '{\n\t"n": 2574604874062343519,\n\t"servers": {\n\t\t"10": {"a":1.0},\n\t\t"9":  {},\n' +
    '\t\t"files": {\n\t\t\t"command": "new"\n\t\t}\n\t}\n}\n',
  ],
  [
    "the line of its namesake into the place of the old one",
    '{\n  "servers": {\n    "files": { "command": "old" },\n    "z": 1e400\n  }\n}',
    ADDITION,
    '{\n  "servers": {\n    "files": { "command": "new" },\n    "z": 1e400\n  }\n}',
  ],
  [
    "servers into a file without any",
    '{\r\n    "theme": "dark"\r\n}\r\n',
    ADDITION,
    '{\r\n    "theme": "dark",\r\n    "servers": {\r\n        "files": {\r\n            "command": "new"\r\n        }' +
    "\r\n    }\r\n}\r\n",
  ],
  ["a file of one line", '{"servers":{"a":{}}}', ADDITION, '{"servers":{"a":{}, "files": {"command":"new"}}}'],
  [
    "an empty file",
    "{}\n",
    ADDITION,
    '{\n  "servers": {\n    "files": {\n      "command": "new"\n    }\n  }\n}\n',
  ],
  ["an empty list of servers", '{ "servers": {} }', ADDITION, '{ "servers": { "files": {"command":"new"} } }'],
  [
    "an item behind the others of its list",
    '{"inputs": [{"id":"token", "x":1.0}]}',
    { inputs: [{ id: "mqtt" }] },
    '{"inputs": [{"id":"token", "x":1.0}, {"id":"mqtt"}]}',
  ],
  ["a file with a byte order mark", '\uFEFF{"a":1}', { b: { c: 2 } }, '\uFEFF{"a":1, "b": {"c":2}}'],
];

for (const [what, before, addition, after] of CASES) {
  Deno.test(`merging puts ${what}, and every other byte stays`, () => {
    assert.equal(mergeText(JSON_FORMAT, before, addition), after);
    assert.equal(mergeText(JSON_FORMAT, after, addition), after);
  });
}

/** White space and comments, as they may be between any two words of JSON. */
const gap = fc.constantFrom("", "", " ", "\n", "\n\t", "\r\n  ", " // it's {\n", " /* a, b */ ", "\n  // [\n  ");
const comma = fc.constantFrom("", ",");

/** An object or a list of JSON in any handwriting. */
const { object } = fc.letrec<{ object: string; value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("1", "null", '"a \\"}, //"', "true", "[]", "{}", '[ 1, /* , */ "]" ]'),
    tie("object"),
  ),
  object: fc.tuple(
    fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c", "d"), tie("value"), gap, gap, gap), {
      maxLength: 3,
      selector: ([name]) => name,
    }),
    gap,
    comma,
  ).map(([members, inner, last]) => {
    const written = members.map(([name, value, a, b, c]) => `${a}"${name}"${b}:${c}${value}`);
    return `{${written.join(",")}${written.length === 0 ? "" : last}${inner}}`;
  }),
}));

Deno.test("an entry is put into JSON in any handwriting, and nothing is taken away", () => {
  fc.assert(fc.property(object, object, gap, comma, (others, servers, space, last) => {
    for (
      const text of [
        `${space}${others}${space}`,
        `{${space}"before": ${others},${space}"mcpServers"${space}:${space}${servers}${last}${space}}`,
      ]
    ) {
      const after = mergeText(JSON_FORMAT, text, SERVERS);
      const before = JSON_FORMAT.parse(text);
      const there = Object(before.mcpServers);
      assert.deepEqual(JSON_FORMAT.parse(after), { ...before, mcpServers: { ...there, ...SERVERS.mcpServers } });
      // White space in an object without members is not kept.
      const words = (text: string) => text.replaceAll(/\s/g, "");
      assert.ok(isKept(words(text), words(after)), after);
      assert.equal(mergeText(JSON_FORMAT, after, SERVERS), after);
    }
  }));
});

Deno.test("what somebody has added to an entry stays when the same server gets another line", () => {
  const text = `{
  "mcpServers": {
    "files": {
      "command": "old", // installed by hand
      "args": ["--name", "files"],
      "autoApprove": ["read"],
      "env": { "PATH": "/bin" }
    }
  }
}
`;
  const entry = { ...ENTRY, env: { MQTT_PASSWORD: "${MQTT_PASSWORD}" } };
  assert.equal(
    mergeText(JSON_FORMAT, text, { mcpServers: { files: entry } }),
    text.replace('"old"', '"new"').replace('"/bin"', '"/bin", "MQTT_PASSWORD": "${MQTT_PASSWORD}"'),
  );
});

Deno.test("an entry for another server is in the way, and is replaced as a whole", () => {
  const text = '{"mcpServers": {"files": {"command": "x", "args": ["--name", "other"], "disabled": true}, "z": 1}}';
  assert.equal(conflictingEntry(JSON_FORMAT, text, "mcpServers", SERVERS), "files");
  assert.deepEqual(JSON.parse(mergeText(JSON_FORMAT, text, SERVERS)), { mcpServers: { ...SERVERS.mcpServers, z: 1 } });
});

Deno.test("an empty file and one with white space only get what a new one has", () => {
  for (const format of [JSON_FORMAT, TOML_FORMAT, YAML_FORMAT]) {
    assert.equal(mergeText(format, " \n", SERVERS), format.print(SERVERS));
    assert.deepEqual(JSON.parse(JSON.stringify(format.parse(format.print(SERVERS)))), SERVERS);
  }
});

Deno.test("a list of questions gets one that it does not have, and keeps those that it has", () => {
  const question = { inputs: [{ id: "password", description: "new" }] };
  for (const text of ['{ "inputs": [] }', '{ "inputs": [{ "id": "x" }, ] }', "{}"]) {
    const { inputs } = JSON_FORMAT.parse(mergeText(JSON_FORMAT, text, question));
    assert.deepEqual((inputs as unknown[]).at(-1), question.inputs[0]);
  }
  const mine = '{ "inputs": [{ "id": "password", "description": "mine" }] }';
  assert.equal(mergeText(JSON_FORMAT, mine, question), mine);
});

/** Files of TOML in which `[mcpServers.files]` can be put, and what they are with it. */
const ADDED = '[mcpServers.files]\ncommand = "new"\nargs = ["--name", "files"]\n';
const TOML_FILES: readonly (readonly [before: string, after: string])[] = [
  ["a = 1", `a = 1\n\n${ADDED}`],
  [
    '[mcpServers.files]\ncommand = "old"\nargs = [\n  "--name", # which\n  "files",\n]\n\n# mine\n[x]\ny = 1\n',
    `${ADDED}\n# mine\n[x]\ny = 1\n`,
  ],
  [
    '[mcpServers."files"]\ncommand = "old"\nargs = ["--name", "files"]\nenabled = false\n[mcpServers.files.tools.a]\nb = 1\n',
    `${ADDED}enabled = false\n[mcpServers.files.tools.a]\nb = 1\n`,
  ],
  ['[mcpServers]\nother = { command = "x" }\n', `[mcpServers]\nother = { command = "x" }\n\n${ADDED}`],
];

for (const [before, after] of TOML_FILES) {
  Deno.test(`TOML gets its table: ${JSON.stringify(before.slice(0, 40))}`, () => {
    assert.equal(mergeText(TOML_FORMAT, before, SERVERS), after);
  });
}

Deno.test("TOML that has the servers in one line, or what looks like them in a text, is left alone", () => {
  for (
    const text of ['mcpServers = { other = { command = "x" } }\n', 'text = """\n[mcpServers.files]\n"""\n', "a =\n"]
  ) {
    assert.throws(() => mergeText(TOML_FORMAT, text, SERVERS), UnsupportedSyntax, text);
  }
});

const YAML_ADDED = '  files:\n    command: "new"\n    args: ["--name","files"]\n';
const YAML_FILES: readonly (readonly [before: string, after: string])[] = [
  ["a: 1", `a: 1\nmcpServers:\n${YAML_ADDED}`],
  ["mcpServers: {}\nb: 2\n", `mcpServers:\n${YAML_ADDED}b: 2\n`],
  ["mcpServers:\nb: 2\n", `mcpServers:\n${YAML_ADDED}b: 2\n`],
  [
    "mcpServers:\n  x:\n    a: |\n      text\n\n# mine\nb: 2\n",
    `mcpServers:\n  x:\n    a: |\n      text\n${YAML_ADDED}\n# mine\nb: 2\n`,
  ],
  [
    "mcpServers:\n  files: # here\n    command: old\n    args:\n    - --name\n    - files\n    timeout: 5\n  y: 1 # last",
    `mcpServers:\n${YAML_ADDED}    timeout: 5\n  y: 1 # last`,
  ],
];

for (const [before, after] of YAML_FILES) {
  Deno.test(`YAML gets its member: ${JSON.stringify(before.slice(0, 40))}`, () => {
    assert.equal(mergeText(YAML_FORMAT, before, SERVERS), after);
  });
}

Deno.test("YAML that has the servers in one line, or no map at all, is left alone", () => {
  for (const text of ["mcpServers: { a: 1 }\n", "- a\n", "a: [\n", "mcpServers: 5\n"]) {
    assert.throws(() => mergeText(YAML_FORMAT, text, SERVERS), UnsupportedSyntax, text);
  }
});
