import assert from "node:assert/strict";
import { optionsDocument } from "../../scripts/support/options_document.ts";

Deno.test("the document of options is the one that the settings make", async () => {
  const file = await Deno.readTextFile(new URL("../../.github/docs/options.md", import.meta.url));
  assert.equal(file, await optionsDocument(), "The settings are others now: run `deno task docs`");
});
