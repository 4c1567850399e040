import assert from "node:assert/strict";
import type { Clock } from "../../src/core/clock.ts";
import { Message } from "../../src/core/message.ts";
import { AnsweringChannel } from "../../src/relay/mod.ts";

/** A clock that stands still until it is moved. */
class ManualClock implements Clock {
  readonly #timers = new Map<() => void, number>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = () => callback();
    this.#timers.set(timer, this.#now + delay);
    return () => void this.#timers.delete(timer);
  }

  advance(by: number): void {
    this.#now += by;
    for (const [timer, due] of [...this.#timers]) {
      if (due <= this.#now && this.#timers.delete(timer)) timer();
    }
  }
}

Deno.test("a request that makes progress may take longer than one that is silent", () => {
  const clock = new ManualClock();
  let fromServer: (message: Message) => void = () => {};
  const inner = {
    receive: (receiver: (message: Message) => void) => void (fromServer = receiver),
    send: () => {},
    close: () => Promise.resolve(),
    closed: new Promise<undefined>(() => {}),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const channel = new AnsweringChannel(inner, { clock, timeout: 60_000 });
  const seen: (string | undefined)[] = [];
  channel.receive(({ method, id }) => void seen.push(method ?? id));
  void channel.send(Message.from({ jsonrpc: "2.0", id: 1, method: "tools/call" }));
  clock.advance(59_000);
  fromServer(Message.from({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: 1 } }));
  clock.advance(59_000);
  assert.deepEqual(seen, ["notifications/progress"]);
  clock.advance(1_000);
  assert.deepEqual(seen, ["notifications/progress", "1"]);
});
