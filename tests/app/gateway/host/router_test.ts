import assert from "node:assert/strict";
import type { Client, ClientCapabilities } from "@modelcontextprotocol/client";
import {
  acceptedContent,
  inputRequired,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
  UrlElicitationRequiredError,
} from "@modelcontextprotocol/server";
import * as z from "zod";
import type { Host } from "../../../../src/app/gateway/host/host.ts";
import type { SessionPool } from "../../../../src/app/gateway/servers/pool.ts";
import type { CallState } from "../../../../src/app/gateway/host/request_state.ts";
import { Router } from "../../../../src/app/gateway/host/router.ts";
import type { ServerSession } from "../../../../src/app/gateway/servers/server_session.ts";
import { type Era, fleetServer, gatewayHost, textOf } from "../../../support/gateway.ts";
import { embeddedBroker } from "../../../support/embedded_broker.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { eventually } from "../../../support/wait.ts";

const ERAS: readonly Era[] = ["legacy", "modern"];
const EVERYTHING: ClientCapabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
const content = (text: string) => ({ content: [{ type: "text" as const, text }] });
const FORM = {
  mode: "form" as const,
  message: "Who are you?",
  requestedSchema: {
    type: "object" as const,
    properties: { name: { type: "string" as const } },
    required: ["name"],
  },
};

/** Tools that ask in the way of servers with a handshake. */
function askingLegacy(server: McpServer): void {
  server.registerTool("greet", {}, async (context) => {
    const { action, content: answer } = await context.mcpReq.elicitInput(FORM);
    return content(`${action} ${answer?.name}`);
  });
  server.registerTool("think", {}, async (context) => {
    const { content: answer } = await context.mcpReq.requestSampling({
      messages: [{ role: "user", content: { type: "text", text: "What is it?" } }],
      maxTokens: 10,
    });
    return content(JSON.stringify(answer));
  });
  server.registerTool("look", {}, async () => {
    const { roots } = await server.server.listRoots();
    return content(roots.map(({ uri }) => uri).join(" "));
  });
  server.registerTool("twice", {}, async (context) => {
    const first = await context.mcpReq.elicitInput(FORM);
    const second = await context.mcpReq.elicitInput({ ...FORM, message: "And now?" });
    return content(`${first.content?.name} ${second.content?.name}`);
  });
}

/** The same tools in the way of servers without one. */
function askingModern(server: McpServer): void {
  server.registerTool("greet", {}, (context) => {
    const answer = acceptedContent<{ name: string }>(context.mcpReq.inputResponses, "who");
    return answer === undefined
      ? inputRequired({ inputRequests: { who: inputRequired.elicit(FORM) } })
      : content(`accept ${answer.name}`);
  });
  server.registerTool("think", {}, (context) => {
    const answer = context.mcpReq.inputResponses?.thought as { content: unknown } | undefined;
    if (answer !== undefined) return content(JSON.stringify(answer.content));
    const messages = [{ role: "user" as const, content: { type: "text" as const, text: "What is it?" } }];
    return inputRequired({ inputRequests: { thought: inputRequired.createMessage({ messages, maxTokens: 10 }) } });
  });
  server.registerTool("look", {}, (context) => {
    const answer = context.mcpReq.inputResponses?.roots as { roots: { uri: string }[] } | undefined;
    return answer === undefined
      ? inputRequired({ inputRequests: { roots: inputRequired.listRoots() } })
      : content(answer.roots.map(({ uri }) => uri).join(" "));
  });
  server.registerTool("twice", {}, (context) => {
    const answer = acceptedContent<{ name: string }>(context.mcpReq.inputResponses, "who");
    const before = context.mcpReq.requestState<string>();
    if (answer === undefined) return inputRequired({ inputRequests: { who: inputRequired.elicit(FORM) } });
    if (before !== undefined) return content(`${before} ${answer.name}`);
    const question = inputRequired.elicit({ ...FORM, message: "And now?" });
    return inputRequired({ inputRequests: { who: question }, requestState: answer.name });
  });
}

/** A host that answers everything, and keeps what it was asked. */
function answering(asked: string[]): (client: Client) => void {
  return (client) => {
    client.setRequestHandler("elicitation/create", ({ params }) => {
      asked.push(params.message);
      return { action: "accept", content: { name: params.message.includes("now") ? "Grace" : "Ada" } };
    });
    client.setRequestHandler("sampling/createMessage", () => ({
      role: "assistant",
      model: "model",
      content: { type: "text", text: "a thought" },
    }));
    client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///home" }] }));
  };
}

for (const hostEra of ERAS) {
  for (const serverEra of ERAS) {
    Deno.test(`a ${serverEra} server asks a ${hostEra} host for its user, its model and its roots`, async () => {
      await using broker = await embeddedBroker();
      const build = serverEra === "modern" ? askingModern : askingLegacy;
      await using _server = await fleetServer(broker, { name: "asker", era: serverEra, build });
      const asked: string[] = [];
      await using host = await gatewayHost(broker, {
        era: hostEra,
        capabilities: EVERYTHING,
        prepare: answering(asked),
      });
      const call = (name: string) => host.client.callTool({ name: `asker__${name}` });
      assert.equal(textOf(await call("greet")), "accept Ada");
      assert.deepEqual(asked, ["asker: Who are you?"]);
      assert.deepEqual(JSON.parse(textOf(await call("think"))), { type: "text", text: "a thought" });
      assert.equal(textOf(await call("look")), "file:///home");
      assert.equal(textOf(await call("twice")), "Ada Grace");
    });

    Deno.test(`questions of ${serverEra} servers to a ${hostEra} host are not mixed`, async () => {
      await using broker = await embeddedBroker();
      const build = serverEra === "modern" ? askingModern : askingLegacy;
      await using _one = await fleetServer(broker, { name: "one", era: serverEra, build });
      await using _two = await fleetServer(broker, { name: "two", era: serverEra, build });
      await using host = await gatewayHost(broker, {
        era: hostEra,
        capabilities: EVERYTHING,
        prepare: (client) =>
          client.setRequestHandler("elicitation/create", async ({ params }) => {
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
            return { action: "accept", content: { name: params.message.split(":")[0] ?? "" } };
          }),
      });
      await host.client.listTools();
      const calls = Array.from({ length: 12 }, (_, index) => index % 2 === 0 ? "one" : "two");
      const results = await Promise.all(calls.map((server) => host.client.callTool({ name: `${server}__greet` })));
      assert.deepEqual(results.map(textOf), calls.map((server) => `accept ${server}`));
    });

    Deno.test(`progress and the end of a call go between a ${hostEra} host and a ${serverEra} server`, async () => {
      await using broker = await embeddedBroker();
      let cancelled = false;
      await using _server = await fleetServer(broker, {
        name: "worker",
        era: serverEra,
        build: (server) => {
          server.registerTool(
            "work",
            { inputSchema: z.object({ forever: z.boolean() }) },
            async ({ forever }, context) => {
              const { _meta, notify, signal } = context.mcpReq;
              const params = { progressToken: _meta?.progressToken ?? 0, progress: 1, total: 2, message: "half" };
              await notify({ method: "notifications/progress", params });
              if (forever) {
                await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
                cancelled = true;
              }
              return content("done");
            },
          );
        },
      });
      await using host = await gatewayHost(broker, { era: hostEra });
      const told: unknown[] = [];
      const abort = new AbortController();
      const forever = host.client.callTool(
        { name: "worker__work", arguments: { forever: true } },
        { onprogress: (progress) => told.push(progress), signal: abort.signal },
      );
      forever.catch(() => {});
      await eventually("progress is told", () => told.length > 0);
      assert.deepEqual(told, [{ progress: 1, total: 2, message: "half" }]);
      abort.abort();
      await assert.rejects(forever);
      await eventually("the server knows", () => cancelled);
      const done = await host.client.callTool({ name: "worker__work", arguments: { forever: false } });
      assert.equal(textOf(done), "done");
    });
  }
}

Deno.test("a host that cannot be asked is not asked, and the server is told", async () => {
  await using broker = await embeddedBroker();
  await using _server = await fleetServer(broker, { name: "asker", build: askingLegacy });
  for (const era of ERAS) {
    await using host = await gatewayHost(broker, { era });
    const result = await host.client.callTool({ name: "asker__greet" });
    assert.equal(result.isError, true);
    assert.match(textOf(result), /not support/);
  }
});

Deno.test("what a host brings back is good for the call that it belongs to, and no other", async () => {
  await using broker = await embeddedBroker();
  await using _server = await fleetServer(broker, { name: "asker", build: askingLegacy });
  await using host = await gatewayHost(broker, { era: "modern", capabilities: EVERYTHING });
  const passing = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } } as const;
  const call = (name: string, more = {}) =>
    host.client.request({ method: "tools/call", params: { name, arguments: {}, ...more } }, passing, {
      allowInputRequired: true,
    }) as Promise<{ requestState?: string; inputRequests?: Record<string, unknown> }>;
  const { requestState = "", inputRequests = {} } = await call("asker__greet");
  const [key = ""] = Object.keys(inputRequests);
  const inputResponses = { [key]: { action: "accept", content: { name: "Ada" } } };
  await assert.rejects(call("asker__twice", { requestState, inputResponses }), /another call/);
  await assert.rejects(
    call("asker__greet", { requestState: `${requestState}x`, inputResponses }),
    /Invalid or expired/,
  );
  assert.equal(textOf(await call("asker__greet", { requestState, inputResponses })), "accept Ada");
  await assert.rejects(call("asker__greet", { requestState, inputResponses }), /has been abandoned/);
});

Deno.test("log messages come with the name of the server, as severe as the host wants them", async () => {
  await using broker = await embeddedBroker();
  const chatty = (server: McpServer) => {
    server.registerTool("talk", {}, async (context) => {
      await context.mcpReq.log("info", "small talk", "chat");
      await context.mcpReq.log("error", "trouble", "chat");
      return content("done");
    });
  };
  for (const serverEra of ERAS) {
    await using _server = await fleetServer(broker, { name: `home/${serverEra}`, era: serverEra, build: chatty });
    await using host = await gatewayHost(broker);
    await host.client.setLoggingLevel("warning");
    await host.client.callTool({ name: `home--${serverEra}__talk` });
    const logged = () => host.notes.filter(({ method }) => method === "notifications/message");
    await eventually("it is logged", () => logged().length > 0);
    assert.deepEqual(logged().map(({ params }) => [params.level, params.data, params.logger]), [
      ["error", "trouble", `home/${serverEra}/chat`],
    ]);
  }
});

Deno.test("a server that never answers what the host has set is of use all the same, and ends with the gateway", async () => {
  await using broker = await embeddedBroker();
  let levels = 0;
  await using _server = await fleetServer(broker, {
    name: "mute",
    build: (server) => {
      server.registerTool("read", {}, () => content(`after ${levels}`));
      server.server.setRequestHandler("logging/setLevel", () => {
        levels++;
        return new Promise(() => {});
      });
    },
  });
  await using host = await gatewayHost(broker);
  await host.client.setLoggingLevel("error");
  assert.equal(textOf(await host.client.callTool({ name: "mute__read" })), "after 1");
  await host.client.setLoggingLevel("warning");
  assert.equal(textOf(await host.client.callTool({ name: "mute__read" })), "after 2");
});

Deno.test("servers with which there is a session are told that the roots of the host have changed", async () => {
  await using broker = await embeddedBroker();
  let told = 0;
  await using _server = await fleetServer(broker, {
    name: "home",
    build: (server) => {
      server.registerTool("read", {}, () => content("read"));
      server.server.setNotificationHandler("notifications/roots/list_changed", () => void told++);
    },
  });
  await using host = await gatewayHost(broker, {
    capabilities: { roots: { listChanged: true } },
    prepare: (client) => client.setRequestHandler("roots/list", () => ({ roots: [] })),
  });
  await host.client.callTool({ name: "home__read" });
  await host.client.sendRootsListChanged();
  await eventually("it is told", () => told > 0);
});

Deno.test("an error names the server, and whether the call may have run", async () => {
  await using broker = await embeddedBroker();
  const server = await fleetServer(broker, {
    name: "fragile",
    build: (server) => server.registerTool("hang", {}, () => new Promise(() => {})),
  });
  await using host = await gatewayHost(broker);
  const hanging = host.client.callTool({ name: "fragile__hang" });
  hanging.catch(() => {});
  await eventually("the call is under way", () => host.events.some(({ type }) => type === "broker.connected"));
  await eventually("the session is open", async () => {
    await host.client.listTools();
    return true;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.close();
  await assert.rejects(hanging, (error: Error & { data?: Record<string, unknown> }) => {
    assert.match(error.message, /fragile: .*\(the call may have run\)/);
    assert.equal(error.data?.mayHaveRun, true);
    assert.equal(error.data?.server, "fragile");
    return true;
  });
});

Deno.test("a user is sent to a URL that a server wants to be visited, by hosts of both kinds", async () => {
  await using broker = await embeddedBroker();
  for (const era of ERAS) {
    let visited = false;
    await using _server = await fleetServer(broker, {
      name: `bank/${era}`,
      build: (server) =>
        server.registerTool("pay", {}, () => {
          if (visited) return content("paid");
          const visit = { mode: "url" as const, elicitationId: "1", url: "https://bank.example/", message: "Log in" };
          throw new UrlElicitationRequiredError([visit]);
        }),
    });
    await using host = await gatewayHost(broker, {
      era,
      capabilities: { elicitation: { url: {} } },
      prepare: (client) =>
        client.setRequestHandler("elicitation/create", ({ params }) => {
          visited = params.mode === "url" && params.message === `bank/${era}: Log in`;
          return { action: "accept" };
        }),
    });
    const paying = host.client.callTool({ name: `bank--${era}__pay` });
    if (era === "modern") {
      assert.equal(textOf(await paying), "paid");
    } else {
      // Such a host does the rest by itself.
      await assert.rejects(
        paying,
        (error: { code?: number; data?: { elicitations?: unknown[] } }) =>
          error.code === -32042 && error.data?.elicitations?.length === 1,
      );
    }
  }
});

Deno.test("a question that the host has got is not given up because it had waited with another one", async () => {
  const clock = new ManualClock();
  const session = { server: "asker" } as ServerSession;
  const pool = { use: () => new Promise(() => {}) } as unknown as SessionPool;
  const host = { modern: true, canBeAsked: () => true } as unknown as Host;
  const states = { mint: () => Promise.resolve("state") } as unknown as RequestStateCodec<CallState>;
  const router = new Router(
    { pool, listChanged: () => {}, resourceUpdated: () => {}, clock },
    host,
    states,
  );
  const ask = (message: string, signal: AbortSignal) =>
    router.asked(session, "elicitation/create", { message }, signal).then(() => "answered", () => "given up");
  const first = new AbortController();
  const one = ask("first", first.signal);
  let outcome: string | undefined;
  void ask("second", new AbortController().signal).then((end) => outcome = end);
  await clock.advance(1_000);
  first.abort();
  assert.equal(await one, "given up");
  const mcpReq = { signal: new AbortController().signal, requestState: () => undefined };
  const context = { mcpReq } as unknown as ServerContext;
  const result = await router.call({ server: "asker", method: "tools/call", params: {} }, context);
  const questions = Object.values(result.inputRequests as Record<string, { params: { message: string } }>);
  assert.deepEqual(questions.map(({ params }) => params.message), ["asker: second"]);
  await clock.advance(61_000);
  assert.equal(outcome, undefined);
  router.close();
});
