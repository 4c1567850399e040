import assert from "node:assert/strict";
import fc from "fast-check";
import { writePublish } from "../../../src/mqtt/codec/publish.ts";
import { rawPackets, written } from "../../support/packets.ts";

const payloads = fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 100, max: 20_000 })), { maxLength: 6 });

Deno.test("packets come out the same however their bytes are chunked", () => {
  fc.assert(
    fc.property(payloads, fc.array(fc.integer({ min: 1, max: 400 })), (lengths, cuts) => {
      const stream = written((writer) => {
        for (const [index, length] of lengths.entries()) {
          writePublish(writer, { topic: `t/${index}`, payload: new Uint8Array(length), qos: 0 }, undefined, 5);
        }
      });
      const chunks: Uint8Array[] = [];
      let start = 0;
      for (const cut of cuts) {
        chunks.push(stream.slice(start, start + cut));
        start += cut;
      }
      chunks.push(stream.slice(start));
      const once = [...rawPackets(stream.slice())];
      assert.equal(once.length, lengths.length);
      assert.deepEqual([...rawPackets(...chunks)], once);
    }),
  );
});

Deno.test("a packet whose length never ends is no MQTT", () => {
  assert.throws(() => [...rawPackets(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 1))], RangeError);
});
