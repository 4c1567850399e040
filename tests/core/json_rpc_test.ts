import assert from "node:assert/strict";
import { findMember } from "../../src/core/json_scan.ts";
import { idAt, idKey, type MessageKind, scanEnvelope } from "../../src/core/json_rpc.ts";
import { fc, holds } from "../support/properties.ts";

const encoder = new TextEncoder();

function scan(text: string) {
  return scanEnvelope(encoder.encode(text));
}

const KINDS: readonly [text: string, kind: MessageKind][] = [
  ['{"jsonrpc":"2.0","id":1,"method":"ping"}', "request"],
  ['{"id":0,"method":"ping"}', "request"],
  ['{"id":"","method":"ping"}', "request"],
  ['{"id":-1,"method":"ping"}', "request"],
  ['{"id":1.5e3,"method":"ping"}', "request"],
  ['{"method":"ping","id":"ü \\u0000 \\" \\\\"}', "request"],
  ['{"id":1,"method":"ping","result":{}}', "request"],
  ['{"method":"notifications/initialized"}', "notification"],
  ['{"method":""}', "notification"],
  ['{"id":1,"result":{}}', "response"],
  ['{"id":"a","error":{"code":1,"message":""}}', "response"],
  ['{"id":null,"error":{"code":-32700,"message":"Parse error"}}', "response"],
  ['{"id":1,"result":null}', "response"],
  ['{"id":null,"method":"ping"}', "other"],
  ['{"id":{"a":1},"method":"ping"}', "other"],
  ['{"id":[1],"result":1}', "other"],
  ['{"id":true,"result":1}', "other"],
  ['{"id":1}', "other"],
  ['{"result":1}', "other"],
  ['{"id":1,"method":7}', "other"],
  ["{}", "other"],
  ["[]", "other"],
  ['[{"id":1,"method":"ping"}]', "other"],
  ["", "malformed"],
  ["   ", "malformed"],
  ["null", "malformed"],
  ["7", "malformed"],
  ['"text"', "malformed"],
  ["Listening on port 3000", "malformed"],
  ["{", "malformed"],
  ['{"id":1', "malformed"],
  ['{"id":1,}', "malformed"],
  ["{,}", "malformed"],
  ['{"id" 1}', "malformed"],
  ["{'id':1}", "malformed"],
  ['{"id":01,"method":"a"}', "malformed"],
  ['{"id":1 2,"method":"a"}', "malformed"],
  ['{"id":NaN,"method":"a"}', "malformed"],
  ['{"id":1,"method":"a"} x', "malformed"],
  ['{"id":1,"method":"a"}{"id":2}', "malformed"],
  ['{"id":"a\\x","method":"a"}', "malformed"],
  ['{"id":1,"method":"\\u12"}', "malformed"],
  ['{"id":1,"method":"a', "malformed"],
  ['{"id":1,"method":"a\\"}', "malformed"],
  ["[1", "malformed"],
  ["[1] 2", "malformed"],
  ["\uFEFF{}", "malformed"],
];

for (const [text, kind] of KINDS) {
  Deno.test(`scanEnvelope() takes ${text === "" ? "nothing" : text} for ${kind}`, () => {
    assert.equal(scan(text).kind, kind);
  });
}

Deno.test("scanEnvelope() keeps the spelling of an id", () => {
  for (
    const id of ["7", "-0", "1.0", "1e2", "9007199254740993", "123456789012345678901234567890", '"\\u0061"', '"ü"']
  ) {
    assert.equal(scan(`{"id" : ${id} , "method":"a"}`).id, id);
  }
});

Deno.test("scanEnvelope() decodes keys and methods that are written with escapes", () => {
  const { kind, id, method } = scan('{"\\u0069d":1,"m\\u0065thod":"tools\\/c\\u0061ll"}');
  assert.deepEqual({ kind, id, method }, { kind: "request", id: "1", method: "tools/call" });
});

Deno.test("scanEnvelope() is not misled by what stands deeper than the top level", () => {
  const text = '{"params":{"id":2,"method":"inner","x":["}",{"id":3}]},"id":1,"method":"outer","_meta":{"result":1}}';
  const { kind, id, method } = scan(text);
  assert.deepEqual({ kind, id, method }, { kind: "request", id: "1", method: "outer" });
});

Deno.test("scanEnvelope() lets the last of repeated keys count, whatever it is", () => {
  assert.deepEqual(scan('{"id":1,"id":2,"method":"a","method":"b"}'), {
    kind: "request",
    id: "2",
    key: 2,
    method: "b",
  });
  assert.deepEqual(scan('{"id":1,"method":"a","method":7}'), {
    kind: "other",
    id: "1",
    key: undefined,
    method: undefined,
  });
});

Deno.test("scanEnvelope() keeps every character of a method, a byte order mark included", () => {
  for (const method of ["\uFEFFa", "\uFEFF" + "a".repeat(100), "ü".repeat(100), "\u0000", "😀"]) {
    assert.equal(scan(JSON.stringify({ method })).method, method);
  }
});

Deno.test("scanEnvelope() reads a message with strings of any length around its chunk sizes", () => {
  for (const length of [0, 1, 30, 31, 32, 33, 63, 64, 65, 96, 97, 65_535, 65_536, 65_631, 65_632, 65_633, 200_000]) {
    for (const tail of ["", "\\", '"', '\\"', '\\\\"', "ü"]) {
      const params = "x".repeat(length) + tail;
      assert.deepEqual(scan(JSON.stringify({ params, id: 1, method: "a" })), {
        kind: "request",
        id: "1",
        key: 1,
        method: "a",
      });
    }
  }
});

Deno.test("scanEnvelope() survives nesting that no stack would", () => {
  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  assert.equal(scan(`{"id":1,"method":"a","params":${deep}}`).kind, "request");
  assert.equal(scan("[".repeat(1_000_000)).kind, "malformed");
});

Deno.test("scanEnvelope() takes bytes that are not UTF-8 as they are", () => {
  const bytes = Uint8Array.of(...encoder.encode('{"id":"'), 0xff, 0xc3, ...encoder.encode('","method":"a"}'));
  assert.equal(scanEnvelope(bytes).kind, "request");
  assert.equal(scanEnvelope(Uint8Array.of(0xff, 0xfe, 0x00)).kind, "malformed");
});

const scalar = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string({ unit: "binary" }), fc.boolean());
const member = fc.tuple(
  fc.oneof(fc.constantFrom("id", "method", "result", "error", "params", "jsonrpc"), fc.string({ unit: "binary" })),
  fc.oneof(scalar, fc.constant(null), fc.string({ minLength: 40, maxLength: 200 }), fc.jsonValue({ maxDepth: 3 })),
);
const blank = fc.constantFrom("", " ", "\n", "\t \r\n");

/** JSON text of an object, with repeated keys, escapes that are not needed, and white space. */
const objectText = fc.tuple(fc.array(member, { maxLength: 8 }), blank, fc.boolean()).map(([members, space, escape]) => {
  const inner = members.map(([key, value]) => {
    const plain = JSON.stringify(key);
    const name = escape && !plain.includes("\\") ? plain.replace(/[imre]/, escapeCharacter) : plain;
    return `${space}${name}${space}:${space}${JSON.stringify(value, null, space.length)}${space}`;
  });
  return `${space}{${inner.join(",") || space}}${space}`;
});

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** What the envelope of valid JSON text is, by the definitions and JSON.parse alone. */
function expected(text: string): { kind: MessageKind; id: unknown; method: unknown } {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return { kind: "malformed", id: undefined, method: undefined };
  if (Array.isArray(value)) return { kind: "other", id: undefined, method: undefined };
  const { id, method, ...rest } = value as Record<string, unknown>;
  const named = typeof id === "string" || typeof id === "number";
  const answers = Object.hasOwn(rest, "result") || Object.hasOwn(rest, "error");
  const kind = typeof method === "string"
    ? id === undefined ? "notification" : named ? "request" : "other"
    : (named || id === null) && answers
    ? "response"
    : "other";
  return { kind, id, method: typeof method === "string" ? method : undefined };
}

function agrees(text: string): void {
  const { kind, id, method } = scan(text);
  assert.deepEqual({ kind, id: id === undefined ? undefined : JSON.parse(id), method }, expected(text));
}

Deno.test("scanEnvelope() agrees with JSON.parse on objects of every kind", () => {
  holds(objectText, agrees);
});

Deno.test("scanEnvelope() agrees with JSON.parse on any other JSON text", () => {
  holds(fc.jsonValue().map((value) => JSON.stringify(value)), agrees);
});

Deno.test("scanEnvelope() never throws on text that was damaged, and agrees where it is still JSON", () => {
  const damaged = fc.tuple(objectText, fc.nat(), fc.constantFrom("", '"', "\\", "{", "}", ",", ":", "\u0000", "9"));
  holds(damaged, ([text, position, replacement]) => {
    const at = position % text.length;
    const broken = (text.slice(0, at) + replacement + text.slice(at + 1)).toWellFormed();
    const { kind } = scan(broken);
    if (isJson(broken)) agrees(broken);
    else assert.ok(typeof kind === "string");
  });
});

Deno.test("scanEnvelope() never throws on random bytes", () => {
  holds(fc.uint8Array({ maxLength: 200 }), (bytes) => void scanEnvelope(bytes));
});

Deno.test("idKey() takes every id of a request or a response that scanEnvelope() lets through", () => {
  const id = fc.oneof(
    fc.constantFrom("1e999", "-1e999", '"\\ud800"', "{bad}", "[bad", "null", "true", "0", '""', '"a\\"b"', "1.50"),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.string().map((text) => `"${text}"`),
    fc.string(),
  );
  holds(fc.tuple(id, fc.constantFrom('"method":"a"', '"result":1')), ([id, rest]) => {
    const envelope = scan(`{"id":${id},${rest}}`);
    const isKeyed = envelope.kind === "request" || envelope.kind === "response";
    if (isKeyed) assert.equal(envelope.key, idKey(envelope.id ?? ""));
  });
});

Deno.test("idKey() is the same for all spellings of one id, and another for every other id", () => {
  assert.equal(idKey("1.0"), idKey("1"));
  assert.equal(idKey("1e0"), idKey("1"));
  assert.equal(idKey("-0"), idKey("0"));
  assert.equal(idKey("1e21"), idKey("1e+21"));
  assert.equal(idKey('"\\u0061"'), idKey('"a"'));
  assert.notEqual(idKey('"1"'), idKey("1"));
  assert.notEqual(idKey('""'), idKey("0"));
  assert.notEqual(idKey("9007199254740993"), idKey("9007199254740992"));
  assert.notEqual(idKey("1e999"), idKey("null"));
  assert.notEqual(idKey("1e999"), idKey("-1e999"));
});

Deno.test("idAt() gives the text or the number at a path as it is written", () => {
  const at = (text: string) => idAt(encoder.encode(text), "params", "id");
  assert.equal(at('{"method":"m","params":{"a":{"id":2},"id":1.0}}'), "1.0");
  assert.equal(at('{ "params" : { "id" : "a\\u0062" , "x":[1,{"id":3}] } }'), '"a\\u0062"');
  assert.equal(at('{"params":{"id":1,"\\u0069d":12345678901234567890}}'), "12345678901234567890");
  for (
    const none of ["{}", "[]", "", '{"params":1}', '{"params":{}}', '{"params":{"id":true}}', '{"params":{"id":[]}}']
  ) {
    assert.equal(at(none), undefined, none);
  }
  for (
    const broken of ['{"params":{"id":1', '{"params":{"id":"\\x"}}', '{"params":{"id":01}}', '{"params":{"id":1]}']
  ) {
    assert.equal(at(broken), undefined, broken);
  }
});

Deno.test("an id of more than 1,024 bytes is invalid, and nobody gets to remember it", () => {
  const id = (length: number) => JSON.stringify("x".repeat(length - 2));
  const scan = (text: string) => scanEnvelope(encoder.encode(text));
  assert.equal(scan(`{"id":${id(1_024)},"method":"m"}`).kind, "request");
  const none = { kind: "invalid", id: undefined, key: undefined };
  assert.deepEqual(scan(`{"id":${id(1_025)},"method":"m"}`), { ...none, method: "m" });
  assert.deepEqual(scan(`{"id":${id(1_025)},"result":{}}`), { ...none, method: undefined });
  assert.deepEqual(scan(`{"id":${"9".repeat(2_000)},"method":"m"}`), { ...none, method: "m" });
  assert.equal(scan(`{"id":${id(1_025)},"id":1,"method":"m"}`).id, "1"); // of several, the last one counts
  assert.equal(scan(`{"id":1,"id":${id(1_025)},"method":"m"}`).kind, "invalid");
  assert.equal(idAt(encoder.encode(`{"params":{"id":${id(1_025)}}}`), "params", "id"), undefined);
});

Deno.test("findMember() knows names of all kinds", () => {
  for (const name of ["a", "a b", "ä", '"', "a/b", "𝒳", "line\nfeed", "$x"]) {
    const texts = [JSON.stringify({ [name]: 7 }), `{"${[...name].map(escaped).join("")}":7}`];
    for (const text of texts) {
      const bytes = encoder.encode(text);
      const found = findMember(bytes, name);
      assert.equal(found && text.at(-2), "7", text);
      assert.equal(found && bytes[found.start], 0x37, text);
      assert.equal(findMember(bytes, `${name}x`), undefined);
    }
  }
});

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

Deno.test("a name is found however it is spelled, and no other is taken for it", () => {
  const scan = (text: string) => scanEnvelope(encoder.encode(text));
  for (const name of ["id", "\\u0069d", "i\\u0064", "\\u0069\\u0064"]) {
    assert.equal(scan(`{"${name}":7,"method":"m"}`).id, "7", name);
  }
  for (const name of ["ID", "\\u0049d", "i", "idd", "\\u0069", "\\n", "i\\u006", "\\u00e9d", "id\\u0000"]) {
    assert.equal(scan(`{"${name}":7,"method":"m"}`).id, undefined, name);
  }
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
