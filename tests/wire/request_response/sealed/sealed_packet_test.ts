import assert from "node:assert/strict";
import { concatBytes } from "../../../../src/core/bytes.ts";
import type { PublishPacket, ReceivedPacket } from "../../../../src/mqtt/mod.ts";
import { fromPlaintext, toPlaintext } from "../../../../src/wire/request_response/sealed/sealed_packet.ts";

const encoder = new TextEncoder();
const OUTSIDE: ReceivedPacket = { topic: "t", payload: new Uint8Array(), qos: 0, retain: false, properties: {} };

function packet(userProperties: Record<string, string>, payload = "{}"): PublishPacket {
  return { topic: "t", payload: encoder.encode(payload), qos: 0, properties: { userProperties } };
}

function joined(packet: PublishPacket): Uint8Array {
  const pieces = toPlaintext(packet);
  return concatBytes(pieces, pieces.reduce((length, piece) => length + piece.length, 0));
}

Deno.test("the plaintext is a line of what the packet would say in the open, and its payload", () => {
  const plaintext = joined(packet({
    "mcp-session": "s1",
    "mcp-seq": "3",
    "mcp-id": 'request "a b=c"',
    "mcp-ack": "2/70",
    "room": "attic",
  }));
  assert.equal(new TextDecoder().decode(plaintext), 'seq=3 ack=2/70 id=request "a b=c"\n{}');
});

for (
  const properties of [
    { "mcp-seq": "1", "mcp-ack": "0", "mcp-piece": "0/9", "mcp-id": 'response "x y = \u00fc"' },
    { "mcp-closed": "session-ended" },
    {},
  ]
) {
  Deno.test(`what is sealed is what is opened: ${JSON.stringify(properties)}`, () => {
    for (const payload of ["", "{}", '{"a":1}\n{"b":2}']) {
      const opened = fromPlaintext(joined(packet(properties, payload)), OUTSIDE, "s1");
      assert.deepEqual(opened?.properties.userProperties, { ...properties, "mcp-session": "s1" });
      assert.equal(new TextDecoder().decode(opened?.payload), payload);
    }
  });
}

for (const text of ["seq=1", "", "\xff\n"]) {
  Deno.test(`what is no packet opens to nothing: ${JSON.stringify(text)}`, () => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    assert.equal(fromPlaintext(bytes, OUTSIDE, "s1"), undefined);
  });
}

Deno.test("words without a name or a value mean nothing, and harm nothing", () => {
  const opened = fromPlaintext(encoder.encode("x =y seq=1  ack=\n"), OUTSIDE, "s1");
  assert.deepEqual(opened?.properties.userProperties, {
    "mcp-x ": "y",
    "mcp-seq": "1",
    "mcp- ack": "",
    "mcp-session": "s1",
  });
});
