import assert from "node:assert/strict";
import { PipeReader } from "../../src/stdio/pipe_reader.ts";

/** A stream of bytes that is read as a pipe is: each chunk is what one read gives, as far as there is room for it. */
function pipe(chunks: readonly Uint8Array[], cancelled: () => void = () => {}): ReadableStream<Uint8Array> {
  const rest = [...chunks];
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const chunk = rest.shift();
      if (chunk === undefined) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else {
        controller.enqueue(chunk.slice());
      }
    },
    cancel: cancelled,
  });
}

async function readAll(reader: PipeReader): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) chunks.push(chunk);
  return chunks;
}

Deno.test("what was read stays as it was, whatever is read afterwards", async () => {
  const sizes = [1, 100, 32 * 1024, 32 * 1024 + 1, 64 * 1024, 3];
  const chunks = sizes.map((size, index) => new Uint8Array(size).fill(index + 1));
  const read = await readAll(new PipeReader(pipe(chunks)));
  assert.deepEqual(read.map((chunk) => [...chunk]).flat(), chunks.map((chunk) => [...chunk]).flat());
});

Deno.test("what is small does not hold on to a buffer of its own", async () => {
  const [small, large] = await readAll(new PipeReader(pipe([new Uint8Array(10), new Uint8Array(8_000)])));
  assert.equal(small?.buffer.byteLength, 10);
  assert.equal(large?.buffer.byteLength, 8 * 1024);
});

Deno.test("much is read in large pieces, and what waits for more has a small buffer again", async () => {
  const rooms: number[] = [];
  const sizes = [8 * 1024, 64 * 1024, 20_000, 100];
  const stream = new ReadableStream<Uint8Array>({
    type: "bytes",
    pull(controller) {
      const { byobRequest } = controller as ReadableByteStreamController;
      rooms.push(byobRequest?.view?.byteLength ?? 0);
      const size = sizes.shift();
      if (size !== undefined) byobRequest?.respond(size);
    },
  });
  const reader = new PipeReader(stream);
  for (let count = 0; count < 4; count++) await reader.read();
  void reader.read();
  assert.deepEqual(rooms, [8, 64, 64, 64, 8].map((kilobytes) => kilobytes * 1024));
});

Deno.test("giving up the rest lets go of the stream", async () => {
  let cancelled = 0;
  const reader = new PipeReader(pipe([new Uint8Array(1), new Uint8Array(1)], () => cancelled++));
  await reader.read();
  await reader.cancel();
  assert.equal(cancelled, 1);
  assert.equal(await reader.read(), undefined);
});
