import assert from "node:assert/strict";
import type { Arrival } from "../../../../../src/wire/request_response/session/format.ts";
import { IncomingMessages } from "../../../../../src/wire/request_response/session/format_2/incoming.ts";
import type { Frame, Subject } from "../../../../../src/wire/request_response/session/frame.ts";
import { behind } from "../../../../../src/wire/request_response/session/position.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class Receiver {
  readonly arrivals: (readonly [number: number, text: string | undefined])[] = [];
  readonly tooLarge: (readonly [bytes: number, subject: Subject | undefined])[] = [];
  readonly incoming: IncomingMessages;

  constructor(maximum = 1000) {
    this.incoming = new IncomingMessages(maximum, (bytes, subject) => this.tooLarge.push([bytes, subject]));
  }

  take(sequence: number, payload: string, rest: Partial<Frame> = {}): string {
    const frame = { payload: encoder.encode(payload), sequence, ...rest };
    return this.incoming.take(frame, sequence, (arrival) => this.#arrived(arrival));
  }

  piece(sequence: number, text: string, offset: number, end: number, rest: Partial<Frame> = {}): string {
    return this.take(sequence, text.slice(offset, end), { piece: { offset, length: text.length }, ...rest });
  }

  #arrived({ number, message }: Arrival): void {
    this.arrivals.push([number, message === undefined ? undefined : decoder.decode(message.bytes)]);
  }
}

const TEXT = `{"method":"abcdefghijklmnopqrstuvwxyz"}`;

Deno.test("messages arrive in order, what is known is known, and what is missing is missing", () => {
  const receiver = new Receiver();
  assert.equal(receiver.take(1, "{}"), "taken");
  assert.equal(receiver.take(1, "{}"), "known");
  assert.equal(receiver.take(3, "{}"), "gap");
  assert.equal(receiver.take(2, "{}"), "taken");
  assert.equal(receiver.take(3, "{}"), "taken");
  assert.deepEqual(receiver.arrivals, [[1, "{}"], [2, "{}"], [3, "{}"]]);
  assert.deepEqual(receiver.incoming.received, behind(3));
});

Deno.test("a batch is as many messages as it has lines, of which only the new ones arrive", () => {
  const receiver = new Receiver();
  receiver.take(1, "1");
  assert.equal(receiver.take(1, "1\n2\n3", { batch: 3 }), "taken");
  assert.equal(receiver.take(2, "2\n3", { batch: 2 }), "known");
  assert.equal(receiver.take(5, "5\n6", { batch: 2 }), "gap");
  assert.equal(receiver.take(4, "4\n\n6", { batch: 3 }), "taken");
  assert.deepEqual(receiver.arrivals, [[1, "1"], [2, "2"], [3, "3"], [4, "4"], [5, undefined], [6, "6"]]);
});

Deno.test("a batch that has not as many lines as it says is nothing", () => {
  const receiver = new Receiver();
  for (const [text, batch] of [["1\n2", 3], ["1\n2\n3", 2], ["", 2], ["1\n2", 1e15]] as const) {
    assert.equal(receiver.take(1, text, { batch }), "malformed");
  }
  assert.deepEqual(receiver.arrivals, []);
});

Deno.test("pieces are put together from whatever mix of cuts arrives", () => {
  const receiver = new Receiver();
  assert.equal(receiver.piece(1, TEXT, 0, 10), "taken");
  assert.deepEqual(receiver.incoming.received, { number: 0, offset: 10 });
  assert.equal(receiver.piece(1, TEXT, 0, 7), "known");
  assert.equal(receiver.piece(1, TEXT, 12, 20), "gap");
  assert.equal(receiver.piece(1, TEXT, 5, 15), "taken");
  assert.equal(receiver.piece(1, TEXT, 15, 15), "known");
  assert.equal(receiver.piece(1, TEXT, 0, TEXT.length - 1), "taken");
  assert.equal(receiver.piece(1, TEXT, TEXT.length - 3, TEXT.length), "taken");
  assert.deepEqual(receiver.arrivals, [[1, TEXT]]);
  assert.equal(receiver.piece(1, TEXT, 20, TEXT.length), "known", "of a message that is here");
});

Deno.test("a whole message ends what there was of it in pieces", () => {
  const receiver = new Receiver();
  receiver.piece(1, TEXT, 0, 10);
  assert.equal(receiver.take(1, TEXT), "taken");
  receiver.piece(2, TEXT, 0, 10);
  assert.equal(receiver.take(2, "2\n3", { batch: 2 }), "taken");
  assert.equal(receiver.piece(4, TEXT, 0, TEXT.length), "taken", "nothing is left of the others");
  assert.deepEqual(receiver.arrivals, [[1, TEXT], [2, "2"], [3, "3"], [4, TEXT]]);
});

Deno.test("pieces that contradict themselves or each other are nothing", () => {
  const receiver = new Receiver();
  receiver.piece(1, TEXT, 0, 10);
  assert.equal(receiver.take(1, "xxx", { piece: { offset: 10, length: 12 } }), "malformed");
  assert.equal(receiver.take(1, "xxx", { piece: { offset: 10, length: TEXT.length + 1 } }), "malformed");
  assert.equal(receiver.piece(1, TEXT, 10, TEXT.length), "taken");
  assert.deepEqual(receiver.arrivals, [[1, TEXT]]);
});

Deno.test("a message that is too large is not collected, and its number is done with at once", () => {
  const receiver = new Receiver(100);
  const text = "x".repeat(1000);
  const subject = { kind: "request", id: "7" } as const;
  assert.equal(receiver.piece(1, text, 0, 90, { subject }), "taken");
  assert.deepEqual(receiver.tooLarge, [[1000, subject]]);
  assert.deepEqual(receiver.incoming.received, behind(1));
  assert.equal(receiver.piece(1, text, 90, 180), "known");
  assert.equal(receiver.take(2, "{}"), "taken");
  assert.deepEqual(receiver.arrivals, [[1, undefined], [2, "{}"]]);
});

Deno.test("Correlation Data is that of the packet in which a message began", () => {
  const seen: (number | undefined)[] = [];
  const incoming = new IncomingMessages(1000, () => {});
  const take = (frame: Frame) =>
    incoming.take(frame, frame.sequence ?? 0, ({ correlation }) => seen.push(correlation?.[0]));
  take({ payload: encoder.encode("{}"), sequence: 1, correlation: Uint8Array.of(1) });
  const bytes = encoder.encode(TEXT);
  const length = bytes.length;
  take({ payload: bytes.subarray(0, 9), sequence: 2, piece: { offset: 0, length }, correlation: Uint8Array.of(2) });
  take({ payload: bytes.subarray(9), sequence: 2, piece: { offset: 9, length }, correlation: Uint8Array.of(3) });
  take({ payload: encoder.encode("1\n2"), sequence: 3, batch: 2, correlation: Uint8Array.of(4) });
  assert.deepEqual(seen, [1, 2, undefined, undefined]);
});
