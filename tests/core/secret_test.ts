import assert from "node:assert/strict";
import { inspect } from "node:util";
import { Secret } from "../../src/core/secret.ts";
import { Process } from "../support/proxy.ts";

const VALUE = "correct horse battery staple";
const secret = new Secret(VALUE);
const holder = { secret, list: [secret], nested: { deeper: { secret } }, map: new Map([["secret", secret]]) };

const WAYS: Readonly<Record<string, () => string>> = {
  "in a template": () => `${secret}`,
  "by String()": () => String(secret),
  "by concatenation": () => "" + secret,
  "as JSON": () => JSON.stringify(holder),
  "by Deno.inspect()": () => Deno.inspect(holder, { depth: Infinity, showHidden: true }),
  "by Deno.inspect() alone": () => Deno.inspect(secret),
  "by node's inspect()": () => inspect(holder, { depth: Infinity, showHidden: true }),
  "in an error's message": () => Deno.inspect(new Error(`with ${secret}`, { cause: holder })),
  "by its members": () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret)]),
};

for (const [way, print] of Object.entries(WAYS)) {
  Deno.test(`a secret is not shown ${way}`, () => {
    const printed = print();
    assert.ok(!printed.includes(VALUE), printed);
    if (way !== "by its members") assert.match(printed, /\[redacted\]/);
  });
}

Deno.test("a secret is not shown by the console", async () => {
  const module = new URL("../../src/core/secret.ts", import.meta.url).href;
  const script = `const { Secret } = await import("${module}"); const s = new Secret("${VALUE}");
    console.log(s, [s], { s }); console.error("%o %s %j", s, s, s); console.table([{ s }]); console.dir(s);`;
  await using process = new Process([Deno.execPath(), "eval", script]);
  assert.equal((await process.status).code, 0);
  await Promise.all([process.output.ended, process.errors.ended]);
  const printed = [...process.output.seen, ...process.errors.seen].join("\n");
  assert.match(printed, /\[redacted\]/);
  assert.ok(!printed.includes(VALUE), printed);
});

Deno.test("a secret is revealed to whoever asks for it by name", () => {
  assert.equal(secret.reveal(), VALUE);
});
