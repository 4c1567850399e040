import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../../../src/core/failure.ts";
import { Message } from "../../../../src/core/message.ts";
import type { Frame } from "../../../../src/wire/request_response/session/frame.ts";
import { IncomingParts } from "../../../../src/wire/request_response/session/format_1/incoming.ts";
import { OutgoingParts } from "../../../../src/wire/request_response/session/format_1/outgoing.ts";
import { IncomingMessages } from "../../../../src/wire/request_response/session/format_2/incoming.ts";
import { OutgoingMessages } from "../../../../src/wire/request_response/session/format_2/outgoing.ts";
import { PathLimit } from "../../../../src/wire/request_response/session/path_limit.ts";
import { ReliableStream } from "../../../../src/wire/request_response/session/reliable_stream.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

/** How many random schedules are tried; `deno task faults` asks for 100,000. */
const RUNS = Number(Deno.env.get("SCHEDULES") ?? "5000");

/** Messages longer than this travel in parts. */
const MAXIMUM_PART = 24;
const MAXIMUM_MESSAGE = 200;

/** Brokers let pieces of this size pass. */
const SMALLEST_PIECE = 8;

/** What is on its way, and whether its sender wants to know what the broker thinks of it. */
interface Sent extends Frame {
  readonly confirmed: boolean;
}

const TOO_LARGE = new Failure("too-large", "The broker refused it");

/** One end of a simulated session: a stream, what it was given, and a receiver that may be slow. */
class End {
  /** The longest payload of a frame. */
  maximum = MAXIMUM_PART;
  readonly sent: string[] = [];
  readonly received: string[] = [];
  readonly tooLarge: number[] = [];
  readonly stream: ReliableStream;
  /** Frames on their way to the other end, in order. */
  network: Sent[] = [];
  /** What the broker drops on the way there: any payload longer than this. */
  readonly broker = { swallows: Infinity, tells: false };
  readonly limit = new PathLimit(() => {}, SMALLEST_PIECE);
  slow = false;
  most = 0;
  /** How many messages had been handed on when the other end said that no more come. */
  readonly endedAfter: number[] = [];
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(readonly name: string, format: 1 | 2, clock: ManualClock) {
    const tooLarge = (bytes: number) => void this.tooLarge.push(bytes);
    const maximum = () => Math.min(this.maximum, this.limit.maximum);
    this.stream = new ReliableStream({
      transmit: (frame, _, confirmed) => void this.network.push({ ...frame, confirmed }),
      arrived: () => {},
      ended: () => void this.endedAfter.push(this.received.length),
      deliver: (message) => {
        this.received.push(new TextDecoder().decode(message.bytes));
        if (this.slow) return (this.#waiting = Promise.withResolvers<void>()).promise;
      },
      outgoing: format === 1 ? new OutgoingParts(maximum) : new OutgoingMessages(maximum),
      incoming: format === 1
        ? new IncomingParts(MAXIMUM_MESSAGE, tooLarge)
        : new IncomingMessages(MAXIMUM_MESSAGE, tooLarge),
      window: () => format === 1 ? undefined : 8,
      limit: this.limit,
      undeliverable: () => assert.fail("a message is given up"),
      failed: () => assert.fail("the session is given up"),
      clock,
    });
  }

  send(length: number): void {
    const lineFeed = length % 5 === 0 ? "\n" : "";
    const text = `{"id":1,${lineFeed}"method":"${this.name}${this.sent.length}${"é".repeat(length)}"}`;
    if (new TextEncoder().encode(text).length <= MAXIMUM_MESSAGE) this.sent.push(text);
    void this.stream.send(Message.from(text));
  }

  consume(): boolean {
    if (this.#waiting === undefined) return false;
    this.#waiting.resolve();
    this.#waiting = undefined;
    return true;
  }
}

type Step =
  | { do: "send"; end: 0 | 1; length: number; count: number }
  | { do: "deliver" | "lose" | "duplicate" | "swap" | "consume" | "slow" | "reconnect"; end: 0 | 1 }
  | { do: "limit"; end: 0 | 1; bytes: number }
  | { do: "swallow"; end: 0 | 1; bytes: number; tells: boolean }
  | { do: "wait"; duration: number };

const end = fc.constantFrom<0 | 1>(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      end,
      length: fc.integer({ min: 0, max: 110 }),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant("deliver" as const), end }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("lose" as const, "duplicate" as const, "swap" as const, "consume" as const, "slow" as const),
      end,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reconnect" as const), end }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("limit" as const), end, bytes: fc.integer({ min: 4, max: 150 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("swallow" as const),
      end,
      bytes: fc.integer({ min: SMALLEST_PIECE, max: 150 }),
      tells: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), duration: fc.integer({ min: 1, max: 3000 }) }),
  },
);

async function run(format: 1 | 2, steps: readonly Step[]): Promise<void> {
  const clock = new ManualClock();
  const ends = [new End("a", format, clock), new End("b", format, clock)] as const;
  const other = (index: 0 | 1) => ends[index === 0 ? 1 : 0];
  const deliver = (index: 0 | 1) => {
    const { network, broker, stream } = ends[index];
    const sent = network.shift();
    if (sent === undefined) return false;
    const { confirmed, ...frame } = sent;
    if (frame.payload.length <= broker.swallows) other(index).stream.receive(frame);
    else if (confirmed && broker.tells) assert.ok(stream.refused(frame, TOO_LARGE));
    return true;
  };
  for (const step of steps) {
    if (step.do === "wait") {
      clock.elapse(step.duration);
      continue;
    }
    const self = ends[step.end];
    const [first, second, ...rest] = self.network;
    switch (step.do) {
      case "send":
        for (let count = step.count; count > 0; count--) self.send(step.length);
        break;
      case "deliver":
        deliver(step.end);
        break;
      case "lose":
        self.network.shift();
        break;
      case "duplicate":
        if (first !== undefined) self.network.unshift(first);
        break;
      case "swap": // MQTT keeps the order of one QoS only; frames of two may pass each other
        if (first !== undefined && second !== undefined) self.network = [second, first, ...rest];
        break;
      case "slow":
        self.slow = !self.slow;
        break;
      case "consume":
        self.consume();
        break;
      case "limit": // the broker turns out to take less, or more
        self.maximum = step.bytes;
        break;
      case "swallow": // it drops more than before, and says so only when it is asked
        if (format === 2) Object.assign(self.broker, { swallows: step.bytes, tells: step.tells });
        break;
      case "reconnect":
        self.stream.pause();
        self.network = [];
        other(step.end).network = [];
        self.stream.resume();
        break;
    }
    await Promise.resolve();
  }
  for (const index of [0, 1] as const) {
    const { sent, stream } = ends[index];
    const unseen = stream.unseen(other(index).stream.seen).map(({ bytes }) => new TextDecoder().decode(bytes));
    const expected = sent.slice(other(index).received.length);
    assert.deepEqual(unseen.filter((text) => sent.includes(text)), expected, "what was never handed on is known");
  }
  // The faults end; now everything has to arrive, within bounded time.
  for (const self of ends) {
    self.slow = false;
    assert.equal(self.stream.end(), format === 2);
  }
  for (let round = 0; round < 200; round++) {
    let busy = true;
    while (busy) {
      busy = false;
      for (const index of [0, 1] as const) {
        while (deliver(index)) busy = true;
        if (ends[index].consume()) busy = true;
        await Promise.resolve();
        await Promise.resolve();
      }
    }
    clock.elapse(1000);
  }
  for (const index of [0, 1] as const) {
    assert.deepEqual(other(index).received, ends[index].sent, `what ${ends[index].name} sent arrives once, in order`);
  }
  if (format === 2) {
    for (const { endedAfter, received } of ends) {
      assert.deepEqual(endedAfter, [received.length], "the end comes last, once");
    }
  }
  assert.equal(clock.timers, 0, "nothing is left to be done");
}

/** What has arrived, but was not handed on, was forgotten by its sender. */
const ARRIVED_ALONE: readonly Step[] = [
  { do: "send", end: 0, length: 0, count: 2 },
  { do: "slow", end: 1 },
  { do: "deliver", end: 0 },
  { do: "deliver", end: 0 },
  { do: "reconnect", end: 1 },
  { do: "deliver", end: 1 },
];

for (const format of [1, 2] as const) {
  Deno.test(`format ${format}: whatever the network loses, repeats or reorders, every message arrives once and in order`, async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 80 }), (steps) => run(format, steps));
    await fc.assert(property, { numRuns: RUNS, examples: [[[...ARRIVED_ALONE]]] });
  });
}

Deno.test("a small question is not answered by a window of megabytes again and again", async () => {
  const clock = new ManualClock();
  let [bytes, slow] = [0, false];
  const stuck = Promise.withResolvers<void>();
  const stream = new ReliableStream({
    transmit: (frame) => {
      bytes += frame.payload.length;
      if (slow && frame.payload.length > 0) return stuck.promise;
    },
    arrived: () => {},
    ended: () => {},
    deliver: () => {},
    outgoing: new OutgoingMessages(() => 100_000),
    incoming: new IncomingMessages(100_000, () => {}),
    limit: new PathLimit(() => {}, SMALLEST_PIECE),
    undeliverable: (message) => message,
    failed: () => {},
    window: () => 64,
    clock,
  });
  const message = Message.from({ method: "m", params: "x".repeat(90_000) });
  for (let count = 0; count < 40; count++) void stream.send(message);
  stream.flush();
  const window = bytes;
  for (let count = 0; count < 1_000; count++) {
    stream.receive({ payload: new Uint8Array(), resume: { number: 0, offset: 0 } });
  }
  assert.equal(bytes, 2 * window);
  await clock.advance(1_000);
  slow = true;
  for (let count = 0; count < 1_000; count++) {
    stream.receive({ payload: new Uint8Array(), resume: { number: 0, offset: 0 } });
  }
  assert.equal(bytes, 3 * window);
  await clock.advance(5_000); // the connection is still at work on the last answer
  stream.receive({ payload: new Uint8Array(), resume: { number: 0, offset: 0 } });
  assert.equal(bytes, 3 * window);
  stream.close();
  stuck.resolve();
  await clock.advance(0);
});
