import assert from "node:assert/strict";
import { Failure } from "../../src/core/failure.ts";
import type { LinkState } from "../../src/mqtt/mod.ts";
import { ServerWatch } from "../../src/wire/server_watch.ts";
import { LoopLink } from "../support/loop_link.ts";

/** A link whose state is what the test says. */
class StatedLink extends LoopLink {
  override state: LinkState = { status: "connecting", failure: undefined };

  become(state: LinkState): void {
    this.state = state;
    this.open();
  }
}

Deno.test("a watch is ready once the broker takes the login that it has refused", async () => {
  const link = new StatedLink("watch", () => {});
  await using watch = new ServerWatch(() => link, { clientId: "watch", directories: {}, announced: () => {} });
  const failure = new Failure("login-refused", "The broker does not know us");
  link.become({ status: "refused", failure });
  await assert.rejects(watch.ready, failure);
  link.become({ status: "connecting", failure: undefined });
  link.become(new LoopLink("other", () => {}).state);
  await watch.ready;
});
