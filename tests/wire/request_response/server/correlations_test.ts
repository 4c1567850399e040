import assert from "node:assert/strict";
import { Message } from "../../../../src/core/message.ts";
import { Correlations } from "../../../../src/wire/request_response/server/correlations.ts";
import { notification, request, response, textOf } from "../../../support/messages.ts";

const data = (number: number) => Uint8Array.of(number);
const batch = (...messages: Message[]) => Message.from(`[${messages.map(textOf).join(",")}]`);

Deno.test("an answer has the Correlation Data of its request, however often it is sent", () => {
  const correlations = new Correlations();
  correlations.remember(request("1"), data(1));
  correlations.remember(request('"1"'), data(2));
  correlations.remember(notification("n"), data(3));
  for (let times = 0; times < 3; times++) {
    assert.deepEqual(correlations.of(response("1")), data(1));
    assert.deepEqual(correlations.of(response('"1"')), data(2));
  }
  assert.equal(correlations.of(response("2")), undefined);
  assert.equal(correlations.of(request("1")), undefined);
});

Deno.test("an id that is used again has its new Correlation Data, and one that is used twice at a time the first", () => {
  const correlations = new Correlations();
  correlations.remember(request("1"), data(1));
  correlations.remember(request("1"), data(2));
  assert.deepEqual(correlations.of(response("1")), data(1));
  correlations.remember(request("1"), data(3));
  assert.deepEqual(correlations.of(response("1")), data(3));
});

Deno.test("the answers to a batch have its Correlation Data, together or one by one", () => {
  const correlations = new Correlations();
  correlations.remember(batch(request("1"), notification("n"), request("2")), data(1));
  assert.deepEqual(correlations.of(batch(response("1"), response("2"))), data(1));
  assert.deepEqual(correlations.of(response("2")), data(1));
});

Deno.test("neither requests without an answer nor answers take more and more memory", () => {
  const correlations = new Correlations();
  for (let id = 0; id < 100_000; id++) {
    correlations.remember(request(`${id}`), data(1));
    assert.deepEqual(correlations.of(response(`${id}`)), data(1));
  }
  assert.equal(correlations.of(response("0")), undefined);
  assert.deepEqual(correlations.of(response("99999")), data(1));
  for (let id = 0; id < 100_000; id++) correlations.remember(request(`"${id}"`), data(1));
  assert.equal(correlations.of(response('"99999"')), undefined);
  assert.deepEqual(correlations.of(response('"0"')), data(1));
});

Deno.test("answers with long Correlation Data make room for new requests", () => {
  const correlations = new Correlations();
  const long = (number: number) => new Uint8Array(16 * 1024).fill(number);
  for (let id = 0; id < 1_000; id++) {
    correlations.remember(request(`${id}`), long(id % 256));
    assert.deepEqual(correlations.of(response(`${id}`)), long(id % 256));
  }
});

Deno.test("cancelled requests take no room for ever, and a late answer to one has its Correlation Data", () => {
  const correlations = new Correlations();
  for (let id = 0; id < 50_000; id++) {
    correlations.remember(request(`${id}`), data(1));
    const params = { requestId: id };
    const cancel = Message.from({ jsonrpc: "2.0", method: "notifications/cancelled", params });
    correlations.remember(cancel, undefined);
  }
  assert.deepEqual(correlations.of(response("49999")), data(1));
  correlations.remember(request('"new"'), data(2));
  assert.deepEqual(correlations.of(response('"new"')), data(2));
});
