import assert from "node:assert/strict";
import { readArguments } from "../../src/cli/arguments.ts";
import { allDeclarations } from "../../src/cli/commands.ts";

const { settings: SERVE } = (await allDeclarations()).find(({ name }) => name === "serve") ?? { settings: {} };

const RIGHT: readonly [what: string, args: readonly string[], flags: object, operands: readonly string[]][] = [
  ["nothing", [], {}, []],
  ["a flag and its value", ["--name", "a"], { name: "a" }, []],
  ["a value behind an equals sign", ["--name=a=b"], { name: "a=b" }, []],
  ["empty values", ["--name", "", "--description="], { name: "", description: "" }, []],
  ["a value that looks like a flag", ["--name", "--qos"], { name: "--qos" }, []],
  ["switches", ["--no-share", "--insecure-tls"], { noShare: true, insecureTls: true }, []],
  ["two values for one", ["--name", "a", "--name", "b"], { name: "b" }, []],
  [
    "a repeatable flag",
    ["--env", "A=1", "B=2", "--env=C=3", "--name", "x", "--env", "D=4"],
    { env: ["A=1", "B=2", "C=3", "D=4"], name: "x" },
    [],
  ],
  ["a flag by its earlier name", ["--broker-profile", "aws"], { brokerPreset: "aws" }, []],
  ["operands around a flag", ["a", "--name", "b", "-", "c"], { name: "b" }, ["a", "-", "c"]],
  ["a command behind --", ["--name", "b", "--", "x", "--name", "--", "-h"], { name: "b" }, ["x", "--name", "--", "-h"]],
];

for (const [what, args, flags, operands] of RIGHT) {
  Deno.test(`a command line is read: ${what}`, () => {
    assert.deepEqual(readArguments(SERVE, args), { flags, operands });
  });
}

for (const args of [["--frob"], ["-h"], ["--help"], ["--name"], ["a", "--no-share=1"], ["--nam", "x"]]) {
  Deno.test(`a command line is left to be explained: ${args.join(" ")}`, () => {
    assert.equal(readArguments(SERVE, args), undefined);
  });
}
