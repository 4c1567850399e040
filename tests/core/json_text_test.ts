import assert from "node:assert/strict";
import { JsonText } from "../../src/core/json_text.ts";
import { fc, holds } from "../support/properties.ts";

Deno.test("the parts of a text are texts, as they were written", () => {
  const text = JsonText.parse(' {"a": [1.0, {"b":"\\u00e4"}, 2574604874062343519], "10": -0, "9": null} ');
  assert.equal(text.get("a")?.text, '[1.0, {"b":"\\u00e4"}, 2574604874062343519]');
  assert.deepEqual(text.get("a")?.elements.map(({ text }) => text), ["1.0", '{"b":"\\u00e4"}', "2574604874062343519"]);
  assert.deepEqual(text.members.map(([name, { text }]) => [name, text]).slice(1), [["10", "-0"], ["9", "null"]]);
  assert.equal(text.get("a")?.elements[1]?.get("b")?.value, "ä");
  assert.equal(text.get("none"), undefined);
  assert.deepEqual([text.elements, text.get("a")?.members], [[], []]);
});

Deno.test("what is no JSON is refused", () => {
  for (const text of ["", "{", '{"a":01}', "[1,]"]) assert.throws(() => JsonText.parse(text), SyntaxError);
});

Deno.test("an object is put together from names and texts", () => {
  const members = [["a\n", JsonText.parse("1.0")], ["__proto__", JsonText.from("x")]] as const;
  assert.equal(JsonText.object(members).text, '{"a\\n":1.0,"__proto__":"x"}');
});

Deno.test("any value is indented as JSON.stringify() does it", () => {
  holds(fc.json({ maxDepth: 5 }), (json) => {
    const expected = JSON.stringify(JSON.parse(json), undefined, 2);
    assert.equal(JsonText.parse(expected).indented, expected);
    assert.equal(JsonText.from(JSON.parse(json)).indented, expected);
  });
});
