import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { executableName } from "../../scripts/support/executable.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/compile.ts", import.meta.url));
const MISSING = fileURLToPath(new URL("./there-is-no-such-runtime", import.meta.url));

for (
  const [what, runtime] of [["that cannot be made", MISSING], ["that is not the program", Deno.execPath()]] as const
) {
  Deno.test(`an executable ${what} leaves the one before it where it is, and nothing else`, async () => {
    const directory = await Deno.makeTempDir();
    const file = `${directory}/${executableName()}`;
    try {
      await Deno.writeTextFile(file, "the one before");
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", SCRIPT, "--output", directory],
        env: { DENORT_BIN: runtime },
        stdout: "null",
        stderr: "null",
      }).output();
      assert.ok(!success);
      assert.equal(await Deno.readTextFile(file), "the one before");
      assert.equal((await Array.fromAsync(Deno.readDir(directory))).length, 1);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
