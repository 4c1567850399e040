import assert from "node:assert/strict";
import { toolArguments } from "../../../src/cli/call/tool_arguments.ts";
import { UsageError } from "../../../src/core/usage_error.ts";

const CASES: readonly [operands: readonly string[], expected: unknown][] = [
  [[], {}],
  [["path=/srv"], { path: "/srv" }],
  [["empty="], { empty: "" }],
  [["depth:=2", "deep:=true", "none:=null"], { depth: 2, deep: true, none: null }],
  [[`list:=["a=b"]`, `of:={"a":1}`], { list: ["a=b"], of: { a: 1 } }],
  [["url=http://host/?a:=b"], { url: "http://host/?a:=b" }],
  [["sum=1=1", "a b=c\nd"], { sum: "1=1", "a b": "c\nd" }],
  [[`{"text":"a=b"}`], { text: "a=b" }],
  [["-"], { from: "stdin" }],
  [["-", "to=here"], { from: "stdin", to: "here" }],
  [[`{"a":1,"b":1}`, "b:=2"], { a: 1, b: 2 }],
];

for (const [operands, expected] of CASES) {
  Deno.test(`${JSON.stringify(operands)} are the arguments ${JSON.stringify(expected)}`, async () => {
    const args = await toolArguments(operands, () => Promise.resolve('{"from":"stdin"}'));
    assert.deepEqual(args.value, expected);
  });
}

Deno.test("a name that means something to JavaScript is a name like any other", async () => {
  const args = await toolArguments(["__proto__=x", "constructor=y"], () => Promise.resolve(""));
  assert.equal(args.text, '{"__proto__":"x","constructor":"y"}');
});

Deno.test("arguments stay as they are written", async () => {
  const written = ' {"id":2574604874062343519, "10":1.0,"9":-0, "s":"\\u0041"} ';
  const none = () => Promise.resolve("");
  assert.equal((await toolArguments([written], none)).text, written);
  assert.equal((await toolArguments(["-"], () => Promise.resolve(`\uFEFF${written}\n`))).text, `${written}\n`);
  const both = await toolArguments([written, "9:=2574604874062343519", "new:=1.50"], none);
  assert.equal(both.text, '{"id":2574604874062343519,"10":1.0,"9":2574604874062343519,"s":"\\u0041","new":1.50}');
});

const MISTAKES: readonly [operands: readonly string[], problem: RegExp][] = [
  [["[]"], /must be a JSON object, such as '\{"path":"\/srv"\}', path=\/srv for a text/],
  [["word"], /must be a JSON object/],
  [["a=1", "word"], /an argument of the tool must be .*; it is: word/],
  [["a=1", "=x"], /it is: =x/],
  [["n:=many"], /what follows n:= must be JSON; it is: many \(n=many is a text\)/],
  [["-"], /must be a JSON object/],
];

for (const [operands, problem] of MISTAKES) {
  Deno.test(`${JSON.stringify(operands)} are no arguments`, async () => {
    const error = await toolArguments(operands, () => Promise.resolve("")).catch((error) => error);
    assert.ok(error instanceof UsageError);
    assert.match(error.problems.join(), problem);
  });
}
