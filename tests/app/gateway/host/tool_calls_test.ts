import assert from "node:assert/strict";
import type { Client } from "@modelcontextprotocol/client";
import type { McpServer } from "@modelcontextprotocol/server";
import { type Era, fleetServer, gatewayHost, textOf } from "../../../support/gateway.ts";
import { embeddedBroker } from "../../../support/embedded_broker.ts";

const done = (text: string) => ({ content: [{ type: "text" as const, text }] });

/** Tools that read, write and destroy, and count how often the last one has. */
function disk(destroyed: { count: number }): (server: McpServer) => void {
  return (server) => {
    server.registerTool("read", { annotations: { readOnlyHint: true } }, () => done("read"));
    server.registerTool("append", { annotations: { destructiveHint: false } }, () => done("appended"));
    server.registerTool("erase", {}, () => {
      destroyed.count++;
      return done("erased");
    });
  };
}

const ERAS: readonly Era[] = ["legacy", "modern"];

/** A user who answers as is said, and keeps the questions. */
function user(answer: unknown, questions: string[]): (client: Client) => void {
  return (client) =>
    client.setRequestHandler("elicitation/create", ({ params }) => {
      questions.push(params.message);
      return answer as { action: "accept" };
    });
}

for (const era of ERAS) {
  Deno.test(`--confirm asks the user of a ${era} host before something is destroyed, and only then`, async () => {
    await using broker = await embeddedBroker();
    const destroyed = { count: 0 };
    await using _one = await fleetServer(broker, { name: "disk", build: disk(destroyed) });
    await using _two = await fleetServer(broker, { name: "tape", build: disk(destroyed) });
    const questions: string[] = [];
    const agreeing = {
      era,
      options: { confirm: true },
      capabilities: { elicitation: { form: {} } },
      prepare: user({ action: "accept", content: { agree: true } }, questions),
    };
    await using host = await gatewayHost(broker, agreeing);
    assert.equal(textOf(await host.client.callTool({ name: "disk__read" })), "read");
    assert.equal(textOf(await host.client.callTool({ name: "disk__append" })), "appended");
    assert.deepEqual(questions, []);
    assert.equal(textOf(await host.client.callTool({ name: "disk__erase" })), "erased");
    assert.match(questions.join(), /^Call erase of disk\? It may change or destroy something\./);
    await host.client.callTool({ name: "call_many", arguments: { names: "#", tool: "erase" } });
    assert.match(questions[1] ?? "", /^Call erase of 2 servers \(disk, tape\)/);
    assert.deepEqual([questions.length, destroyed.count], [2, 3]);
  });

  for (const answer of [{ action: "decline" }, { action: "accept", content: { agree: false } }]) {
    Deno.test(`a ${era} host whose user answers ${JSON.stringify(answer)} destroys nothing`, async () => {
      await using broker = await embeddedBroker();
      const destroyed = { count: 0 };
      await using _disk = await fleetServer(broker, { name: "disk", build: disk(destroyed) });
      await using host = await gatewayHost(broker, {
        era,
        options: { confirm: true },
        capabilities: { elicitation: { form: {} } },
        prepare: user(answer, []),
      });
      const result = await host.client.callTool({ name: "disk__erase" });
      assert.equal(result.isError, true);
      assert.match(textOf(result), /The user has not agreed \(--confirm\)/);
      assert.equal(destroyed.count, 0);
    });
  }

  Deno.test(`a ${era} host that cannot ask its user destroys nothing with --confirm`, async () => {
    await using broker = await embeddedBroker();
    const destroyed = { count: 0 };
    await using _disk = await fleetServer(broker, { name: "disk", build: disk(destroyed) });
    await using host = await gatewayHost(broker, { era, options: { confirm: true } });
    const result = await host.client.callTool({ name: "disk__erase" });
    assert.match(textOf(result), /this host cannot ask questions/);
    assert.equal(destroyed.count, 0);
  });
}

Deno.test("what the policy does not allow is neither shown nor found nor called", async () => {
  await using broker = await embeddedBroker();
  await using _disk = await fleetServer(broker, { name: "home/disk", build: disk({ count: 0 }) });
  await using _tape = await fleetServer(broker, { name: "home/tape", build: disk({ count: 0 }) });
  const cases: [Record<string, unknown>, string[], RegExp][] = [
    [{ readOnly: true }, ["home--disk__read", "home--tape__read"], /--read-only/],
    [{ allowTool: ["home/disk/read", "home/tape/append"] }, ["home--disk__read", "home--tape__append"], /--allow-tool/],
    [{ denyTool: ["*/erase", "home/tape/*"] }, ["home--disk__append", "home--disk__read"], /--deny-tool/],
  ];
  for (const [options, names, why] of cases) {
    await using host = await gatewayHost(broker, { options });
    const { tools } = await host.client.listTools();
    assert.deepEqual(tools.map(({ name }) => name).toSorted(), names);
    await assert.rejects(host.client.callTool({ name: "home--disk__erase" }), why);
    const args = { server: "home/disk", tool: "erase" };
    await assert.rejects(host.client.callTool({ name: "call_tool", arguments: args }), why);
    await assert.rejects(host.client.callTool({ name: "describe_tool", arguments: args }), why);
    const found = await host.client.callTool({ name: "find_tools", arguments: { words: "erase" } });
    assert.deepEqual((found.structuredContent as { tools: unknown[] }).tools, []);
    const many = await host.client.callTool({ name: "call_many", arguments: { names: "#", tool: "erase" } });
    assert.equal((many.structuredContent as { failed: number }).failed, 2);
  }
});
