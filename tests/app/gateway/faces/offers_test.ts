import assert from "node:assert/strict";
import { completable, type McpServer, ResourceTemplate } from "@modelcontextprotocol/server";
import * as z from "zod";
import { type Era, fleetServer, gatewayHost } from "../../../support/gateway.ts";
import { embeddedBroker } from "../../../support/embedded_broker.ts";
import { eventually } from "../../../support/wait.ts";

/** A server with everything but tools. Keeps its servers, to let them say that something has changed. */
function library(servers: McpServer[] = []): (server: McpServer) => void {
  return (server) => {
    servers.push(server);
    server.server.registerCapabilities({ resources: { subscribe: true, listChanged: true } });
    const follow = { params: z.looseObject({}) };
    server.server.setRequestHandler("resources/subscribe", follow, () => ({}));
    server.server.setRequestHandler("resources/unsubscribe", follow, () => ({}));
    server.registerResource("catalogue", "books://all", { description: "All books" }, (uri) => ({
      contents: [{ uri: uri.href, text: "three books" }],
    }));
    server.registerResource(
      "book",
      new ResourceTemplate("books://{title}", {
        list: undefined,
        complete: { title: (value) => ["emma", "eothen"].filter((title) => title.startsWith(value)) },
      }),
      {},
      (uri, { title }) => ({ contents: [{ uri: uri.href, text: `the book ${title}` }] }),
    );
    server.registerPrompt(
      "review",
      {
        description: "Reviews a book",
        argsSchema: z.object({ title: completable(z.string(), (value) => [`${value}!`]) }),
      },
      ({ title }) => ({
        messages: [{
          role: "user",
          content: { type: "resource", resource: { uri: `books://${title}`, text: `Review ${title}` } },
        }],
      }),
    );
    server.registerTool("find", {}, () => ({
      content: [{ type: "resource_link", uri: "books://emma", name: "Emma" }],
    }));
  };
}

const ERAS: readonly Era[] = ["legacy", "modern"];

for (const hostEra of ERAS) {
  for (const serverEra of ERAS) {
    Deno.test(`a ${hostEra} host has the prompts and resources of ${serverEra} servers`, async () => {
      await using broker = await embeddedBroker();
      await using _library = await fleetServer(broker, {
        name: "home/library",
        description: "Books",
        era: serverEra,
        build: library(),
      });
      await using _plain = await fleetServer(broker, {
        name: "plain",
        build: (server) => server.registerTool("nothing", {}, () => ({ content: [] })),
      });
      await using host = await gatewayHost(broker, { era: hostEra });
      const { client } = host;

      const { resources } = await client.listResources();
      assert.deepEqual(resources.map(({ uri, name, description }) => [uri, name, description]), [
        ["mcp-mqtt://home%2Flibrary/books://all", "catalogue", "[home/library: Books] All books"],
      ]);
      const { contents } = await client.readResource({ uri: resources[0]?.uri ?? "" });
      assert.deepEqual(contents, [{ uri: resources[0]?.uri, text: "three books" }]);

      const { resourceTemplates } = await client.listResourceTemplates();
      const [template] = resourceTemplates;
      assert.equal(template?.uriTemplate, "mcp-mqtt://home%2Flibrary/books://{title}");
      const uri = template.uriTemplate.replace("{title}", "emma");
      assert.deepEqual((await client.readResource({ uri })).contents, [{ uri, text: "the book emma" }]);

      const { prompts } = await client.listPrompts();
      assert.deepEqual(prompts.map(({ name, description }) => [name, description]), [
        ["home--library__review", "[home/library: Books] Reviews a book"],
      ]);
      const { messages } = await client.getPrompt({ name: "home--library__review", arguments: { title: "emma" } });
      assert.deepEqual(messages[0]?.content, { type: "resource", resource: { uri, text: "Review emma" } });

      const ofTemplate = await client.complete({
        ref: { type: "ref/resource", uri: template.uriTemplate },
        argument: { name: "title", value: "em" },
      });
      assert.deepEqual(ofTemplate.completion.values, ["emma"]);
      const ofPrompt = await client.complete({
        ref: { type: "ref/prompt", name: "home--library__review" },
        argument: { name: "title", value: "e" },
      });
      assert.deepEqual(ofPrompt.completion.values, ["e!"]);

      const found = await client.callTool({ name: "home--library__find" });
      assert.deepEqual(found.content, [{ type: "resource_link", uri, name: "Emma" }]);
      await assert.rejects(client.readResource({ uri: "books://all" }), /is no resource of a server/);
      await assert.rejects(client.getPrompt({ name: "review" }), /has a prompt called/);
    });

    Deno.test(`a ${hostEra} host is told when a resource of a ${serverEra} server changes`, async () => {
      await using broker = await embeddedBroker();
      const servers: McpServer[] = [];
      await using _library = await fleetServer(broker, { name: "library", era: serverEra, build: library(servers) });
      await using host = await gatewayHost(broker, { era: hostEra });
      const uri = "mcp-mqtt://library/books://all";
      await host.client.listResources();
      if (hostEra === "legacy") await host.client.subscribeResource({ uri });
      else await host.client.listen({ resourceSubscriptions: [uri] });
      const updated = () => host.notes.filter(({ method }) => method === "notifications/resources/updated");
      await eventually("the host is told", async () => {
        await servers.at(-1)?.server.sendResourceUpdated({ uri: "books://all" });
        return updated().length > 0;
      });
      assert.equal(updated()[0]?.params.uri, uri);
    });
  }
}

Deno.test("a large fleet is asked for neither prompts nor resources", async () => {
  await using broker = await embeddedBroker();
  await using _library = await fleetServer(broker, { name: "library", build: library() });
  await using host = await gatewayHost(broker, { options: { mode: "search" } });
  assert.deepEqual((await host.client.listPrompts()).prompts, []);
  assert.deepEqual((await host.client.listResources()).resources, []);
  assert.deepEqual((await host.client.listResourceTemplates()).resourceTemplates, []);
});

Deno.test("a prompt of a server that has gone is nobody's, and only its own server is asked for one", async () => {
  await using broker = await embeddedBroker();
  const started: McpServer[] = [];
  await using _other = await fleetServer(broker, { name: "other", build: library(started) });
  const server = await fleetServer(broker, { name: "library", build: library() });
  await using host = await gatewayHost(broker, { options: { mode: "search" } });
  await host.client.listTools();
  const asked = { name: "library__review", arguments: { title: "emma" } };
  assert.equal((await host.client.getPrompt(asked)).messages.length, 1);
  await server.close();
  await eventually("its name is gone", async () => {
    const { message } = await host.client.getPrompt(asked).then(() => new Error(""), (error: Error) => error);
    return message.includes("No server that is online has a prompt");
  });
  assert.equal(started.length, 0);
});
