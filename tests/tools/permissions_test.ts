import assert from "node:assert/strict";
import { Permissions } from "../../src/tools/permissions.ts";
import { rules } from "../support/tool_client.ts";

Deno.test("without rules everything is allowed that is a topic", () => {
  const permissions = new Permissions(rules({}));
  permissions.checkPublish("a/b");
  permissions.checkSubscribe("#");
  assert.ok(permissions.mayRead("$SYS/broker"));
  assert.throws(() => permissions.checkPublish("a/+"), /has a wildcard/);
  assert.throws(() => permissions.checkPublish(""), /is empty/);
  assert.throws(() => permissions.checkSubscribe("a/#/b"), /a # that is not the last level/);
});

Deno.test("what is not allowed cannot be published to, and the error says what can", () => {
  const permissions = new Permissions(
    rules({ allowPublish: ["plant/+/setpoint", "chat"], denyPublish: ["plant/7/#"] }),
  );
  permissions.checkPublish("plant/1/setpoint");
  permissions.checkPublish("chat");
  assert.throws(() => permissions.checkPublish("plant/1/mode"), /not allowed; allowed are: plant\/\+\/setpoint, chat$/);
  assert.throws(() => permissions.checkPublish("plant/7/setpoint"), /not allowed: "plant\/7\/#" is denied$/);
});

Deno.test("a filter has to lie within what is allowed", () => {
  const permissions = new Permissions(rules({ allowSubscribe: ["plant/#"] }));
  permissions.checkSubscribe("plant/+/temperature");
  permissions.checkSubscribe("plant/#");
  for (const filter of ["#", "+/1", "office/a", "$SYS/#"]) {
    assert.throws(() => permissions.checkSubscribe(filter), /not allowed; allowed are: plant\/#$/);
  }
});

Deno.test("a filter may reach into what is denied, but no message of it is shown", () => {
  const permissions = new Permissions(rules({ denySubscribe: ["plant/secret/#"] }));
  permissions.checkSubscribe("plant/#");
  assert.ok(permissions.mayRead("plant/1"));
  assert.ok(!permissions.mayRead("plant/secret"));
  assert.ok(!permissions.mayRead("plant/secret/x"));
  assert.throws(() => permissions.checkSubscribe("plant/secret/+"), /"plant\/secret\/#" is denied$/);
});

Deno.test("a shared subscription is refused, since it takes messages away from others", () => {
  assert.throws(() => new Permissions(rules({})).checkSubscribe("$share/workers/jobs"), /take messages away/);
});
