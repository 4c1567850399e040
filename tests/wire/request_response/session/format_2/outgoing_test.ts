import assert from "node:assert/strict";
import { Message } from "../../../../../src/core/message.ts";
import type { NumberedFrame } from "../../../../../src/wire/request_response/session/format.ts";
import {
  FIRST_WINDOW,
  OutgoingMessages,
  WINDOW_BYTES,
} from "../../../../../src/wire/request_response/session/format_2/outgoing.ts";
import { behind, START } from "../../../../../src/wire/request_response/session/position.ts";
import { idleTurns } from "../../../../support/manual_clock.ts";

const decoder = new TextDecoder();

/** A message of exactly `length` bytes. */
function message(length: number, fill = "x"): Message {
  const text = `{"method":"m","params":"${fill.repeat(length)}`;
  return Message.from(`${text.slice(0, length - 2)}"}`);
}

/** Everything that may go out now. */
function takeAll(outgoing: OutgoingMessages): NumberedFrame[] {
  const frames: NumberedFrame[] = [];
  for (let next = outgoing.next(); next !== undefined; next = outgoing.next()) frames.push(next);
  return frames;
}

/** The same in short: the number, and what kind of payload it is. */
function brief(frames: readonly NumberedFrame[]): string[] {
  return frames.map(({ frame: { sequence, piece, batch, payload } }) => {
    if (batch !== undefined) return `${sequence}+${batch - 1}`;
    return piece === undefined
      ? `${sequence}`
      : `${sequence} ${piece.offset}-${piece.offset + payload.length}/${piece.length}`;
  });
}

function outgoing(maximum = Infinity): OutgoingMessages & { limit: number } {
  const made: OutgoingMessages & { limit: number } = Object.assign(new OutgoingMessages(() => made.limit), {
    limit: maximum,
  });
  made.acknowledge(START); // the peer has answered
  return made;
}

Deno.test("messages of one turn go out together, one a line, with consecutive numbers", () => {
  const out = outgoing();
  for (let count = 0; count < 3; count++) out.push(message(40));
  const [first, ...others] = takeAll(out);
  assert.deepEqual(others, []);
  assert.equal(first?.frame.sequence, 1);
  assert.equal(first?.frame.batch, 3);
  assert.equal(first?.message, undefined);
  assert.deepEqual(decoder.decode(first?.frame.payload).split("\n").map(({ length }) => length), [40, 40, 40]);
  out.push(message(40));
  const [next] = takeAll(out);
  assert.deepEqual([next?.frame.sequence, next?.frame.batch], [4, undefined], "one alone is no batch");
  assert.ok(next?.message !== undefined);
});

Deno.test("a long message, one with a line feed and one in pieces travel alone, in order", () => {
  const out = outgoing(20_000);
  for (const each of [message(40), message(40), message(9_000), message(40, "\n"), message(25_000), message(40)]) {
    out.push(each);
  }
  assert.deepEqual(brief(takeAll(out)), ["1+1", "3", "4", "5 0-20000/25000", "5 20000-25000/25000", "6"]);
});

Deno.test("a batch is no larger than a packet may be", () => {
  const out = outgoing(100);
  for (let count = 0; count < 5; count++) out.push(message(49));
  assert.deepEqual(brief(takeAll(out)), ["1+1", "3+1", "5"]);
});

Deno.test("pieces end between characters, say where they belong, and the first says which message it is", () => {
  const out = outgoing(60);
  const text = `{"id":7,"method":"${"\u20ac".repeat(60)}"}`;
  out.push(Message.from(text));
  const frames = takeAll(out);
  const length = new TextEncoder().encode(text).length;
  let offset = 0;
  for (const { frame } of frames) {
    assert.deepEqual(frame.piece, { offset, length });
    assert.equal(frame.sequence, 1);
    assert.doesNotThrow(() => new TextDecoder("utf-8", { fatal: true }).decode(frame.payload));
    assert.ok(frame.payload.length <= 60);
    offset += frame.payload.length;
  }
  assert.equal(offset, length);
  assert.deepEqual(frames.map(({ frame }) => frame.subject), [
    { kind: "request", id: "7" },
    ...frames.slice(1).map(() => undefined),
  ]);
});

Deno.test("a long id takes its room from the first piece", () => {
  const out = outgoing(1000);
  out.push(Message.from(`{"id":"${"i".repeat(200)}","method":"${"m".repeat(3000)}"}`));
  const [first, second] = takeAll(out);
  assert.ok((first?.frame.payload.length ?? 0) <= 1000 - 3 * 202);
  assert.equal(second?.frame.payload.length, 1000);
});

Deno.test("no more packets are out than the window allows, whatever they carry", () => {
  const out = outgoing(10_000);
  for (let count = 0; count < 300; count++) out.push(message(9_000));
  assert.equal(takeAll(out).length, FIRST_WINDOW);
  out.acknowledge(behind(3));
  assert.equal(takeAll(out).length, 3);
  out.grant(100);
  assert.equal(takeAll(out).length, 100 - FIRST_WINDOW);
  out.grant(0);
  out.acknowledge(behind(100));
  assert.equal(takeAll(out).length, 1, "four are always allowed, and 101 to 103 are out");
  out.grant(1e9);
  assert.equal(takeAll(out).length, 300 - 104);
});

Deno.test("no more bytes are out than the window allows, but one packet that is larger alone", () => {
  const out = outgoing();
  const quarter = WINDOW_BYTES / 4;
  for (let count = 0; count < 6; count++) out.push(message(quarter));
  assert.equal(takeAll(out).length, 4);
  out.acknowledge(behind(1));
  assert.equal(takeAll(out).length, 1);
  out.acknowledge(behind(6));
  out.push(message(2 * WINDOW_BYTES));
  out.push(message(10));
  out.acknowledge(behind(5));
  assert.deepEqual(brief(takeAll(out)), ["6"]);
  out.acknowledge(behind(6));
  assert.deepEqual(brief(takeAll(out)), ["7"]);
  out.acknowledge(behind(7));
  assert.deepEqual(brief(takeAll(out)), ["8"]);
});

Deno.test("pieces that have arrived make room for further ones", () => {
  const out = outgoing(1000);
  out.push(message(FIRST_WINDOW * 1000 + 5000));
  assert.equal(takeAll(out).length, FIRST_WINDOW);
  assert.equal(out.acknowledge({ number: 0, offset: 2000 }), true);
  assert.deepEqual(brief(takeAll(out)), ["1 64000-65000/69000", "1 65000-66000/69000"]);
});

Deno.test("after a rewind a message may be cut differently, from any byte on", () => {
  const out = outgoing(1000);
  out.push(message(2500));
  assert.deepEqual(brief(takeAll(out)), ["1 0-1000/2500", "1 1000-2000/2500", "1 2000-2500/2500"]);
  out.limit = 700;
  assert.equal(out.rewind({ number: 0, offset: 1000 }), 2);
  assert.deepEqual(brief(takeAll(out)), ["1 1000-1700/2500", "1 1700-2400/2500", "1 2400-2500/2500"]);
  out.limit = 5000;
  assert.equal(out.rewind({ number: 0, offset: 0 }), 4);
  assert.deepEqual(brief(takeAll(out)), ["1"]);
});

Deno.test("after a rewind into a batch, the rest goes out again", () => {
  const out = outgoing();
  for (let count = 0; count < 5; count++) out.push(message(40));
  assert.deepEqual(brief(takeAll(out)), ["1+4"]);
  assert.equal(out.acknowledge(behind(2)), true);
  assert.equal(out.rewind(behind(2)), 1);
  assert.deepEqual(brief(takeAll(out)), ["3+2"]);
  assert.equal(out.rewind(behind(5)), 0);
});

Deno.test("only what has gone out can be acknowledged; of a message that is refused, the number before its end", () => {
  const out = outgoing(1000);
  out.grant(4);
  out.push(message(100));
  out.push(message(9_000));
  assert.equal(out.acknowledge(behind(1)), false);
  takeAll(out);
  assert.deepEqual(out.highest, { number: 1, offset: 3000 });
  assert.equal(out.acknowledge({ number: 1, offset: 3001 }), false);
  assert.equal(out.acknowledge(behind(3)), false);
  assert.equal(out.acknowledge(behind(2)), true);
  assert.equal(out.awaitsAcknowledgement, false);
  assert.deepEqual(takeAll(out), [], "the rest of it is not sent");
  out.push(message(100));
  assert.deepEqual(brief(takeAll(out)), ["3"]);
});

Deno.test("a sender is asked to wait above twice the window's bytes, or 8,192 messages", async () => {
  for (const [length, count] of [[WINDOW_BYTES / 4, 8], [10, 8_192]] as const) {
    const out = outgoing();
    for (let index = 0; index < count; index++) out.push(message(length));
    assert.equal(out.room(), undefined);
    out.push(message(length));
    let gone = false;
    void out.room()?.then(() => gone = true);
    takeAll(out);
    await idleTurns();
    assert.equal(gone, false);
    while (out.awaitsAcknowledgement) {
      out.acknowledge(out.highest);
      takeAll(out);
    }
    await idleTurns();
    assert.equal(gone, true);
  }
});

Deno.test("a message that never arrives goes out as another one, whole, however much of it had gone out", () => {
  const out = outgoing(1_000);
  out.push(message(2_500));
  out.push(message(40));
  takeAll(out);
  out.acknowledge({ number: 0, offset: 1_000 });
  out.rewind({ number: 0, offset: 1_000 });
  assert.ok(out.replace(1, () => message(30)));
  assert.deepEqual(brief(takeAll(out)), ["1+1"], "the other one is as small as any");
  out.rewind({ number: 0, offset: 1_000 });
  assert.ok(out.replace(1, () => undefined));
  const [nothing, behindIt] = takeAll(out);
  assert.deepEqual([nothing?.frame.sequence, nothing?.frame.payload.length, nothing?.message], [1, 0, undefined]);
  assert.equal(behindIt?.frame.sequence, 2);
  assert.equal(out.replace(1, () => message(30)), false, "less than nothing there is not");
  assert.deepEqual(out.after(0).map(({ bytes }) => bytes.length), [40]);
  assert.ok(out.acknowledge(behind(2)));
});

Deno.test("messages that are to go one by one do, and those behind them together", () => {
  const out = outgoing();
  for (let count = 0; count < 5; count++) out.push(message(40));
  assert.deepEqual(brief(takeAll(out)), ["1+4"]);
  out.rewind(START);
  out.separate(1, 3);
  assert.deepEqual(brief(takeAll(out)), ["1", "2", "3", "4+1"]);
});

Deno.test("before the peer has answered, one packet goes out", () => {
  const out = new OutgoingMessages(() => 1_000);
  out.push(message(2_500));
  assert.deepEqual(brief(takeAll(out)), ["1 0-1000/2500"]);
  out.acknowledge(START);
  assert.deepEqual(brief(takeAll(out)), ["1 1000-2000/2500", "1 2000-2500/2500"]);
});
