import assert from "node:assert/strict";
import { withGateway } from "../../../src/app/call/call.ts";
import type { GatewayConfig } from "../../../src/app/gateway/gateway.ts";
import { ownGateway } from "../../../src/app/gateway/own_gateway.ts";
import { Failure } from "../../../src/core/failure.ts";

/** A gateway that does this in the place of what one does. */
function gatewayThat(behave: () => Promise<void>) {
  return ownGateway(Promise.resolve({ gateway: behave }), {} as GatewayConfig, () => {});
}

const never = new AbortController().signal;

Deno.test("a gateway that fails ends its channel, and whoever waits for an answer is told why", async () => {
  const failing = () => gatewayThat(() => Promise.reject(new Error("there is no way")));
  const { channel, close } = failing();
  assert.match((await channel.closed)?.message ?? "", /The gateway has failed: there is no way/);
  await close();
  const work = withGateway(failing(), undefined, never, (client) => client.request("tools/list", {}));
  await assert.rejects(work, (error) => error instanceof Failure && error.message.includes("there is no way"));
});

Deno.test("a gateway whose code cannot be loaded fails like any other", async () => {
  const { channel, close } = ownGateway(Promise.reject(new Error("not found")), {} as GatewayConfig, () => {});
  assert.match((await channel.closed)?.message ?? "", /not found/);
  await close();
});

Deno.test("a gateway that answers nothing is not waited for without end", async () => {
  const end = Promise.withResolvers<void>();
  const mute = gatewayThat(() => end.promise);
  const work = withGateway(
    { ...mute, close: () => Promise.resolve(end.resolve()) },
    20,
    never,
    () => Promise.resolve(),
  );
  await assert.rejects(work, (error) => error instanceof Failure && error.reason === "timed-out");
});
