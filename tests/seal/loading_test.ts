/**
 * What has to do with keys is loaded only where there are some: it needs `node:crypto`, which takes 20 ms.
 *
 * @module
 */
import assert from "node:assert/strict";
import { allDeclarations } from "../../src/cli/commands.ts";
import { ROOT } from "../support/source_files.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly { readonly code?: { readonly specifier?: string }; readonly isDynamic?: boolean }[];
}

/** The modules that Deno loads together with a file, before any of them runs. */
async function loadedWith(file: string): Promise<ReadonlySet<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", file], cwd: ROOT }).output();
  const { roots, modules }: { roots: string[]; modules: Module[] } = JSON.parse(new TextDecoder().decode(stdout));
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set(roots);
  for (const one of loaded) {
    for (const { code, isDynamic = false } of known.get(one)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) loaded.add(code.specifier);
    }
  }
  return loaded;
}

const COMMANDS = (await allDeclarations()).map(({ name }) => name).filter((name) => name !== "key");

for (const file of ["main.ts", ...COMMANDS.map((name) => `src/cli/${name}/action.ts`)]) {
  Deno.test(`${file} loads nothing of keys and no cryptography, unless it is given a key`, async () => {
    const loaded = [...await loadedWith(file)];
    assert.ok(loaded.length > 1, "Deno says what is loaded");
    // The gateway hashes names.
    const late = file.includes("/gateway/") ? /\/src\/seal\// : /\/src\/seal\/|^node:crypto$/;
    assert.deepEqual(loaded.filter((one) => late.test(one)), []);
  });
}
