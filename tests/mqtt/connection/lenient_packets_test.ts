import assert from "node:assert/strict";
import { LenientPackets } from "../../../src/mqtt/connection/websocket/lenient_packets.ts";

/** What comes of bytes that arrive in chunks of `size`. */
function passed(bytes: readonly number[], size: number): number[] {
  const packets = new LenientPackets();
  const all: number[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    for (const packet of packets.take(Uint8Array.from(bytes.slice(start, start + size)))) all.push(...packet);
  }
  return all;
}

const PUBLISH = [0x30, 5, 0, 1, 0x61, 0, 0x40];
const SUCCESS = [0x40, 2, 0x12, 0x34];

Deno.test("an acknowledgement with a reason code that means nothing becomes one of success", () => {
  // As mochi-mqtt 2.7 sends it: with the properties of the message.
  const strange = [0x40, 6, 0x12, 0x34, 0x01, 2, 0x01, 0x01];
  for (const size of [1, 2, 3, 100]) {
    assert.deepEqual(passed([...PUBLISH, ...strange, ...PUBLISH], size), [...PUBLISH, ...SUCCESS, ...PUBLISH]);
  }
  assert.deepEqual(passed([0x50, 3, 0, 7, 0x02], 10), [0x50, 2, 0, 7]);
});

Deno.test("everything else is passed on as it is", () => {
  for (
    const packet of [
      PUBLISH,
      SUCCESS,
      [0x40, 3, 0, 7, 0x10],
      [0x40, 3, 0, 7, 0x87],
      [0x40, 4, 0, 7, 0, 0],
      [
        ...[0x62, 3, 0, 7, 0x01],
      ],
      [0x20, 3, 0, 0, 0],
      [0xd0, 0],
    ]
  ) assert.deepEqual(passed(packet, 100), packet);
});

Deno.test("what is not MQTT is refused", () => {
  assert.throws(() => passed([0x30, 0xff, 0xff, 0xff, 0xff, 0xff], 100), RangeError);
});
