/**
 * What the presence of a server says of its tools.
 *
 * @module
 */
import assert from "node:assert/strict";
import { toolsDigest } from "../../src/app/tools_digest.ts";
import { ask, bridge } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import type { TestBroker } from "../support/embedded_broker.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { isRunning } from "../support/processes.ts";
import { fixture, type Process, startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

const TOOLS = fixture("tools_server.ts");
const FILTERS = ["mcp/echo/presence/+", "$mcp-server/presence/+/echo"];

/** Watches the digests in what a server says of itself. */
async function watchPresence(broker: TestBroker) {
  const client = await TestClient.connect(broker.url, {}, ...FILTERS);
  const digests = (profile: number) =>
    client.arrivals.filter(({ topic, text }) => topic.startsWith(FILTERS[profile]?.split("+")[0] ?? "") && text !== "")
      .map(({ text }) => JSON.parse(text).params.meta.toolsDigest)
      .filter((digest, index, all) => index === 0 || digest !== all[index - 1]); // it may say the same again
  return {
    /** Resolves when both profiles say this. */
    says: (digest: string | undefined, times: number) =>
      client.arrival(
        `the digest ${digest} for the ${times}. time`,
        () => [0, 1].every((profile) => digests(profile).filter((one) => one === digest).length >= times),
      ),
    digests,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** All tools, as a host asks for them. */
async function listTools(host: Process, id: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let [page, cursor]: [number, string | undefined] = [0, undefined];; page++) {
    const { result } = await ask(host, `${id}${page}`, "tools/list", cursor === undefined ? {} : { cursor });
    all.push(...result.tools);
    if (result.nextCursor === undefined) return all;
    cursor = result.nextCursor;
  }
}

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  testOnBrokers(
    `the first list that a host asks for gives the server its digest; a change takes it [${profile}]`,
    async (broker) => {
      await using presence = await watchPresence(broker);
      await using both = await bridge(broker, { command: TOOLS, connect: ["--profile", profile] });
      await presence.says(undefined, 1);
      const { host } = both;
      await host.send({ jsonrpc: "2.0", id: 0, method: "initialize", params: { protocolVersion: "2025-11-25" } });
      await host.output.next();
      const digest = await toolsDigest(await listTools(host, "a"));
      await presence.says(digest, 1);
      await ask(host, "change", "tools/call", { name: "change" });
      await presence.says(undefined, 2);
      assert.equal(await toolsDigest(await listTools(host, "b")), digest);
      await presence.says(digest, 2);
      assert.deepEqual(
        [0, 1].map((one) => presence.digests(one)),
        [0, 1].map(() => [undefined, digest, undefined, digest]),
      );
    },
  );
}

testOnBrokers("with --prewarm, the digest is there before the first session", async (broker) => {
  await using presence = await watchPresence(broker);
  await using serve = await startServe([
    ...["--broker", broker.url, "--name", "echo", "--prewarm", "1", "--", ...TOOLS],
  ]);
  await eventually("both profiles have a digest", () => {
    return [0, 1].every((profile) => typeof presence.digests(profile).at(-1) === "string");
  });
  const line = await serve.errors.find((line) => line.includes("echo (tools): started process "));
  await eventually("who was asked is gone", () => !isRunning(Number(/process (\d+)/.exec(line)?.[1])));
  await using host = startProxy(["connect", "--broker", broker.url, "--name", "echo"]);
  await presence.says(await toolsDigest(await listTools(host, "a")), 1);
  assert.equal(new Set(presence.digests(0).filter((digest) => digest !== undefined)).size, 1);
});

testOnBrokers("what --meta says of the tools wins", async (broker) => {
  await using presence = await watchPresence(broker);
  await using _serve = await startServe([
    ...["--broker", broker.url, "--name", "echo", "--prewarm", "1", "--meta", '{"toolsDigest":"mine"}', "--", ...TOOLS],
  ]);
  await presence.says("mine", 1);
});
