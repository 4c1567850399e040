import assert from "node:assert/strict";
import { userProperties } from "../../src/config/user_properties.ts";

const plain = (value: unknown) => ({ ...userProperties.fromValue(value) });

Deno.test("user properties are given as NAME=VALUE, one after the other, or as an object", () => {
  assert.deepEqual(plain(["site=lab", "note=a=b", "empty="]), { site: "lab", note: "a=b", empty: "" });
  assert.deepEqual(plain(["a=1", "a=2", "a=3"]), { a: ["1", "2", "3"] });
  assert.deepEqual(plain({ a: ["1", "2"], b: "x" }), { a: ["1", "2"], b: "x" });
  assert.deepEqual({ ...userProperties.fromText("a=1 and more\nb=2\r\n") }, { a: "1 and more", b: "2" });
});

Deno.test("names that JavaScript knows are names like any other", () => {
  assert.deepEqual(Object.entries(userProperties.fromValue(["__proto__=a", "constructor=b"])), [
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
});

Deno.test("names of the proxy's own are refused, and so is what no property can be", () => {
  for (
    const [given, problem] of [
      [["mcp-seq=1"], /must not begin with mcp-/],
      [["MCP-COMPONENT-TYPE=x"], /must not begin with mcp-/],
      [["Mcp-x=x"], /must not begin with mcp-/],
      [["traceparent=x"], /must not be traceparent/],
      [["site"], /must be NAME=VALUE/],
      [["=x"], /must be NAME=VALUE/],
      [{ "": "x" }, /must have names/],
      [{ a: 1 }, /must have texts as values; "a" has something else/],
      [1, /must be an object/],
      [["a=\u0000"], /must not have control characters; "a" has/],
      [["a=\ud800"], /must not have control characters/],
      [Array.from({ length: 33 }, (_, index) => `a${index}=x`), /may be given 32 times at most/],
      [[`a=${"x".repeat(5_000)}`], /may have 4096 bytes at most.*there are 5001/],
    ] as const
  ) {
    assert.throws(() => userProperties.fromValue(given), problem);
  }
});

Deno.test("a problem with user properties does not repeat a value, which may be a token", () => {
  for (const given of [["mcp-token=geheim"], ["geheim"], ["a=geheim\u0007"], [`a=${"geheim".repeat(1_000)}`]]) {
    assert.throws(() => userProperties.fromValue(given), (error) => !String(error).includes("geheim"));
  }
});
