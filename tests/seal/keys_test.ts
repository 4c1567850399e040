import assert from "node:assert/strict";
import {
  KeyError,
  privateKeyFile,
  publicKeyText,
  readAuthorizedKeys,
  readKnownServers,
  readPrivateKeyFile,
  readPublicKey,
} from "../../src/seal/keys.ts";
import { generateKeyPair } from "../../src/seal/primitives.ts";

const PAIR = generateKeyPair();
const KEY = publicKeyText(PAIR.publicKey);
const FILE = privateKeyFile(PAIR);

Deno.test("a public key as text is one word that begins with mcp1, and reads back", () => {
  assert.match(KEY, /^mcp1[\w-]{48}$/);
  assert.deepEqual(readPublicKey(KEY), PAIR.publicKey);
});

Deno.test("the file of a private key names the public one, and reads back", () => {
  assert.ok(FILE.includes(KEY));
  assert.deepEqual(readPrivateKeyFile(FILE).publicKey, PAIR.publicKey);
  assert.deepEqual(readPrivateKeyFile(`\ufeff${FILE.replaceAll("\n", "\r\n")}`).publicKey, PAIR.publicKey);
});

Deno.test("one wrong character in a key is found, and no error repeats a private key", () => {
  for (let position = 4; position < KEY.length; position++) {
    const wrong = KEY.slice(0, position) + (KEY[position] === "A" ? "B" : "A") + KEY.slice(position + 1);
    assert.throws(() => readPublicKey(wrong), KeyError);
  }
  const secret = FILE.split("\n")[1] ?? "";
  for (const text of [secret.slice(0, -1), `${secret}x`, `${secret}\n${secret}`, "", KEY]) {
    assert.throws(() => readPrivateKeyFile(text), (error: Error) => {
      return error instanceof KeyError && !error.message.includes(secret.slice(13, 30));
    });
  }
  assert.throws(() => readPublicKey(secret), /is a private key/);
});

Deno.test("authorized keys are a key and a name a line; known servers the other way round", () => {
  const text = `# clients\n\n${KEY} Ada's laptop \r\n`;
  assert.deepEqual([...readAuthorizedKeys(text)], [[KEY, "Ada's laptop"]]);
  assert.deepEqual([...readKnownServers(`files ${KEY}\n`)], [["files", PAIR.publicKey]]);
});

for (
  const [text, problem] of [
    [KEY, /line 1, which has to have a key and a name/],
    [`# x\nfiles ${KEY}`, /line 2, which is no public key/],
    [`${KEY.slice(0, -3)} x`, /line 1, which is not a whole key/],
  ] as const
) {
  Deno.test(`a mistake in a list of keys is told with its line: ${problem.source}`, () => {
    assert.throws(() => readAuthorizedKeys(text), problem);
  });
}

Deno.test("a server that is known by two keys is a mistake", () => {
  assert.throws(() => readKnownServers(`a ${KEY}\na ${KEY}\n`), /names the server "a" twice/);
});
