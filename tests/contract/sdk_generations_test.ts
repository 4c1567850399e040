/**
 * The library with both generations of the MCP SDK, in both roles: `@modelcontextprotocol/sdk`, which shakes hands, and
 * `@modelcontextprotocol/client` and `/server`, which need not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer as OldServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport";
import { Client as NewClient } from "@modelcontextprotocol/client";
import { McpServer as NewServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import * as z from "zod";
import { mqttClientTransport, type MqttServer, serveMqtt } from "../../mod.ts";
import { ECHO } from "../support/bridge.ts";
import { run } from "../support/command_line.ts";
import { embeddedBroker, type TestBroker } from "../support/embedded_broker.ts";
import { startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

const INFO = { name: "test", version: "1" };
const PROFILES = ["request-response", "mcp-over-mqtt"] as const;
type Profile = (typeof PROFILES)[number];

const slow = async ({ ms }: { ms: number }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { content: [{ type: "text" as const, text: "done" }] };
};

/** Servers of the old generation, one for each session. */
function serveOld(transport: Transport): Promise<void> {
  const server = new OldServer(INFO, { capabilities: { logging: {} } });
  server.registerTool("slow", { inputSchema: { ms: z.number() } }, slow);
  return server.connect(transport);
}

/** Servers of the new generation, for hosts of both. */
function serveNew(servers: NewServer[] = [], legacy: "serve" | "reject" = "serve") {
  return (transport: Transport) => {
    const factory = () => {
      const server = new NewServer(INFO, { capabilities: { tools: { listChanged: true } } });
      server.registerTool("slow", { inputSchema: z.object({ ms: z.number() }) }, slow);
      servers.push(server);
      return server;
    };
    serveStdio(factory, { transport, legacy });
  };
}

function serve(broker: TestBroker, opened: (transport: Transport) => Promise<void> | void): Promise<MqttServer> {
  return serveMqtt({ broker: broker.url, name: "tools", serverName: "tools" }, opened);
}

function transportTo(broker: TestBroker, profile: Profile, name = "tools", more = {}) {
  return mqttClientTransport({ broker: broker.url, name, serverName: name, profile, ...more });
}

const CALL = { name: "slow", arguments: { ms: 50 } };

for (const profile of PROFILES) {
  for (const [generation, opened] of [["old", serveOld], ["new", serveNew()]] as const) {
    Deno.test(`an old client and a ${generation} server understand each other [${profile}]`, async () => {
      await using broker = await embeddedBroker();
      await using _server = await serve(broker, opened);
      const client = new OldClient(INFO);
      await client.connect(transportTo(broker, profile));
      assert.deepEqual((await client.callTool(CALL)).content, [{ type: "text", text: "done" }]);
      await client.close();
    });

    Deno.test(`a new client and a ${generation} server understand each other [${profile}]`, async () => {
      await using broker = await embeddedBroker();
      await using _server = await serve(broker, opened);
      for (const mode of ["legacy", "auto"] as const) {
        const client = new NewClient(INFO, { versionNegotiation: { mode } });
        await client.connect(transportTo(broker, profile));
        assert.deepEqual((await client.callTool(CALL)).content, [{ type: "text", text: "done" }]);
        const modern = generation === "new" && mode === "auto";
        assert.equal(client.getNegotiatedProtocolVersion(), modern ? "2026-07-28" : "2025-11-25");
        await client.close();
      }
    });
  }

  Deno.test(`a new client hears on an open stream what changes [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    const servers: NewServer[] = [];
    await using _server = await serve(broker, serveNew(servers));
    let changes = 0;
    const client = new NewClient(INFO, {
      versionNegotiation: { mode: "auto" },
      listChanged: { tools: { onChanged: () => void changes++, debounceMs: 0 } },
    });
    await client.connect(transportTo(broker, profile, "tools", { timeout: 0 }));
    await client.callTool(CALL);
    servers.at(-1)?.registerTool("late", {}, () => ({ content: [] }));
    await eventually("the client is told", () => changes > 0);
    await client.callTool({ name: "slow", arguments: { ms: 600 } });
    servers.at(-1)?.registerTool("later", {}, () => ({ content: [] }));
    await eventually("the stream is still open", () => changes > 1);
    await client.close();
  });

  Deno.test(`a new client falls back when its probe is not answered, as on stdio [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    // An old server that hangs over what it does not know.
    const opened = (transport: Transport) => {
      const server = new OldServer(INFO);
      server.registerTool("slow", { inputSchema: { ms: z.number() } }, slow);
      server.server.fallbackRequestHandler = () => new Promise(() => {});
      return server.connect(transport);
    };
    await using _server = await serve(broker, opened);
    const client = new NewClient(INFO, { versionNegotiation: { mode: "auto", probe: { timeoutMs: 500 } } });
    await client.connect(transportTo(broker, profile));
    assert.equal(client.getNegotiatedProtocolVersion(), "2025-11-25");
    assert.deepEqual((await client.callTool(CALL)).content, [{ type: "text", text: "done" }]);
    await client.close();
  });

  Deno.test(`a new client reaches an old stdio server behind serve [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
    const client = new NewClient(INFO, { versionNegotiation: { mode: "auto" } });
    await client.connect(transportTo(broker, profile, "echo"));
    assert.equal(client.getServerVersion()?.name, "echo");
    await client.close();
  });

  Deno.test(`call reaches a server without handshake [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    await using _server = await serve(broker, serveNew([], "reject"));
    const at = ["--broker", broker.url, "--profile", profile, "--name", "tools", "--server-name", "tools"];
    const { code, output, errors } = await run("call", ...at, "slow", "ms:=1");
    assert.deepEqual([code, output, errors], [0, "done\n", ""]);
    const list = await run("call", ...at, "--list");
    assert.match(list.output, /^slow/);
  });
}
