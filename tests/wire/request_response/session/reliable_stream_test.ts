import assert from "node:assert/strict";
import fc from "fast-check";
import { Message } from "../../../../src/core/message.ts";
import type { Frame } from "../../../../src/wire/request_response/session/frame.ts";
import { ReliableStream } from "../../../../src/wire/request_response/session/reliable_stream.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

/** How many random schedules are tried; `deno task faults` asks for 100,000. */
const RUNS = Number(Deno.env.get("SCHEDULES") ?? "5000");

/** Messages longer than this travel in parts. */
const MAXIMUM_PART = 24;
const MAXIMUM_MESSAGE = 200;

/** One end of a simulated session: a stream, what it was given, and a receiver that may be slow. */
class End {
  readonly sent: string[] = [];
  readonly received: string[] = [];
  readonly tooLarge: number[] = [];
  readonly stream: ReliableStream;
  /** Frames on their way to the other end, in order. */
  network: Frame[] = [];
  slow = false;
  most = 0;
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(readonly name: string, clock: ManualClock) {
    this.stream = new ReliableStream({
      transmit: (frame) => void this.network.push(frame),
      arrived: () => {},
      deliver: (message) => {
        this.received.push(new TextDecoder().decode(message.bytes));
        if (this.slow) return (this.#waiting = Promise.withResolvers<void>()).promise;
      },
      maximumPart: () => MAXIMUM_PART,
      maxMessage: MAXIMUM_MESSAGE,
      tooLarge: (bytes) => void this.tooLarge.push(bytes),
      clock,
    });
  }

  send(length: number): void {
    const text = `{"id":1,"method":"${this.name}${this.sent.length}${"é".repeat(length)}"}`;
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
  | { do: "send"; end: 0 | 1; length: number }
  | { do: "deliver" | "lose" | "duplicate" | "swap" | "consume" | "slow" | "reconnect"; end: 0 | 1 }
  | { do: "wait"; duration: number };

const end = fc.constantFrom<0 | 1>(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("send" as const), end, length: fc.integer({ min: 0, max: 110 }) }),
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
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), duration: fc.integer({ min: 1, max: 3000 }) }),
  },
);

async function run(steps: readonly Step[]): Promise<void> {
  const clock = new ManualClock();
  const ends = [new End("a", clock), new End("b", clock)] as const;
  const other = (index: 0 | 1) => ends[index === 0 ? 1 : 0];
  const deliver = (index: 0 | 1) => {
    const frame = ends[index].network.shift();
    if (frame !== undefined) other(index).stream.receive(frame);
    return frame !== undefined;
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
        self.send(step.length);
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
  for (const self of ends) self.slow = false;
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
  assert.equal(clock.timers, 0, "nothing is left to be done");
}

Deno.test("whatever the network loses, repeats or reorders, every message arrives once and in order", async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 80 }), run), { numRuns: RUNS });
});
