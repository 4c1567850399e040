import assert from "node:assert/strict";
import { MOST_PACKETS, OVERHEAD, Seal, WINDOW } from "../../src/seal/packets.ts";

const [A, B] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const TEXT = new TextEncoder().encode("seq=1 ack=0\n{}");

function ends(name = "s1"): { client: Seal; server: Seal } {
  return {
    client: new Seal({ send: A, receive: B }, name),
    server: new Seal({ send: B, receive: A }, name),
  };
}

Deno.test("what one end seals, the other opens, once", () => {
  const { client, server } = ends();
  const packet = client.seal(TEXT);
  assert.equal(packet.length, TEXT.length + OVERHEAD);
  assert.deepEqual(server.open(packet), TEXT);
  assert.equal(server.open(packet), undefined);
  assert.deepEqual(client.open(server.seal(TEXT)), TEXT);
});

Deno.test("the same text is never sealed the same way twice", () => {
  const { client } = ends();
  assert.notDeepEqual(client.seal(TEXT), client.seal(TEXT));
});

Deno.test("a packet that was changed, cut, sent back or moved to another session does not open, and spoils nothing", () => {
  const { client, server } = ends();
  const packet = client.seal(TEXT);
  for (let position = 0; position < packet.length; position++) {
    const changed = packet.slice();
    changed[position] = (changed[position] ?? 0) ^ 0x80;
    assert.equal(server.open(changed), undefined);
    assert.equal(server.open(packet.subarray(0, position)), undefined);
  }
  assert.equal(client.open(packet), undefined);
  assert.equal(ends("s2").server.open(packet), undefined);
  assert.deepEqual(server.open(packet), TEXT);
});

Deno.test(`packets may overtake each other by up to ${WINDOW}`, () => {
  const { client, server } = ends();
  const packets = Array.from({ length: 2 * WINDOW }, () => client.seal(TEXT));
  const [oldest = TEXT] = packets;
  assert.ok(server.open(packets[WINDOW - 1] ?? TEXT) !== undefined);
  assert.ok(server.open(oldest) !== undefined);
  assert.equal(server.open(oldest), undefined);
  assert.ok(server.open(packets[2 * WINDOW - 1] ?? TEXT) !== undefined);
  assert.equal(server.open(packets[WINDOW - 2] ?? TEXT), undefined, "it is too old to tell whether it is new");
  assert.ok(server.open(packets[WINDOW] ?? TEXT) !== undefined);
});

Deno.test("a counter beyond the last one is no packet", () => {
  const { client, server } = ends();
  const packet = client.seal(TEXT);
  new DataView(packet.buffer).setBigUint64(0, BigInt(MOST_PACKETS));
  assert.equal(server.open(packet), undefined);
});
