import assert from "node:assert/strict";
import { Message } from "../../../../../src/core/message.ts";
import { splitMessage } from "../../../../../src/wire/request_response/session/format_1/parts.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

Deno.test("parts end between characters, and together they are the message, however little fits into one", () => {
  const message = Message.from({ id: 1, method: "ä€😀", params: "€€€😀😀" });
  for (let limit = 0; limit < 40; limit++) {
    const texts = Array.from(splitMessage(message, limit), ({ payload }) => decoder.decode(payload));
    assert.equal(texts.join(""), decoder.decode(message.bytes));
  }
});
