import assert from "node:assert/strict";
import { visibleText } from "../../src/core/text.ts";
import { visibleLine } from "../../src/cli/text.ts";

Deno.test("no control character reaches the terminal, of ASCII or behind it; lines and tabs do", () => {
  assert.equal(visibleText("a\u001b[2Jb\u009b2Jc\u007fd"), "a\\u001b[2Jb\\u009b2Jc\\u007fd");
  assert.equal(visibleText("a\r\nb\tc\nd\re"), "a\nb\tc\nd\\re");
  assert.equal(visibleLine(" a\n  b "), "a b");
});
