import assert from "node:assert/strict";
import type { CredentialSource } from "../../src/config/mod.ts";
import { UsageError } from "../../src/core/usage_error.ts";
import { readCredentials } from "../../src/smcp/mod.ts";
import { Feed } from "../support/bytes.ts";

const UNIX = Deno.build.os !== "windows";

async function read(source: CredentialSource, { stdin = "", variables = {} as Record<string, string> } = {}) {
  const environment = {
    toObject: () => ({ ...variables }),
    delete: (name: string) => {
      delete variables[name];
    },
  };
  const { credentials, rest } = await readCredentials(source, { stdin: new Feed().push(stdin).end(), environment });
  return {
    values: Object.fromEntries([...credentials].map(([key, secret]) => [key, secret.reveal()])),
    rest: new TextDecoder().decode(rest),
    variables,
  };
}

async function withFile(content: string, mode: number, body: (file: string) => Promise<void>): Promise<void> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, content);
    if (UNIX) await Deno.chmod(file, mode);
    await body(file);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("credentials come from a file that only its owner can read", async () => {
  await withFile('{\n  "A": "1",\n  "B": ""\n}\n', 0o600, async (file) => {
    assert.deepEqual((await read({ kind: "file", file })).values, { A: "1", B: "" });
  });
});

Deno.test({
  name: "a credentials file that group or others can read is refused, with the command that mends it",
  ignore: !UNIX,
  fn: async () => {
    for (const mode of [0o640, 0o604, 0o660]) {
      await withFile('{"A":"1"}', mode, async (file) => {
        await assert.rejects(read({ kind: "file", file }), (error) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, /can be read by others than its owner: run chmod 600 /);
          return true;
        });
      });
    }
  },
});

Deno.test("a credentials file that is missing or is no JSON object of strings is refused without quoting it", async () => {
  await assert.rejects(
    read({ kind: "file", file: "/no/such/file" }),
    /--credentials-file \/no\/such\/file cannot be read: /,
  );
  await assert.rejects(read({ kind: "file", file: '{"MQTT_PASS":"secret"}' }), (error: Error) => {
    assert.match(error.message, /--credentials-file is no file that can be read; its value is not shown/);
    assert.doesNotMatch(error.message, /secret"/);
    return true;
  });
  for (
    const content of ["MQTT_PASS=secret", '{"MQTT_PASS":"secret"', '["secret"]', '{"MQTT_PORT":null,"P":"secret"}']
  ) {
    await withFile(content, 0o600, async (file) => {
      await assert.rejects(read({ kind: "file", file }), (error: Error) => {
        assert.match(error.message, /is not (?:JSON|a JSON object of texts, numbers and booleans), such as/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });
  }
});

Deno.test("credentials come from the output of a command", async () => {
  const command = UNIX ? `printf '{"A":"%s"}\\n' "1 2"` : `echo {"A":"1 2"}`;
  assert.deepEqual((await read({ kind: "command", command })).values, { A: "1 2" });
});

Deno.test("a command that fails is refused, whatever it printed", async () => {
  const command = UNIX ? `echo '{"A":"secret"}'; exit 3` : `exit 3`;
  await assert.rejects(read({ kind: "command", command }), /--credentials-command failed with exit code 3/);
});

Deno.test("credentials come from variables with a prefix, which are taken out of the environment", async () => {
  const variables = { CRED_A: "1", CRED_B: "", OTHER: "x", CRED_: "y" };
  const found = await read({ kind: "environment", prefix: "CRED_" }, { variables });
  assert.deepEqual(found.values, { A: "1", B: "" });
  assert.deepEqual(found.variables, { OTHER: "x", CRED_: "y" });
  await assert.rejects(read({ kind: "environment", prefix: "NONE_" }), /no variable that begins with NONE_/);
});

Deno.test("credentials come from the first line of stdin, and what is behind it is kept", async () => {
  const found = await read({ kind: "stdin" }, { stdin: '{"A":"1"}\n{"jsonrpc":"2.0"' });
  assert.deepEqual(found.values, { A: "1" });
  assert.equal(found.rest, '{"jsonrpc":"2.0"');
});

Deno.test({
  name: "a credentials file that is no file is refused at once, and not waited for",
  ignore: !UNIX,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    const fifo = `${directory}/fifo`;
    await new Deno.Command("mkfifo", { args: ["-m", "600", fifo] }).output();
    for (const file of [fifo, directory]) {
      await assert.rejects(read({ kind: "file", file }), /is not a file$/);
    }
    await Deno.remove(directory, { recursive: true });
  },
});
