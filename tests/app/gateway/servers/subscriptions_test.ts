import assert from "node:assert/strict";
import type { McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import type { Followed, ServerSession } from "../../../../src/app/gateway/servers/server_session.ts";
import { Subscriptions } from "../../../../src/app/gateway/servers/subscriptions.ts";
import { type Era, fleetServer, gatewayHost } from "../../../support/gateway.ts";
import { embeddedBroker } from "../../../support/embedded_broker.ts";
import { eventually } from "../../../support/wait.ts";

const ERAS: readonly Era[] = ["legacy", "modern"];

/** A server with a resource that can be followed. `changes` gets a function for each session, which tells of a change. */
function shelf(era: Era, changes: (() => Promise<void>)[]): (server: McpServer) => void {
  return ({ server }) => {
    let follows = era === "modern"; // then the SDK knows who follows what
    server.registerCapabilities({ resources: { subscribe: true } });
    const asked = { params: z.looseObject({}) };
    server.setRequestHandler("resources/subscribe", asked, () => {
      follows = true;
      return {};
    });
    server.setRequestHandler("resources/unsubscribe", asked, () => ({}));
    server.setRequestHandler("resources/list", asked, () => ({ resources: [{ uri: "books://all", name: "all" }] }));
    changes.push(async () => {
      if (follows) await server.sendResourceUpdated({ uri: "books://all" }).catch(() => {});
    });
  };
}

const PROFILES = ["request-response", "mcp-over-mqtt"];

for (const [era, profile] of ERAS.flatMap((era) => PROFILES.map((profile) => [era, profile] as const))) {
  Deno.test(`a resource is followed on when its ${era} server is started again [${profile}]`, async () => {
    await using broker = await embeddedBroker();
    await using host = await gatewayHost(broker);
    const told = () => host.notes.filter(({ method }) => method === "notifications/resources/updated").length;
    for (const round of ["first", "second"]) {
      const changes: (() => Promise<void>)[] = [];
      await using _server = await fleetServer(broker, { name: "library", era, profile, build: shelf(era, changes) });
      if (round === "first") {
        await host.client.listTools();
        await host.client.subscribeResource({ uri: "mcp-mqtt://library/books://all" });
      }
      const before = told();
      await eventually(`the host is told by the ${round} server`, async () => {
        await changes.at(-1)?.();
        return told() > before;
      });
    }
  });
}

Deno.test("what fails late does not end what has been followed since", async () => {
  const asked: PromiseWithResolvers<Followed>[] = [];
  const follow = () => {
    asked.push(Promise.withResolvers());
    return asked.at(-1)?.promise;
  };
  const subscriptions = new Subscriptions({ use: (_, work) => work({ follow } as unknown as ServerSession) });
  const uri = "mcp-mqtt://library/books://all";
  const first = assert.rejects(subscriptions.add(uri), /too late/);
  subscriptions.remove(uri);
  const second = subscriptions.add(uri);
  asked[0]?.reject(new Error("too late"));
  await first;
  const undone = Promise.withResolvers<void>();
  asked[1]?.resolve({ ended: new Promise(() => {}), undo: () => Promise.resolve(undone.resolve()) });
  await second;
  subscriptions.remove(uri);
  await undone.promise;
});
