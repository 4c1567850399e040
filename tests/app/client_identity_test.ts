import assert from "node:assert/strict";
import { clientIdFor } from "../../src/app/client_identity.ts";

Deno.test("a client id says what it belongs to, is short, and is another one each time", () => {
  const ids = Array.from({ length: 1_000 }, () => clientIdFor("serve", undefined));
  assert.equal(new Set(ids).size, 1_000);
  // MQTT 3.1.1 has every broker take 23 characters of this kind (section 3.1.3.1), but for the hyphen.
  for (const id of ids) assert.match(id, /^mcp-serve-[0-9a-f]{10}$/);
  assert.match(clientIdFor("connect", undefined, "files"), /^mcp-connect-[0-9a-f]{10}$/);
});

Deno.test("a client id of the user's choice is used as it is, told apart where there are several connections", () => {
  assert.equal(clientIdFor("serve", "mine"), "mine");
  assert.equal(clientIdFor("serve", "mine", "files"), "mine-files");
});
