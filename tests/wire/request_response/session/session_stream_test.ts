import assert from "node:assert/strict";
import { Failure } from "../../../../src/core/failure.ts";
import { Message } from "../../../../src/core/message.ts";
import { type Frame, NOTHING } from "../../../../src/wire/request_response/session/frame.ts";
import { START } from "../../../../src/wire/request_response/session/position.ts";
import { PathLimit } from "../../../../src/wire/request_response/session/path_limit.ts";
import { SessionStream } from "../../../../src/wire/request_response/session/session_stream.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { gist, notification, request, response, textOf } from "../../../support/messages.ts";

const LIMIT = 8_000;
const PAD = `{"text":"${"x".repeat(5_000)}"}`;

/** A batch of these messages. */
const batch = (...messages: Message[]) => Message.from(`[${messages.map(textOf).join(",")}]`);

/** One end whose frames go nowhere but into a list. */
function end(format: 2 | "plain" = 2) {
  const clock = new ManualClock();
  const frames: Frame[] = [];
  const received: Message[] = [];
  const stream = new SessionStream({
    name: "one",
    transmit: (frame) => void frames.push(frame),
    arrived: () => {},
    ended: () => {},
    maximumPart: () => 1_000_000,
    limit: new PathLimit(() => {}),
    maxMessage: LIMIT,
    answerInvalid: () => undefined,
    window: () => 64,
    overflow: () => {},
    failed: () => {},
    observe: () => {},
    clock,
  }, format);
  stream.start((message) => void received.push(message));
  stream.receive({ payload: NOTHING, acknowledge: START }); // before that, there is one packet at a time
  const sent = async () => {
    await clock.advance(0);
    return frames.splice(0).flatMap(({ payload }) => payload.length === 0 ? [] : new TextDecoder().decode(payload))
      .flatMap((text) => text.split("\n")).flatMap((line) => line.startsWith("[") ? line : gist(Message.from(line)));
  };
  return { stream, sent, received: () => received.splice(0).map(gist), frames, clock };
}

for (const where of ["this end", "the other end"]) {
  Deno.test(`each message of a batch that is too large for ${where} is answered, or stands for an answer, itself`, async () => {
    const { stream, sent, received } = end();
    const pad = where === "this end" ? PAD : `{"text":"${"x".repeat(2_000)}"}`;
    if (where === "the other end") stream.respect(4_000);
    void stream.send(batch(request("1", "a", pad), notification("n"), request('"b"', "a", pad)));
    assert.deepEqual(received(), ["error 1 too-large", 'error "b" too-large']);
    assert.deepEqual(await sent(), []);
    void stream.send(batch(response("7", pad), response("8", pad)));
    assert.deepEqual(received(), []);
    assert.deepEqual(await sent(), ["error 7 too-large", "error 8 too-large"]);
    void stream.send(batch(request("2"), request("3")));
    assert.equal((await sent()).length, 1);
    stream.close();
  });
}

Deno.test("a batch that was sent before the other end said what it takes is answered as well, and other messages are not", async () => {
  const { stream, sent, received } = end();
  void stream.send(batch(request("1", "a", PAD.slice(0, 3_000) + '"}'), request("2")));
  void stream.send(request("3", "a", PAD));
  await sent();
  stream.receive({ payload: new Uint8Array(), maximum: 2_000 });
  stream.receive({ payload: new Uint8Array(), maximum: 2_000 });
  assert.deepEqual(received(), ["error 1 too-large", "error 2 too-large"]); // 3 is answered by the other end
  stream.close();
});

Deno.test("each message of a batch that has come without a number and is too large is answered", async () => {
  const { stream, sent, received } = end("plain");
  const { bytes: payload } = batch(request("1", "a", PAD), response("2", PAD), request("3"));
  stream.receive({ payload });
  assert.deepEqual(await sent(), ["error 1 too-large", "error 3 too-large"]);
  assert.deepEqual(received(), ["error 2 too-large"]);
  stream.close();
});

Deno.test("a batch that the broker refuses is answered, and what it answers has an error in its place", async () => {
  const { stream, sent, received, frames, clock } = end();
  const refusal = new Failure("too-large", "The broker takes no packet of that size");
  void stream.send(batch(request("1"), request("2"), response("3", PAD.slice(0, 3_000) + '"}')));
  await clock.advance(0);
  const [frame] = frames.splice(0);
  assert.ok(frame !== undefined && stream.refused(frame, refusal));
  await clock.advance(60_000);
  assert.deepEqual(received(), ["error 1 too-large", "error 2 too-large"]);
  const [instead = ""] = await sent();
  assert.deepEqual(JSON.parse(instead).map(({ id }: { id: number }) => id), [3]);
  stream.close();
});

Deno.test("without numbers, an end that is asked what it has asks for what it waits for itself", async () => {
  const { stream, sent, received } = end("plain");
  void stream.send(request('"lost"', "roots/list"));
  await sent();
  const question = '{"jsonrpc":"2.0","id":"q","method":"mcp-mqtt-proxy/pending","params":{"askBack":true}}';
  stream.receive({ payload: Message.from(question).bytes });
  const [answer, back = ""] = await sent();
  assert.match(back, /pending/);
  assert.equal(answer, 'result "q"');
  assert.deepEqual(received(), []);
});
