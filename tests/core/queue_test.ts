import assert from "node:assert/strict";
import { Queue } from "../../src/core/queue.ts";
import { fc, holds } from "../support/properties.ts";

Deno.test("a queue does what an array does", () => {
  const step = fc.constantFrom("push", "push", "shift", "shift", "prepend", "takeAll", "first");
  holds(fc.array(step, { maxLength: 200 }), (steps) => {
    const queue = new Queue<number>();
    const array: number[] = [];
    for (const [number, step] of steps.entries()) {
      if (step === "push") {
        queue.push(number);
        array.push(number);
      } else if (step === "prepend") {
        queue.prepend([number, -number]);
        array.unshift(number, -number);
      } else if (step === "shift") {
        assert.equal(queue.shift(), array.shift());
      } else if (step === "takeAll") {
        assert.deepEqual(queue.takeAll(), array.splice(0));
      } else {
        assert.equal(queue.first, array[0]);
      }
      assert.equal(queue.length, array.length);
      assert.deepEqual([...queue], array);
    }
    assert.deepEqual(queue.takeAll(), array);
  });
});

Deno.test("a queue keeps its order over many times its slack", () => {
  const queue = new Queue<number>();
  let next = 0;
  for (let number = 0; number < 50_000; number++) {
    queue.push(number);
    if (number % 3 !== 0) assert.equal(queue.shift(), next++);
  }
  while (queue.length > 0) assert.equal(queue.shift(), next++);
  assert.equal(next, 50_000);
});
