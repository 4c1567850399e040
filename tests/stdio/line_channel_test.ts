import assert from "node:assert/strict";
import { Failure } from "../../src/core/failure.ts";
import { Message } from "../../src/core/message.ts";
import { LineChannel } from "../../src/stdio/mod.ts";
import type { ByteSink, ByteSource } from "../../src/stdio/byte_pipes.ts";
import { idleTurns } from "../support/manual_clock.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A source that gives what the test puts in. */
class Pipe implements ByteSource, ByteSink {
  readonly written: string[] = [];
  closed = false;
  reads = 0;
  #chunks: (Uint8Array | undefined | Error)[] = [];
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();

  put(chunk: string | undefined | Error): void {
    this.#chunks.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  async read(): Promise<Uint8Array | undefined> {
    this.reads++;
    while (this.#chunks.length === 0) await this.#arrived.promise;
    const chunk = this.#chunks.shift();
    if (chunk instanceof Error) throw chunk;
    return chunk;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.written.push(decoder.decode(bytes));
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function channel({ skip = false } = {}) {
  const pipe = new Pipe();
  const skipped: string[] = [];
  const tooLong: number[] = [];
  const refused: true[] = [];
  const lines = new LineChannel(pipe, pipe, {
    maxMessage: 100,
    tooLong: (length) => tooLong.push(length),
    refused: () => refused.push(true),
    ...(skip ? { skipped: (line) => skipped.push(decoder.decode(line)) } : {}),
  });
  const received: string[] = [];
  return {
    pipe,
    lines,
    skipped,
    tooLong,
    refused,
    received,
    receive: (message: Message) => void received.push(textOf(message)),
  };
}

function textOf(message: Message): string {
  return decoder.decode(message.bytes);
}

Deno.test("every line is a message, byte for byte, and blank lines are none", async () => {
  const { pipe, lines, received, receive } = channel();
  lines.receive(receive);
  pipe.put('{"id":1.0, "method":"a"}\r\n\n  \t\n{"x":"ü"}');
  pipe.put("\n");
  await idleTurns();
  assert.deepEqual(received, ['{"id":1.0, "method":"a"}', '{"x":"ü"}']);
  pipe.put(undefined);
  assert.equal(await lines.closed, undefined);
});

Deno.test("what came before somebody wanted it is not lost", async () => {
  const { pipe, lines, received, receive } = channel();
  pipe.put('{"method":"early"}\n');
  pipe.put(undefined);
  await idleTurns();
  lines.receive(receive);
  await lines.closed;
  assert.deepEqual(received, ['{"method":"early"}']);
});

Deno.test("a last line needs no line end", async () => {
  const { pipe, lines, received, receive } = channel();
  lines.receive(receive);
  pipe.put('{"method":"last"}');
  pipe.put(undefined);
  await lines.closed;
  assert.deepEqual(received, ['{"method":"last"}']);
});

Deno.test("lines that are not JSON are answered, but for what looks like a response", async () => {
  const { pipe, lines, received, receive, refused } = channel();
  lines.receive(receive);
  pipe.put('hello\n{}\n{"jsonrpc":"2.0","id":1,"result":{}\n[]\n{"id":1,"method":"a","error":\n');
  pipe.put(undefined);
  await lines.closed;
  await idleTurns();
  assert.deepEqual(received, ["{}", "[]"]);
  const answers = pipe.written.join("").trimEnd().split("\n").map((line) => JSON.parse(line));
  const error = { code: -32700, message: "Parse error: the message is not a JSON object" };
  assert.deepEqual(answers, [{ jsonrpc: "2.0", error }, { jsonrpc: "2.0", error }]);
  assert.equal(refused.length, 3);
});

Deno.test("lines that are not JSON are skipped where that is asked for", async () => {
  const skipping = channel({ skip: true });
  skipping.lines.receive(skipping.receive);
  skipping.pipe.put("hello\n{}\n[]\n");
  skipping.pipe.put(undefined);
  await skipping.lines.closed;
  assert.deepEqual(skipping.received, ["{}", "[]"]);
  assert.deepEqual(skipping.skipped, ["hello"]);
});

Deno.test("no more than one chunk is read ahead while the receiver asks to wait", async () => {
  const { pipe, lines } = channel();
  const received: string[] = [];
  const ready = Promise.withResolvers<void>();
  lines.receive((message) => {
    received.push(textOf(message));
    return ready.promise;
  });
  pipe.put('{"method":"a"}\n{"method":"b"}\n');
  pipe.put('{"method":"c"}\n');
  await idleTurns();
  assert.deepEqual(received, ['{"method":"a"}']);
  assert.equal(pipe.reads, 2);
  ready.resolve();
  await idleTurns();
  assert.deepEqual(received, ['{"method":"a"}', '{"method":"b"}', '{"method":"c"}']);
  await lines.close();
});

Deno.test("the end is seen while the receiver asks to wait, and what came before it is handed over", async () => {
  const { pipe, lines } = channel();
  const received: string[] = [];
  lines.receive((message) => {
    received.push(textOf(message));
    return new Promise(() => {});
  });
  pipe.put('{"method":"a"}\n{"method":"b"}\n{"method":"c"}');
  pipe.put(undefined);
  assert.equal(await lines.closed, undefined);
  assert.deepEqual(received, ['{"method":"a"}', '{"method":"b"}', '{"method":"c"}']);
});

Deno.test("a source that fails is a source that has ended", async () => {
  const { pipe, lines, receive } = channel();
  lines.receive(receive);
  pipe.put(new Error("I/O error"));
  assert.equal(await lines.closed, undefined);
});

Deno.test("closing writes what was sent, ends the outgoing stream, and hands over nothing more", async () => {
  const { pipe, lines, received, receive } = channel();
  lines.receive(receive);
  void lines.send(Message.from({ id: 1, result: {} }));
  const reason = new Failure("session-replaced", "Another one");
  await lines.close(reason);
  assert.deepEqual(pipe.written, ['{"id":1,"result":{}}\n']);
  assert.equal(pipe.closed, true);
  assert.equal(await lines.closed, reason);
  pipe.put('{"method":"late"}\n');
  await idleTurns();
  assert.deepEqual(received, []);
  void lines.send(Message.from({ id: 2, result: {} }));
  await lines.close();
  assert.equal(pipe.written.length, 1);
});

Deno.test("a request that is too long is answered, since nobody else will", async () => {
  const { pipe, lines, received, receive, tooLong } = channel();
  lines.receive(receive);
  pipe.put(JSON.stringify({ method: "tools/call", params: { text: "x".repeat(200), deep: [{ id: 8 }] }, id: "seven" }));
  pipe.put('\n{"method":"next"}\n');
  await idleTurns();
  assert.equal(tooLong.length, 1);
  assert.deepEqual(received, ['{"method":"next"}']);
  const [answer = ""] = pipe.written;
  assert.deepEqual(JSON.parse(answer), {
    jsonrpc: "2.0",
    id: "seven",
    error: {
      code: -32000,
      message: "The message is longer than 100 bytes, which is what --max-message allows",
      data: { reason: "too-large", maximum: 100 },
    },
  });
  await lines.close();
});

Deno.test("a response that is too long is replaced by an error, since somebody waits for it", async () => {
  const { pipe, lines, received, receive } = channel();
  lines.receive(receive);
  pipe.put(`{"jsonrpc":"2.0","id":7,"result":{"text":"${"x".repeat(200)}"}}\n`);
  await idleTurns();
  assert.equal(pipe.written.length, 0);
  const { id, error } = JSON.parse(received[0] ?? "");
  assert.deepEqual([id, error.code, error.data.reason], [7, -32000, "too-large"]);
  await lines.close();
});

Deno.test("a notification that is too long is dropped, and so is what cannot be understood", async () => {
  const { pipe, lines, received, receive, tooLong } = channel();
  lines.receive(receive);
  pipe.put(
    `{"method":"n","params":"${"x".repeat(200)}"}\n${"x".repeat(200)}\n{"id":1,"method":"a"${" ".repeat(200)}\n`,
  );
  await idleTurns();
  assert.equal(tooLong.length, 3);
  assert.deepEqual([received, pipe.written], [[], []]);
  await lines.close();
});

Deno.test("a sink that fails ends the channel, and nothing more is handed over", async () => {
  const { pipe, lines, received, receive } = channel();
  const cause = new Error("Broken pipe");
  pipe.write = () => Promise.reject(cause);
  lines.receive(receive);
  void lines.send(Message.from("{}"));
  const failure = await lines.closed;
  assert.equal(failure?.message, "Nothing more can be written: Broken pipe");
  assert.equal(failure?.cause, cause);
  pipe.put("{}\n");
  await idleTurns();
  assert.deepEqual(received, []);
});

Deno.test("a byte order mark before the first line is none of its bytes, and stays anywhere else", async () => {
  const { pipe, lines, received, receive } = channel();
  lines.receive(receive);
  pipe.put('\uFEFF{"a":1}\n{"b":"\uFEFF"}\n');
  pipe.put(undefined);
  await lines.closed;
  assert.deepEqual(received, ['{"a":1}', '{"b":"\uFEFF"}']);
});
