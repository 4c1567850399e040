import assert from "node:assert/strict";
import { type PendingRequest, PendingRequests } from "../../src/relay/pending_requests.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { request, response } from "../support/messages.ts";
import { fc, holdsAsync } from "../support/properties.ts";

function table() {
  const clock = new ManualClock();
  const expired: PendingRequest[] = [];
  const pending = new PendingRequests(clock, (request) => expired.push(request));
  return { clock, expired, pending, expiredIds: () => expired.map(({ id }) => id) };
}

Deno.test("a request is settled by its response, once", () => {
  const { pending } = table();
  pending.add(request("1"));
  assert.equal(pending.size, 1);
  assert.equal(pending.answer(response("1")), true);
  assert.equal(pending.size, 0);
  assert.equal(pending.answer(response("1")), false);
  assert.equal(pending.answer(response("1")), false);
});

Deno.test("a request and its response find each other whatever the id and its spelling", () => {
  const pairs = [["0", "0"], ['""', '""'], ["-1", "-1"], ["1.0", "1"], ['"\\u00fc"', '"ü"'], ["-0", "0"]];
  for (const id of ["9007199254740993", "123456789012345678901234567890", '"😀"', "1e999"]) pairs.push([id, id]);
  for (const [asked = "", answered = ""] of pairs) {
    const { pending } = table();
    pending.add(request(asked));
    assert.equal(pending.answer(response(answered)), true, asked);
    assert.equal(pending.size, 0, asked);
  }
});

Deno.test("ids that only look alike belong to different requests", () => {
  const { pending } = table();
  const ids = ["1", '"1"', "0", '""', "9007199254740992", "9007199254740993", '"null"'];
  for (const id of ids) pending.add(request(id));
  assert.equal(pending.size, ids.length);
  assert.deepEqual(pending.takeAll().map(({ id }) => id), ids);
});

Deno.test("a response that nobody asked for is passed on", () => {
  const { pending } = table();
  assert.equal(pending.answer(response("7")), true);
  assert.equal(pending.answer(response("null")), true);
});

Deno.test("a request expires when its time has run out, and its late answers are not passed on", async () => {
  const { clock, expired, pending } = table();
  pending.add(request("1", "tools/call"), 100);
  await clock.advance(99);
  assert.equal(expired.length, 0);
  await clock.advance(1);
  assert.deepEqual(expired.map(({ id, method, timeout }) => [id, method, timeout]), [["1", "tools/call", 100]]);
  assert.equal(pending.answer(response("1")), false);
  assert.equal(pending.answer(response("1")), false);
  assert.equal(clock.timers, 0);
});

Deno.test("an id that is used again is pending again", async () => {
  const { clock, pending } = table();
  pending.add(request("1"), 100);
  await clock.advance(100);
  pending.add(request("1"), 100);
  assert.equal(pending.answer(response("1")), true);
});

Deno.test("an id that is used twice at a time is answered twice", () => {
  const { pending } = table();
  pending.add(request("1"));
  pending.add(request("1"));
  assert.deepEqual([1, 2, 3].map(() => pending.answer(response("1"))), [true, true, false]);
  assert.equal(pending.size, 0);
});

Deno.test("each request has its own time, and those without a limit have all of it", async () => {
  const { clock, pending, expiredIds } = table();
  pending.add(request('"for ever"'));
  pending.add(request("300"), 300);
  pending.add(request("100"), 100);
  pending.add(request("200"), 200);
  await clock.advance(150);
  assert.deepEqual(expiredIds(), ["100"]);
  pending.add(request("50"), 50);
  await clock.advance(1_000_000);
  assert.deepEqual(expiredIds(), ["100", "200", "50", "300"]);
  assert.equal(pending.size, 1);
  assert.equal(clock.timers, 0);
});

Deno.test("a sign of progress gives a request its time anew, and no other one", async () => {
  const { clock, pending, expiredIds } = table();
  pending.add(request("1"), 100);
  pending.add(request('"other"'), 100);
  await clock.advance(60);
  pending.extend(1);
  await clock.advance(60);
  assert.deepEqual(expiredIds(), ['"other"']);
  await clock.advance(40);
  assert.deepEqual(expiredIds(), ['"other"', "1"]);
});

Deno.test("progress under a token that is no request's id may be that of any of them", async () => {
  const { clock, pending, expiredIds } = table();
  pending.add(request("1"), 100);
  pending.add(request("2"), 100);
  await clock.advance(60);
  pending.extend('"a token of the host\'s own"');
  await clock.advance(60);
  assert.deepEqual(expiredIds(), []);
});

Deno.test("a cancelled request is not waited for, and an answer that comes all the same is passed on", async () => {
  const { clock, pending, expiredIds } = table();
  pending.add(request("9007199254740993"), 100);
  pending.cancel("9007199254740993");
  assert.equal(pending.size, 0);
  await clock.advance(200);
  assert.equal(clock.timers, 0);
  assert.deepEqual(expiredIds(), []);
  assert.equal(pending.answer(response("9007199254740993")), true);
});

Deno.test("the answer to a cancelled request is passed on, also when one before it had the same id", () => {
  const { pending } = table();
  pending.add(request("1"));
  pending.answer(response("1"));
  pending.add(request("1"));
  pending.cancel(1);
  assert.equal(pending.answer(response("1")), true);
});

Deno.test("the end of everything takes all requests, in order, and their timer", async () => {
  const { clock, pending, expiredIds } = table();
  for (const id of ["1", "0", '""']) pending.add(request(id), 100);
  assert.deepEqual(pending.takeAll().map(({ id }) => id), ["1", "0", '""']);
  assert.deepEqual(pending.takeAll(), []);
  assert.equal(clock.timers, 0);
  await clock.advance(200);
  assert.deepEqual(expiredIds(), []);
  assert.equal(pending.answer(response("0")), false);
});

Deno.test("allAnswered() resolves when nothing is pending, by whatever means", async () => {
  const { clock, pending } = table();
  await pending.allAnswered();
  const means = [
    () => pending.answer(response("1")),
    () => pending.cancel(1),
    () => pending.takeAll(),
    () => clock.advance(100),
  ];
  for (const means_ of means) {
    pending.add(request("1"), 100);
    let settled = false;
    void pending.allAnswered().then(() => settled = true);
    await clock.advance(0);
    assert.equal(settled, false);
    await means_();
    await clock.advance(0);
    assert.equal(settled, true);
  }
});

Deno.test("answers that were given remain known for at least a thousand more, and memory is bounded", () => {
  const { pending } = table();
  for (let id = 0; id < 100_000; id++) {
    pending.add(request(String(id)));
    assert.equal(pending.answer(response(String(id))), true);
    if (id >= 999) assert.equal(pending.answer(response(String(id - 999))), false);
  }
  assert.equal(pending.answer(response("0")), true);
});

Deno.test("every request is settled exactly once, whatever happens in whatever order", async () => {
  const step = fc.record({ act: fc.constantFrom("add", "answer", "cancel", "advance"), id: fc.nat(5) });
  await holdsAsync(fc.array(step, { maxLength: 60 }), async (steps) => {
    const { clock, expired, pending } = table();
    const open = new Set<number>();
    let settled = 0;
    let asked = 0;
    for (const { act, id } of steps) {
      if (act === "add" && !open.has(id)) {
        pending.add(request(String(id)), 100);
        open.add(id);
        asked++;
      } else if (act === "answer" && open.delete(id)) {
        assert.equal(pending.answer(response(String(id))), true);
        settled++;
      } else if (act === "cancel" && open.delete(id)) {
        pending.cancel(id);
        settled++;
      } else if (act === "advance") {
        await clock.advance(40);
        for (const { id } of expired) open.delete(Number(id));
      }
      assert.equal(pending.size, open.size);
    }
    assert.equal(settled + expired.length + pending.takeAll().length, asked);
    assert.equal(clock.timers, 0);
  });
});
