import assert from "node:assert/strict";
import { McpClient, RemoteError } from "../../../src/app/call/mcp_client.ts";
import { JsonText } from "../../../src/core/json_text.ts";
import { Message } from "../../../src/core/message.ts";
import { MemoryChannel } from "../../support/memory_channel.ts";
import { textOf } from "../../support/messages.ts";

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** A client whose server answers each request as `answer` says: JSON text of `"result":…` or `"error":…`. */
function conversation(answer: (asked: Asked, text: string) => string) {
  const [near, far] = MemoryChannel.pair();
  const methods: string[] = [];
  far.receive((message) => {
    const asked = message.parse() as Asked;
    methods.push(asked.method);
    if (message.kind !== "request") return;
    void far.send(Message.from(`{"jsonrpc":"2.0","id":${asked.id},${answer(asked, textOf(message))}}`));
  });
  return { client: new McpClient(near), methods };
}

const error = (code: number, message: string, data?: unknown) => `"error":${JSON.stringify({ code, message, data })}`;

Deno.test("what is asked and what is answered goes through as it is written", async () => {
  let asked = "";
  const { client } = conversation((_, text) => {
    asked = text;
    return '"result": {"10":1.0,"9":2574604874062343519}';
  });
  const result = await client.request("tools/call", { name: "t", arguments: JsonText.parse('{"b":1.0,"1":-0}') });
  assert.equal(
    asked,
    '{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{"name":"t","arguments":{"b":1.0,"1":-0}}}',
  );
  assert.equal(result.text, '{"10":1.0,"9":2574604874062343519}');
});

Deno.test("a server that offers older versions is spoken to in the newest of them that is known", async () => {
  const { client, methods } = conversation(({ params }) =>
    params.protocolVersion === "2025-03-26"
      ? '"result":{}'
      : error(-32602, "Unsupported protocol version", { supported: ["2024-11-05", "2025-03-26", "1999-01-01"] })
  );
  await client.initialize();
  assert.deepEqual(methods, ["initialize", "initialize", "notifications/initialized"]);
});

for (
  const [what, refusal] of [
    ["does not know initialize", error(-32601, "Method not found")],
    ["names its version", error(-32022, "Unsupported protocol version", { supported: ["2026-07-28"] })],
  ] as const
) {
  Deno.test(`a server without handshake that ${what} is told the version with each request`, async () => {
    const versions: unknown[] = [];
    const { client, methods } = conversation(({ method, params }) => {
      if (method === "initialize") return refusal;
      versions.push((params._meta as Record<string, unknown>)["io.modelcontextprotocol/protocolVersion"]);
      return method === "server/discover" ? '"result":{"supportedVersions":["2026-07-28"]}' : '"result":{"tools":[{}]}';
    });
    await client.initialize();
    assert.equal((await client.listAll("tools/list", "tools")).length, 1);
    assert.deepEqual(methods, ["initialize", "server/discover", "tools/list"]);
    assert.deepEqual(versions, ["2026-07-28", "2026-07-28"]);
  });
}

Deno.test("with a server that speaks other versions only, both are named", async () => {
  const { client } = conversation(() => error(-32022, "Unsupported protocol version", { supported: ["2030-01-01"] }));
  await assert.rejects(client.initialize(), (error) => {
    assert.ok(error instanceof RemoteError);
    assert.match(
      error.message,
      /^Unsupported protocol version; it speaks 2030-01-01, and this program 2026-07-28, 2025/,
    );
    return true;
  });
});

Deno.test("a server that does not want to is not asked again", async () => {
  const { client, methods } = conversation(() => error(-32603, "Out of order"));
  await assert.rejects(client.initialize(), { message: "Out of order" });
  assert.deepEqual(methods, ["initialize"]);
});

Deno.test("a list ends at a cursor that was there before, and says so", async () => {
  const { client, methods } = conversation(({ params }) =>
    `"result":{"tools":[{"name":"${params.cursor ?? "first"}"}],"nextCursor":"${params.cursor === "a" ? "b" : "a"}"}`
  );
  const said: string[] = [];
  const tools = await client.listAll("tools/list", "tools", (why) => said.push(why));
  assert.deepEqual(tools.map((tool) => tool.get("name")?.value), ["first", "a", "b"]);
  assert.equal(methods.length, 3);
  assert.match(said.join(), /^the server repeats a cursor of tools\/list/);
});

Deno.test("a tool that has a question for its user cannot be called from a shell", async () => {
  const { client } = conversation(() => '"result":{"resultType":"input_required"}');
  await assert.rejects(client.request("tools/call", {}), /has a question for its user/);
});
