import assert from "node:assert/strict";
import { hostCheck } from "../../../src/observe/status/host_check.ts";

const NAMES = [
  "localhost",
  "127.0.0.1",
  "127.8.8.8",
  "[::1]",
  "10.0.0.1",
  "[fe80::1]",
  "gateway",
  "gateway.local",
] as const;

const CASES: readonly [address: string, allowed: readonly string[]][] = [
  ["127.0.0.1", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"]],
  ["::1", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"]],
  ["localhost", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"]],
  ["0.0.0.0", NAMES],
  ["::", NAMES],
  ["10.0.0.1", NAMES],
];

for (const [address, allowed] of CASES) {
  Deno.test(`a status on ${address} can be asked for as ${allowed.join(", ")}, and by no web page's name`, () => {
    const check = hostCheck(address, ["Gateway"], ["prometheus-target"]);
    assert.deepEqual(NAMES.filter((name) => check(name)), allowed);
    assert.ok(check("prometheus-target"), "what the user allows");
    assert.ok(check(undefined), "who is no browser");
    for (const name of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "gateway.evil.example"]) {
      assert.ok(!check(name), name);
    }
  });
}
