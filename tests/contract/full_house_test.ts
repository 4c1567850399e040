/**
 * What becomes of clients that say nothing more when others want their sessions.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, ECHO } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { type Process, startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

const NAME = "demo/echo";
const PROFILE = ["--profile", "mcp-over-mqtt", "--name", NAME];
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

/** The host's answer to the next ping of the server. */
async function answerPing(host: Process): Promise<void> {
  const { id } = JSON.parse(await host.output.find((line) => line.includes('"method":"ping"')));
  await host.send({ jsonrpc: "2.0", id, result: {} });
}

testOnBrokers(
  "a client that is silent loses its session to one that wants it, and one that is quiet does not",
  async (broker) => {
    const url = ["--broker", broker.url];
    await using _serve = await startServe([
      ...url,
      ...PROFILE,
      "--client-id",
      "s1",
      "--max-sessions",
      "2",
      "--",
      ...ECHO,
    ]);
    const connect = () => startProxy(["connect", ...url, ...PROFILE]);
    // The quietest one, behind whom there is a host.
    await using quiet = connect();
    const { serverInfo: { pid } } = (await ask(quiet, "quiet", "initialize", INITIALIZE.params)).result;
    // And one who was there, and is not any more, although its connection lives.
    await using silent = await MqttPeer.connect(broker.url, { clientId: "silent" });
    const rpc = `$mcp-rpc/silent/s1/${NAME}`;
    const properties = { userProperties: { "MCP-COMPONENT-TYPE": "mcp-client", "MCP-MQTT-CLIENT-ID": "silent" } };
    await silent.subscribe(rpc);
    await silent.publish(`$mcp-server/s1/${NAME}`, INITIALIZE, properties);
    assert.match(JSON.stringify(await silent.nextOn(rpc)), /serverInfo/);

    await using other = connect();
    const refused = await ask(other, "first", "initialize", INITIALIZE.params);
    assert.equal(refused.error.data.reason, "too-many-sessions");
    await answerPing(quiet);
    await eventually("the silent one has made room", async () => {
      const { result } = await ask(other, "again", "initialize", INITIALIZE.params);
      return result !== undefined;
    }, 60_000);
    // The first one has kept its session, and its server process.
    const { result } = await ask(quiet, "still", "environment");
    assert.notEqual(result, undefined);
    assert.equal((await ask(quiet, "received", "received")).result.received.length, 3);
    assert.equal(typeof pid, "number");
  },
);
