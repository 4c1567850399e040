import assert from "node:assert/strict";
import { testOnBrokers } from "../support/brokers.ts";
import { TestLinks } from "../support/links.ts";
import { retained } from "../support/mqtt_client.ts";
import { SessionPeer } from "../support/session_peer.ts";
import { WireClient } from "../support/wire_client.ts";
import { profileNamed, SERVER_OPTIONS } from "../support/wire_options.ts";
import { eventually } from "../support/wait.ts";

const GONE = { jsonrpc: "2.0", method: "notifications/disconnected" };

const PRESENCES = [
  ["request-response", (id: string) => `mcp/demo/presence/${id}`, "mcp/other/presence/old"],
  ["mcp-over-mqtt", (id: string) => `$mcp-server/presence/${id}/demo`, "$mcp-server/presence/old/other"],
] as const;

for (const [profile, presence, another] of PRESENCES) {
  for (const share of ["mcp", undefined]) {
    testOnBrokers(
      `${profile}, shared as ${share}: what wills have left behind is cleared by the next server`,
      async (broker) => {
        await using peer = await SessionPeer.connect(broker.url, {});
        await peer.say(presence("old"), GONE, { retain: true });
        await peer.say(presence("alive"), { jsonrpc: "2.0", method: "notifications/server/online" }, { retain: true });
        await peer.say(another, GONE, { retain: true });
        await using links = new TestLinks(broker, { refusesEmptyWill: true });
        await using _server = profileNamed(profile).accept(links.make, {
          ...SERVER_OPTIONS,
          serverName: "demo",
          clientId: "s1",
          share,
          opened: () => {},
          observe: links.observe,
        });
        await eventually("the server", () => links.events.some(({ type }) => type === "server.online"));
        while (await retained(broker.url, presence("old")) !== undefined) {
          await new Promise((done) => setTimeout(done, 10));
        }
        assert.ok(await retained(broker.url, presence("alive")) !== undefined);
        assert.ok(await retained(broker.url, another) !== undefined);
        // Its own will says the same.
        links.cut("s1");
        await using watcher = await SessionPeer.connect(broker.url, {}, presence("s1"));
        await watcher.find(({ payload }) => payload !== "");
        assert.deepEqual(JSON.parse(new TextDecoder().decode(links.plans[0]?.will?.insteadOfEmpty)), GONE);
      },
    );
  }

  testOnBrokers(`${profile}: a presence that says that its server is gone is none`, async (broker) => {
    await using peer = await SessionPeer.connect(broker.url, {});
    await peer.say(presence("old"), GONE, { retain: true });
    await using client = new WireClient(profile, broker, { serverName: "demo", clientId: () => "c1", clientInfo: {} });
    const dialled = client.dial();
    await eventually("the connection", () => client.unavailableReason().reason === "no-server-online");
    const found = profileNamed(profile).directory({ clientInfo: {} });
    const payload = new TextEncoder().encode(JSON.stringify(GONE));
    const packet = { topic: presence("old"), payload, qos: 1, retain: true, properties: {} } as const;
    assert.equal(found.read(packet)?.online, false);
    await peer.say(presence("new"), { jsonrpc: "2.0", method: "notifications/server/online" }, { retain: true });
    await dialled;
  });
}
