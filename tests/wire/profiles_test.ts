import assert from "node:assert/strict";
import { UsageError } from "../../src/core/usage_error.ts";
import { resolve } from "../../src/config/mod.ts";
import { ADDRESS_SETTINGS, addressIn, PROFILES, resolveAddress } from "../../src/wire/mod.ts";
import { profileNamed } from "../support/wire_options.ts";

/** Where a server is by these flags, and in each profile. */
function config(flags: Readonly<Record<string, unknown>>) {
  const address = resolveAddress(resolve(ADDRESS_SETTINGS, { flags, environment: () => undefined }));
  const { label, warnings, options: { requestTopic } } = address;
  const own = addressIn(profileNamed("request-response"), address);
  const open = addressIn(profileNamed("mcp-over-mqtt"), address);
  return { label, warnings, own, open, requestTopic };
}

function problemsOf(flags: Readonly<Record<string, unknown>>): string {
  try {
    config(flags);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.problems.join("\n");
  }
  return "";
}

Deno.test("a name is enough, and so is a topic, whose last level is the name then", () => {
  const files = { serverName: "files" };
  assert.deepEqual(config({ name: "files" }), {
    label: "files",
    warnings: [],
    own: files,
    open: files,
    requestTopic: undefined,
  });
  const { label, own, open } = config({ topic: "site/a/files" });
  assert.equal(label, "files");
  assert.deepEqual(own, { serverName: "files", topic: "site/a/files" });
  assert.deepEqual(open, { serverName: "site/a/files" });
  assert.equal(config({ topic: "site/a/files", name: "other" }).label, "other");
});

Deno.test("without either it is not clear which server is meant", () => {
  assert.match(problemsOf({}), /add --name NAME \(or --server-name NAME, or --topic TOPIC\)/);
  assert.match(problemsOf({ topic: "ends/with/" }), /add --name NAME/);
});

const BAD: readonly [flags: Readonly<Record<string, string>>, problem: RegExp][] = [
  [{ name: "a+" }, /^--name must not contain/],
  [{ name: "\0" }, /^--name must not contain/],
  [{ topic: "a/#" }, /^--topic has a wildcard/],
  [{ topic: "a/\0" }, /^--topic has the control character U\+0000/],
  [{ topic: "x".repeat(65_536) }, /^--topic has 65536 bytes; MQTT allows 65535/],
  [{ topic: "x".repeat(65_500) }, /cannot be used: it has 65\d\d\d bytes/],
  [{ name: "a", requestTopic: "r/+" }, /^--request-topic has a wildcard/],
  [{ name: "a", responseTopic: "r/#/x" }, /^--response-topic has a wildcard/],
];

for (const [flags, problem] of BAD) {
  Deno.test(`${JSON.stringify(flags).slice(0, 60)} is a problem`, () => assert.match(problemsOf(flags), problem));
}

Deno.test("a setting that the chosen profile does not use is warned of, unless it names the server", () => {
  const warnings = (options: Record<string, unknown>) => config(options).warnings;
  const open = { profile: "mcp-over-mqtt" };
  assert.deepEqual(warnings({ ...open, name: "a", topic: "b", requestTopic: "c" }), [
    "--topic is ignored: the profile mcp-over-mqtt does not use it",
    "--request-topic is ignored: the profile mcp-over-mqtt does not use it",
  ]);
  const own = { profile: "request-response" };
  assert.deepEqual(warnings({ ...own, name: "a", serverName: "b", topicPrefix: "c/" }), [
    "--server-name is ignored: the profile request-response does not use it",
    "--topic-prefix is ignored: the profile request-response does not use it",
  ]);
  assert.deepEqual(warnings({ ...open, topic: "b" }), []);
  assert.deepEqual(warnings({ ...own, serverName: "b" }), []);
  assert.deepEqual(warnings({ name: "a", serverName: "b", topic: "c" }), []);
});

Deno.test("topics that some cloud brokers refuse are warned of, with an example", () => {
  const deep = config({ profile: "request-response", topic: "a/b/c/d/e/f" }).warnings;
  assert.deepEqual(deep, ['a topic like "a/b/c/d/e/f/instance/…/…" has 9 levels; some cloud brokers allow 8']);
  assert.match(config({ topic: "x".repeat(200) }).warnings.join(), /has 27\d bytes; some cloud brokers allow 256/);
  const open = config({ profile: "mcp-over-mqtt", name: "a/b/c/d/e/f" }).warnings;
  assert.deepEqual(open, ['a topic like "$mcp-rpc/…/…/a/b/c/d/e/f" has 9 levels; some cloud brokers allow 8']);
  const own = config({ name: "a", requestTopic: "1/2/3/4/5/6/7/8/9", responseTopic: "r/{client}" });
  assert.deepEqual(own.warnings, ['a topic like "1/2/3/4/5/6/7/8/9" has 9 levels; some cloud brokers allow 8']);
  assert.equal(own.requestTopic, "1/2/3/4/5/6/7/8/9");
});

Deno.test("a connection that many sessions share reads packets as long as their messages may be", () => {
  const shared = { clientId: "c1", closedTopic: "mcp/closed/{client}", sealed: false };
  const longest = (maxMessage: number) =>
    PROFILES.flatMap(({ sharedPlan }) => sharedPlan?.({ ...shared, maxMessage }).maximumPacket ?? []);
  assert.deepEqual(longest(200 * 1024 * 1024), [400 * 1024 * 1024]);
  assert.deepEqual(longest(1024), [64 * 1024 * 1024]);
});
