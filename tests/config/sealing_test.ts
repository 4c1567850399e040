import assert from "node:assert/strict";
import { dirname } from "node:path";
import {
  AUTHORIZED_KEY_SETTINGS,
  BROKER_SETTINGS,
  brokerConfig,
  readBrokerFiles,
  readKnownKeys,
  readServerSealing,
  resolve,
  sealKeyProblem,
} from "../../src/config/mod.ts";
import { keyFiles } from "../support/keys.ts";

const ignore = Deno.build.os === "windows";

async function configWith(key: string) {
  const flags = { key };
  return brokerConfig(await readBrokerFiles(resolve(BROKER_SETTINGS, { flags, environment: () => undefined }), flags));
}

Deno.test({
  name: "a key that others can read is told of",
  ignore,
  fn: async () => {
    await using keys = await keyFiles();
    const [, file = ""] = keys.serve;
    for (const [mode, count] of [[0o600, 0], [0o640, 0], [0o604, 1]] as const) {
      await Deno.chmod(file, mode);
      const { warnings } = await configWith(file);
      const found = warnings.filter((warning) => /--key can be read by others .* chmod 600 /.test(warning));
      assert.equal(found.length, count, mode.toString(8));
    }
  },
});

Deno.test({
  name: "a file that says whom to trust is told of when others can change or replace it",
  ignore,
  fn: async () => {
    await using keys = await keyFiles();
    const known = await keys.file("servers.txt", `echo ${keys.serverKey}\n`);
    const broker = await configWith(keys.serve[1] ?? "");
    const flags = { authorizedKeys: keys.authorizedKeys };
    const authorized = resolve(AUTHORIZED_KEY_SETTINGS, { flags, environment: () => undefined });
    const directory = dirname(known);
    const warnings: string[] = [];
    const read = async (): Promise<string[]> => {
      await readKnownKeys(known, (text) => warnings.push(text));
      await readServerSealing(authorized, broker, (text) => warnings.push(text));
      return warnings.splice(0).map((text) => text.replace(/ by others.*/, ""));
    };
    assert.deepEqual(await read(), []);
    await Deno.chmod(known, 0o666);
    await Deno.chmod(keys.authorizedKeys, 0o602);
    assert.deepEqual(await read(), ["--known-servers can be changed", "--authorized-keys can be changed"]);
    await Deno.chmod(known, 0o664);
    await Deno.chmod(keys.authorizedKeys, 0o600);
    await Deno.chmod(directory, 0o777);
    assert.deepEqual(await read(), ["--known-servers can be replaced", "--authorized-keys can be replaced"]);
    await Deno.chmod(directory, 0o1777);
    assert.deepEqual(await read(), []);
  },
});

Deno.test("what is wrong with a key is said without it", async () => {
  await using keys = await keyFiles();
  const text = await Deno.readTextFile(keys.serve[1] ?? "");
  assert.equal(await sealKeyProblem(await configWith(text)), undefined);
  const wrong = text.replace(/(mcp1-private-.)./, "$1_");
  const problem = await sealKeyProblem(await configWith(wrong)) ?? "";
  assert.match(problem, /typing error/);
  assert.ok(!problem.includes("private-"));
});
