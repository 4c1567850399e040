/** Targets: what strangers send to sealed sessions, and the files of keys. @module */
import assert from "node:assert/strict";
import { Seal } from "../../../src/seal/packets.ts";
import {
  clientSealing,
  generateKeyPair,
  KeyError,
  publicKeyText,
  readAuthorizedKeys,
  readKnownServers,
  readPrivateKeyFile,
  readPublicKey,
  serverSealing,
} from "../../../src/seal/mod.ts";
import { fromPlaintext } from "../../../src/wire/request_response/sealed/sealed_packet.ts";
import { mutate } from "../mutate.ts";
import type { Target } from "../target.ts";

const [SERVER, CLIENT] = [generateKeyPair(), generateKeyPair()];
const NAME = "0123456789abcdef";
const OUTSIDE = { topic: "t", payload: new Uint8Array(), qos: 0, retain: false, properties: {} } as const;

/** Nothing that was made up passes for a message of a handshake, or for a packet. */
export const SEALED: Target = {
  name: "sealed",
  begin: (seeds) => {
    const authorized = { names: new Map([[publicKeyText(CLIENT.publicKey), "ada"]]), watch: () => {} };
    const server = serverSealing(SERVER, authorized, false);
    const client = clientSealing(CLIENT, SERVER.publicKey);
    const handshake = client.begin("mcp/demo", NAME);
    const answer = server.read("mcp/demo", NAME, handshake.message)?.answer(new Uint8Array(12));
    const packet = answer?.seal.seal(new Uint8Array(40)) ?? new Uint8Array();
    const real = [handshake.message, answer?.message ?? packet, packet];
    return {
      next: (random) => {
        const bytes = mutate(random, [...seeds, ...real]);
        if (real.some((one) => one.length === bytes.length && one.every((byte, at) => byte === bytes[at]))) return;
        assert.equal(server.read("mcp/demo", NAME, bytes), undefined);
        assert.equal(handshake.finish(bytes), undefined);
        const seal = new Seal({ send: new Uint8Array(32), receive: new Uint8Array(32) }, NAME);
        assert.equal(seal.open(bytes), undefined);
      },
    };
  },
};

/** A plaintext is read or not, and never throws; files of keys are refused with an error of their own. */
export const KEYS: Target = {
  name: "keys",
  begin: (seeds) => ({
    next: (random) => {
      const bytes = mutate(random, seeds);
      fromPlaintext(bytes, OUTSIDE, NAME);
      const text = new TextDecoder().decode(bytes);
      for (const read of [readPublicKey, readPrivateKeyFile, readAuthorizedKeys, readKnownServers]) {
        try {
          read(text);
        } catch (error) {
          assert.ok(error instanceof KeyError, String(error));
        }
      }
    },
  }),
};
