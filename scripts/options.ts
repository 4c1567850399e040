/**
 * Writes the document of all options: `deno task docs`.
 *
 * @module
 */
import { optionsDocument } from "./support/options_document.ts";

await Deno.writeTextFile(new URL("../.github/docs/options.md", import.meta.url), await optionsDocument());
