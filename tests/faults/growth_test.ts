import assert from "node:assert/strict";
import { Dispatcher } from "../../src/mqtt/dispatcher.ts";
import { windowOf } from "../../src/wire/request_response/session/receive_buffer.ts";

/** The time of one message, in ms, while sessions with topics of their own come and go; best of several rounds. */
function messageTime(sessions: number): number {
  const dispatcher = new Dispatcher();
  const handler = () => {};
  const filter = (session: number) => `$mcp-rpc/client-${session}/server/name`;
  dispatcher.add({ filter: "$mcp-server/server/name", qos: 1, handler });
  dispatcher.add({ filter: "$mcp-client/presence/+", qos: 1, handler });
  for (let session = 0; session < sessions; session++) dispatcher.add({ filter: filter(session), qos: 1, handler });
  const payload = new Uint8Array();
  const packets = Array.from(
    { length: sessions },
    (_, session) => ({ topic: filter(session), payload, qos: 1 as const, retain: false, properties: {} }),
  );
  const rounds = Array.from({ length: 20 }, () => {
    const start = performance.now();
    for (let count = 0; count < 10_000; count++) {
      const packet = packets[count % sessions];
      if (packet !== undefined) void dispatcher.dispatch(packet);
      if (count % 10 !== 0) continue;
      dispatcher.remove(filter(count % sessions));
      dispatcher.add({ filter: filter(count % sessions), qos: 1, handler });
    }
    return (performance.now() - start) / 10_000;
  });
  return Math.min(...rounds);
}

Deno.test("a message costs about as much among 1,000 sessions that come and go as among 10", () => {
  messageTime(10); // which is compiled then
  const [few, many] = [messageTime(10), messageTime(1_000)];
  // Caches of the processor hold the 10, and the machine is shared: scanning would take 100 times as long.
  assert.ok(many < 5 * few, `${few} ms among 10, ${many} ms among 1,000`);
  assert.ok(many < 0.01, `${many} ms`);
});

Deno.test("the peers of one connection may send 800 packets in sum, each of them 4 at least and 512 at most", () => {
  for (let peers = 1; peers <= 1_000; peers++) {
    const window = windowOf(peers);
    assert.ok(window >= 4 && window <= 512);
    assert.ok(peers > 200 || peers * window <= 800, `${peers} peers with ${window} each`);
  }
});
