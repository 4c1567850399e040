import assert from "node:assert/strict";
import { backstopOf, timeoutOf } from "../../src/relay/timeouts.ts";

Deno.test("backstops are longer than what the MCP SDKs grant, and more so where much may have to be fetched", () => {
  const methods = ["ping", "tools/list", "tools/call", "sampling/createMessage"];
  for (const method of methods) assert.ok(backstopOf(method) >= 60_000, method);
  assert.equal(backstopOf("initialize"), 120_000);
});

Deno.test("a request that is meant to stay open may", () => {
  for (const method of ["subscriptions/listen", "tasks/result"]) assert.equal(backstopOf(method), Infinity);
});

Deno.test("a method that nobody has heard of has the longest time, whatever it is called", () => {
  for (const method of ["", "Tools/list", "constructor", "__proto__", "toString", "ping "]) {
    assert.equal(backstopOf(method), 600_000, method);
  }
});

Deno.test("what the user says holds for every method", () => {
  for (const method of ["ping", "subscriptions/listen"]) {
    assert.deepEqual([timeoutOf(method, { timeout: 5_000 }), timeoutOf(method, { timeout: Infinity })], [
      5_000,
      Infinity,
    ]);
  }
});
