import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { initiate, respond } from "../../src/seal/handshake.ts";
import { decrypt, encrypt, generateKeyPair, keyPairOf } from "../../src/seal/primitives.ts";
import vectors from "./vectors.json" with { type: "json" };

const decodeHex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const encodeHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const PROLOGUE = new TextEncoder().encode("mcp-mqtt-sealed/1mcp/demo");
const NOTHING = new Uint8Array();

vectors.forEach((vector, index) => {
  Deno.test(`the handshake is that of Noise_IK_25519_ChaChaPoly_BLAKE2s: public test vector ${index + 1}`, () => {
    const [first, second, ...transport] = vector.messages;
    assert.ok(first !== undefined && second !== undefined);
    const initiation = initiate(
      {
        prologue: decodeHex(vector.init_prologue),
        own: keyPairOf(decodeHex(vector.init_static)),
        ephemeral: keyPairOf(decodeHex(vector.init_ephemeral)),
      },
      decodeHex(vector.init_remote_static),
      decodeHex(first.payload),
    );
    assert.equal(encodeHex(initiation.message), first.ciphertext);
    const response = respond({
      prologue: decodeHex(vector.resp_prologue),
      own: keyPairOf(decodeHex(vector.resp_static)),
      ephemeral: keyPairOf(decodeHex(vector.resp_ephemeral)),
    }, initiation.message);
    assert.equal(encodeHex(response?.payload ?? NOTHING), first.payload);
    assert.equal(
      encodeHex(response?.client ?? NOTHING),
      encodeHex(keyPairOf(decodeHex(vector.init_static)).publicKey),
    );
    const answer = response?.answer(decodeHex(second.payload));
    assert.equal(encodeHex(answer?.message ?? NOTHING), second.ciphertext);
    const outcome = initiation.finish(answer?.message ?? NOTHING);
    assert.equal(encodeHex(outcome?.payload ?? NOTHING), second.payload);
    assert.ok(answer !== undefined && outcome !== undefined);
    transport.forEach(({ payload, ciphertext }, position) => {
      const [from, to] = position % 2 === 0 ? [outcome.keys, answer.keys] : [answer.keys, outcome.keys];
      const counter = position >> 1;
      assert.equal(encodeHex(encrypt(from.send, counter, NOTHING, [decodeHex(payload)])), ciphertext);
      assert.equal(encodeHex(decrypt(to.receive, counter, NOTHING, decodeHex(ciphertext)) ?? NOTHING), payload);
    });
  });
});

Deno.test("a handshake fails with another server, another prologue, and after any change to either message", () => {
  const [client, server] = [generateKeyPair(), generateKeyPair()];
  const initiation = initiate({ prologue: PROLOGUE, own: client }, server.publicKey);
  assert.equal(respond({ prologue: PROLOGUE, own: generateKeyPair() }, initiation.message), undefined);
  assert.equal(respond({ prologue: NOTHING, own: server }, initiation.message), undefined);
  const answer = respond({ prologue: PROLOGUE, own: server }, initiation.message)?.answer(NOTHING).message ?? NOTHING;
  for (let position = 0; position < initiation.message.length; position++) {
    assert.equal(respond({ prologue: PROLOGUE, own: server }, flipped(initiation.message, position)), undefined);
  }
  for (let position = 0; position < answer.length; position++) {
    assert.equal(initiation.finish(flipped(answer, position)), undefined);
  }
  for (let length = 0; length < answer.length; length++) {
    assert.equal(initiation.finish(answer.subarray(0, length)), undefined);
  }
  assert.ok(initiation.finish(answer) !== undefined, "none of all that has spoilt it");
});

Deno.test("a key that makes every secret the same is refused", () => {
  const server = generateKeyPair();
  const { message } = initiate({ prologue: PROLOGUE, own: generateKeyPair() }, server.publicKey);
  message.fill(0, 0, 32);
  assert.equal(respond({ prologue: PROLOGUE, own: server }, message), undefined);
});

Deno.test("each answer to the same first message leads to other keys", () => {
  const [client, server] = [generateKeyPair(), generateKeyPair()];
  const { message } = initiate({ prologue: PROLOGUE, own: client }, server.publicKey);
  const response = respond({ prologue: PROLOGUE, own: server }, message);
  const [one, two] = [response?.answer(NOTHING), response?.answer(NOTHING)];
  assert.notDeepEqual(one?.keys.send, two?.keys.send);
});

function flipped(bytes: Uint8Array, position: number): Uint8Array {
  const copy = bytes.slice();
  copy[position] = (copy[position] ?? 0) ^ 1;
  return copy;
}
