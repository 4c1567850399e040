import assert from "node:assert/strict";
import { svg } from "../../scripts/support/terminal_svg.ts";

Deno.test("a terminal as a picture has every line once, and nothing in them is markup", () => {
  const picture = svg(['$ echo "<b>&"', "", "<b>&", "x".repeat(100)]);
  assert.equal(picture.match(/<text /g)?.length, 4);
  assert.ok(picture.includes(">$ echo &quot;&lt;b>&amp;&quot;</text>"));
  assert.ok(picture.includes(">&lt;b>&amp;</text>"));
  const [, width = "0"] = /width="(\d+)"/.exec(picture) ?? [];
  assert.ok(Number(width) > 800);
});

Deno.test("the picture of the first page is one of this program", async () => {
  const picture = await Deno.readTextFile(new URL("../../.github/docs/terminal.svg", import.meta.url));
  for (const command of ["serve", "list", "call"]) assert.ok(picture.includes(`$ mcp-mqtt-proxy ${command}`), command);
});
