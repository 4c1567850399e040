import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { PacketSplitter } from "../../../src/mqtt/codec/packet_splitter.ts";
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

Deno.test("of packets that are too long the beginning comes out, however their bytes are chunked", () => {
  fc.assert(
    fc.property(payloads, fc.integer({ min: 1, max: 200_000 }), (lengths, cut) => {
      const all = [...lengths, 150_000, 3, 100_000];
      const bytes = written((writer) => {
        for (const length of all) {
          writePublish(writer, { topic: "t", payload: new Uint8Array(length).fill(length), qos: 0 }, undefined, 5);
        }
      });
      const splitter = new PacketSplitter(80_000);
      const found: number[] = [];
      for (let start = 0; start < bytes.length; start += cut) {
        splitter.push(bytes.slice(start, start + cut));
        for (let raw = splitter.next(); raw !== undefined; raw = splitter.next()) {
          const { bytes: packet, body, tooLong } = raw;
          found.push((tooLong ?? packet.length) - body - 4);
          if (tooLong !== undefined) assert.ok(packet.length < 66_000 && tooLong > 80_000);
        }
      }
      assert.deepEqual(found, all);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a large packet is not kept once it has been taken", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("globalThis.gc");
  const splitter = new PacketSplitter();
  const taken = () => {
    const bytes = written((writer) =>
      writePublish(writer, { topic: "t", payload: new Uint8Array(1_000_000), qos: 0 }, undefined, 5)
    );
    splitter.push(bytes);
    while (splitter.next() !== undefined);
    return new WeakRef(bytes.buffer);
  };
  const buffer = taken();
  await new Promise((resolve) => setTimeout(resolve, 0)); // a WeakRef keeps its target until the turn ends
  collect();
  assert.equal(buffer.deref(), undefined);
});
