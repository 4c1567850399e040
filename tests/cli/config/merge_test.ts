import assert from "node:assert/strict";
import { mergeIntoText } from "../../../src/cli/config/merge.ts";

const ADDITION = { servers: { files: { command: "new" } } };

/** Text before, what is put in, text after. */
const CASES: readonly [what: string, before: string, addition: Record<string, unknown>, after: string][] = [
  [
    "an entry behind the others, in their layout",
    '{\n\t"n": 2574604874062343519,\n\t"servers": {\n\t\t"10": {"a":1.0},\n\t\t"9":  {}\n\t}\n}\n',
    ADDITION,
    '{\n\t"n": 2574604874062343519,\n\t"servers": {\n\t\t"10": {"a":1.0},\n\t\t"9":  {},\n' +
    '\t\t"files": {\n\t\t\t"command": "new"\n\t\t}\n\t}\n}\n',
  ],
  [
    "an entry in the place of its namesake",
    '{\n  "servers": {\n    "files": { "command": "old" },\n    "z": 1e400\n  }\n}',
    ADDITION,
    '{\n  "servers": {\n    "files": {\n      "command": "new"\n    },\n    "z": 1e400\n  }\n}',
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
  [
    "an item in the place of the one with its id",
    '{"inputs": [{"id":"mqtt","old":1},{"id":"token"}]}',
    { inputs: [{ id: "mqtt" }] },
    '{"inputs": [{"id":"mqtt"},{"id":"token"}]}',
  ],
  ["a file with a byte order mark", '\uFEFF{"a":1}', { b: { c: 2 } }, '\uFEFF{"a":1, "b": {"c":2}}'],
];

for (const [what, before, addition, after] of CASES) {
  Deno.test(`merging: ${what}, and every other byte stays`, () => {
    assert.equal(mergeIntoText(before, addition), after);
  });
}

Deno.test("merging twice changes nothing the second time", () => {
  for (const [, , addition, after] of CASES) assert.equal(mergeIntoText(after, addition), after);
});

Deno.test("merging into a file whose servers are no object is refused", () => {
  assert.throws(
    () => mergeIntoText('{"mcpServers":[]}', { mcpServers: { a: {} } }),
    /its "mcpServers" is not an object/,
  );
  assert.throws(() => mergeIntoText('{"inputs":{}}', { inputs: [] }), /its "inputs" is not a list/);
});
