import assert from "node:assert/strict";
import { onOneLine, shortened, visibleText } from "../../src/core/text.ts";
import { visibleJson, visibleJsonText, visibleLine } from "../../src/cli/text.ts";

Deno.test("no control character reaches the terminal, of ASCII or behind it; lines and tabs do", () => {
  assert.equal(visibleText("a\u001b[2Jb\u009b2Jc\u007fd"), "a\\u001b[2Jb\\u009b2Jc\\u007fd");
  assert.equal(visibleText("a\r\nb\tc\nd\re"), "a\nb\tc\nd\\re");
  assert.equal(visibleLine(" a\n  b "), "a b");
});

Deno.test("no character turns the direction of the text around it, by which one name can look like another", () => {
  for (const code of [0x61c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069]) {
    const escape = `\\u${code.toString(16).padStart(4, "0")}`;
    const text = `a${String.fromCharCode(code)}b`;
    assert.deepEqual([visibleText(text), onOneLine(text)], [`a${escape}b`, `a${escape}b`]);
  }
  assert.equal(visibleText("שלום, wörld 👍"), "שלום, wörld 👍");
});

Deno.test("JSON stays the same value when a terminal can be shown it", () => {
  const value = { "a\u009b\u007f": ["\u202e\u2028\r\n\u001b[2J", "ü"] };
  for (const indentation of [undefined, 2]) {
    const json = visibleJson(value, indentation);
    assert.deepEqual(JSON.parse(json), value);
    // deno-lint-ignore no-control-regex -- none is to be found
    assert.doesNotMatch(json, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
  }
});

Deno.test("a stranger's JSON stays JSON, whatever stands between its parts", () => {
  const json = '{"a":\r"\u009b\u202e\\r",\r\n"b":\t[2574604874062343519,\r1.0]}';
  const visible = visibleJsonText(json);
  assert.deepEqual(JSON.parse(visible), JSON.parse(json));
  assert.ok(visible.includes("2574604874062343519") && visible.includes("1.0"));
  // deno-lint-ignore no-control-regex -- none is to be found
  assert.doesNotMatch(visible, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
});

Deno.test("a long text is cut between two characters", () => {
  assert.equal(shortened("a".repeat(200)), "a".repeat(200));
  assert.equal(shortened("a".repeat(201)), `${"a".repeat(199)}…`);
  assert.equal(shortened("aa👍bb", 4), "aa…");
});
