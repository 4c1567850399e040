import assert from "node:assert/strict";
import type { ByteSink } from "../../src/stdio/byte_pipes.ts";
import { LineWriter } from "../../src/stdio/line_writer.ts";
import { idleTurns } from "../support/manual_clock.ts";
import { fc, holdsAsync } from "../support/properties.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A sink that takes a write only when it is told to. */
class SlowSink implements ByteSink {
  readonly writes: Uint8Array[] = [];
  #pending: PromiseWithResolvers<void> | undefined;

  write(bytes: Uint8Array): Promise<void> {
    assert.equal(this.#pending, undefined, "the writer does not wait for the write before");
    this.writes.push(bytes);
    this.#pending = Promise.withResolvers();
    return this.#pending.promise;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Finishes the write under way, with an error if there is one. */
  async finish(error?: Error): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (error === undefined) pending?.resolve();
    else pending?.reject(error);
    await idleTurns();
  }

  get text(): string {
    return this.writes.map((bytes) => decoder.decode(bytes)).join("");
  }
}

function line(text: string): Uint8Array {
  return encoder.encode(text);
}

Deno.test("lines that are written in one turn leave in one write", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink);
  for (const text of ["a", "b", "c"]) assert.equal(writer.write(line(text)), undefined);
  await idleTurns();
  assert.equal(sink.writes.length, 1);
  assert.equal(sink.text, "a\nb\nc\n");
});

Deno.test("lines that gather during a write leave in the next one", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink);
  void writer.write(line("a"));
  await idleTurns();
  for (const text of ["b", "c"]) void writer.write(line(text));
  await idleTurns();
  assert.equal(sink.text, "a\n");
  await sink.finish();
  assert.equal(sink.writes.length, 2);
  assert.equal(sink.text, "a\nb\nc\n");
});

Deno.test("a large line is written from where it is", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink);
  const large = new Uint8Array(100_000).fill(0x78);
  void writer.write(line("before"));
  void writer.write(large);
  void writer.write(line("after"));
  for (let write = 0; write < 3; write++) {
    await idleTurns();
    await sink.finish();
  }
  assert.ok(sink.writes.includes(large));
  assert.equal(sink.text, `before\n${"x".repeat(100_000)}\nafter\n`);
});

Deno.test("whoever writes faster than the reader reads is asked to wait until the reader has caught up", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink);
  const half = new Uint8Array(600 * 1024).fill(0x78);
  assert.equal(writer.write(half), undefined);
  let room = 0;
  for (let number = 0; number < 2; number++) void writer.write(half)?.then(() => room++);
  await idleTurns();
  assert.equal(room, 0);
  for (let write = 0; write < 6; write++) await sink.finish();
  assert.equal(room, 2);
  assert.equal(writer.write(line("a")), undefined);
  await idleTurns();
  await sink.finish();
  await writer.flush();
});

Deno.test("a sink that fails lets nobody wait, and takes nothing more", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink);
  const waiting = writer.write(new Uint8Array(2 * 1024 * 1024));
  assert.ok(waiting instanceof Promise);
  await idleTurns();
  const broken = new Error("Broken pipe");
  await sink.finish(broken);
  await waiting;
  assert.equal(await writer.flush(), broken);
  assert.equal(writer.write(line("a")), undefined);
  await idleTurns();
  assert.equal(sink.writes.length, 1);
});

Deno.test("flush() resolves when everything is written, what came meanwhile included", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink);
  void writer.write(line("a"));
  let flushed = false;
  const flush = writer.flush().then((failure) => {
    flushed = true;
    assert.equal(failure, undefined);
  });
  await idleTurns();
  void writer.write(line("b"));
  await sink.finish();
  assert.equal(flushed, false);
  await sink.finish();
  await flush;
  assert.equal(sink.text, "a\nb\n");
});

Deno.test("a message of several lines becomes one line that means the same", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink);
  const value = { id: 1, params: { text: "a\nb\r\n", list: [1, 2] } };
  const original = encoder.encode(JSON.stringify(value, null, 2).replaceAll("\n", "\r\n"));
  const copy = original.slice();
  void writer.write(original);
  await idleTurns();
  assert.equal(sink.text.indexOf("\n"), sink.text.length - 1);
  assert.deepEqual(JSON.parse(sink.text), value);
  assert.deepEqual(original, copy);
});

Deno.test("all lines arrive in order, however they are cut into writes", async () => {
  const lengths = fc.array(fc.constantFrom(0, 1, 100, 65_535, 65_536, 65_537), { maxLength: 20 });
  await holdsAsync(lengths, async (lengths) => {
    const written: Uint8Array[] = [];
    const writer = new LineWriter({
      write: (bytes) => Promise.resolve(void written.push(bytes.slice())),
      close: () => Promise.resolve(),
    });
    const lines = lengths.map((length, index) => String(index % 10).repeat(length));
    for (const [index, text] of lines.entries()) {
      void writer.write(line(text));
      if (index % 3 === 0) await undefined;
    }
    await writer.flush();
    const text = written.map((bytes) => decoder.decode(bytes)).join("");
    assert.ok(text === lines.map((line) => `${line}\n`).join(""));
  });
});
