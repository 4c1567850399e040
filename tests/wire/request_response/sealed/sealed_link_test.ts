import assert from "node:assert/strict";
import { Seal } from "../../../../src/seal/packets.ts";
import { SealedLink } from "../../../../src/wire/request_response/sealed/sealed_link.ts";
import { ScriptedLink } from "../../../support/scripted_link.ts";

/** A link that seals, and what leaves by it. */
function sealedLink(exhausted: (sealed: SealedLink) => void = () => {}) {
  const link = new ScriptedLink("c1");
  const seal = new Seal({ send: new Uint8Array(32).fill(1), receive: new Uint8Array(32).fill(2) }, "s1");
  const sealed: SealedLink = new SealedLink({
    link,
    seal,
    session: "s1",
    topic: "t",
    exhausted: () => exhausted(sealed),
  });
  return { link, seal, sealed };
}

const PACKET = {
  topic: "t",
  payload: new TextEncoder().encode("{}"),
  qos: 0,
  properties: {
    correlationData: Uint8Array.of(1, 2, 3),
    userProperties: { "mcp-seq": "1", other: "said in the open" },
  },
} as const;

Deno.test("the same packet, sent often, shows nothing in common but what all packets of the session show", () => {
  const { link, sealed } = sealedLink();
  for (let time = 0; time < 2_000; time++) sealed.publish(PACKET);
  const correlations = link.published.map(({ properties }) => properties?.correlationData?.join());
  const payloads = link.published.map(({ payload }) => payload.subarray(8).join());
  assert.deepEqual([new Set(correlations).size, new Set(payloads).size], [2_000, 2_000]);
  for (const { topic, properties } of link.published) {
    const { correlationData, ...rest } = properties ?? {};
    assert.equal(correlationData?.length, 8);
    assert.deepEqual([topic, rest], ["t", {
      payloadFormatIndicator: false,
      contentType: "application/octet-stream",
      userProperties: { "mcp-session": "s1", "mcp-sealed": "1" },
    }]);
  }
});

Deno.test("with keys that are used up nothing leaves, and the session is told once, also when it says goodbye", () => {
  let told = 0;
  const { link, seal, sealed } = sealedLink((sealed) => {
    told++;
    sealed.publish(PACKET);
  });
  Object.defineProperty(seal, "exhausted", { get: () => true });
  sealed.publish(PACKET);
  sealed.publish(PACKET);
  assert.deepEqual([told, link.published.length], [1, 0]);
});
