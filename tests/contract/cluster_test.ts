/**
 * A broker of several nodes, of which one dies.
 *
 * @module
 */
import assert from "node:assert/strict";
import { initialize } from "../support/bridge.ts";
import { NATS_SERVER, natsCluster } from "../support/nats_cluster.ts";
import { type Process, startProxy, startServe } from "../support/proxy.ts";

const COUNTER = new URL("../faults/counter_server.ts", import.meta.url).pathname;

/** How long the nodes that are left may take to go on, in ms. */
const LONGEST_OUTAGE = 120_000;

/** What a call comes to: "ok", or a reason. In MQTT 3.1.1 one that is under way when a node dies may be lost. */
async function call(host: Process, number: number): Promise<string> {
  await host.send({
    jsonrpc: "2.0",
    id: number,
    method: "tools/call",
    params: { name: "count", arguments: { number } },
  });
  const answer = JSON.parse(await host.output.find((line) => line.includes(`"id":${number},`), 60_000));
  return answer.error?.data?.reason ?? "ok";
}

for (const end of ["connect", "serve"] as const) {
  Deno.test({
    name: `serve and connect on different nodes outlive the death of the node of ${end}, and no call runs twice`,
    ignore: NATS_SERVER === undefined,
    fn: async () => {
      await using cluster = await natsCluster(NATS_SERVER ?? "");
      const [one, two, three] = cluster.nodes;
      const file = await Deno.makeTempFile();
      const broker = (...nodes: readonly { url: string }[]) => ["--broker", nodes.map(({ url }) => url).join(",")];
      const command = [Deno.execPath(), "run", "-A", "--no-check", COUNTER, file];
      const name = ["--name", "counter"];
      const expiry = ["--session-expiry", "2"];
      await using _serve = await startServe([...broker(one, three), ...name, ...expiry, "--", ...command]);
      await using host = startProxy(["connect", ...broker(two, three), ...name, ...expiry, "--timeout", "5"]);
      await initialize(host);
      const outcomes: string[] = [];
      let number = 1;
      const untilAnswered = async () => {
        const deadline = performance.now() + LONGEST_OUTAGE;
        do {
          assert.ok(performance.now() < deadline, `for ${LONGEST_OUTAGE} ms no call was answered: ${outcomes}`);
          outcomes.push(await call(host, number += 10));
        } while (outcomes.at(-1) !== "ok");
      };
      for (let calls = 0; calls < 20; calls++) await untilAnswered();
      assert.ok(outcomes.every((outcome) => outcome === "ok"), `with all nodes: ${outcomes}`);
      await (end === "connect" ? two : one).kill();
      await untilAnswered();
      const ran = (await Deno.readTextFile(file)).split("\n").filter((line) => line !== "");
      assert.equal(new Set(ran).size, ran.length, "a call ran twice");
      await Deno.remove(file);
    },
  });
}
