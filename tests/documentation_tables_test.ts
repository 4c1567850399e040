/**
 * The tables of the documents, row by row the same as what they are about.
 *
 * @module
 */
import assert from "node:assert/strict";
import metadata from "../deno.json" with { type: "json" };
import { V8_SETTINGS } from "../scripts/support/executable.ts";
import * as command from "../src/cli/command.ts";
import { allDeclarations } from "../src/cli/commands.ts";
import type { Host } from "../src/cli/config/host.ts";
import { HOSTS, OTHER_HOST } from "../src/cli/config/hosts.ts";
import { NEEDS } from "../src/cli/permissions.ts";
import { CREDENTIAL_KEYS } from "../src/config/mod.ts";
import { FAILURE_REASONS } from "../src/core/failure.ts";
import { BROKER_PRESETS, type BrokerPreset } from "../src/mqtt/mod.ts";
import { Metrics } from "../src/observe/status/metrics.ts";
import { backstopOf } from "../src/relay/mod.ts";
import { INHERITED_ON } from "../src/stdio/environment.ts";
import { codeIn, codeOf, DOCUMENTS, table } from "./support/documentation.ts";
import { embeddedBroker } from "./support/embedded_broker.ts";
import { toolClient } from "./support/tool_client.ts";
import { FAULTS } from "./faults/faults.ts";

const COMMANDS = await allDeclarations();

const EXIT_CODES = Object.entries(command).filter(([name]) => name.startsWith("EXIT_"))
  .map(([, code]) => Number(code)).toSorted((a, b) => a - b).map(String);

/** The first column of a table, as code. */
function firstColumn(...columns: readonly string[]): string[] {
  return table(...columns).rows.map(([cell]) => codeIn(cell));
}

/** Everything in a cell that is code. */
function codesIn(cell = ""): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = ""]) => code);
}

const LISTS: readonly (readonly [what: string, rows: readonly string[], expected: readonly string[]])[] = [
  ["reason of a failure", firstColumn("`data.reason`"), FAILURE_REASONS],
  ["key of the credentials", firstColumn("key", "meaning"), CREDENTIAL_KEYS],
  ["exit code", table("exit code").rows.map(([code = ""]) => code), EXIT_CODES],
  ["fault", table("fault", "calls").rows.map(([name = ""]) => name), FAULTS.map(({ name }) => name)],
];

for (const [what, rows, expected] of LISTS) {
  Deno.test(`every ${what} has its row`, () => assert.deepEqual(rows, expected));
}

Deno.test("every metric has its row, with the kind and the words that Prometheus is told", () => {
  const metrics = Array.from(
    new Metrics({ version: "1", servers: [], maximumSessions: 1 }).render().matchAll(
      /^# HELP mcp_mqtt_proxy_(\w+) (.*)\n# TYPE \w+ (\w+)$/gm,
    ),
    ([, name, help, kind]) => [`\`${name}\``, kind, help],
  );
  assert.deepEqual(table("metric", "kind").rows, metrics);
});

Deno.test("every task has its row, with its description", () => {
  const tasks = Object.entries(metadata.tasks).map(([name, { description }]) => [`\`deno task ${name}\``, description]);
  assert.deepEqual(table("task").rows, tasks);
});

Deno.test("every host has its row, with its files and with how it gets the password", () => {
  const { rows } = table("host", "`--for`");
  assert.deepEqual(
    rows.map(([title, name]) => [title, codeIn(name)]),
    Object.entries(HOSTS).map(([name, { title }]) => [title, name]),
  );
  for (const [, name, files, password] of rows) {
    const host = HOSTS[codeIn(name)] ?? OTHER_HOST;
    assert.deepEqual(new Set(codesIn(files)), filesOf(host));
    assert.equal(codeIn(password), host.variable?.("MQTT_PASSWORD") ?? host.passes ?? "--password-file");
  }
});

/** The files of a host, of every scope and on every system. */
function filesOf({ files }: Host): Set<string> {
  const places = { home: "~", currentDirectory: "." };
  const found = Object.values(files).flatMap((file) => [
    file({ ...places, os: "linux", config: "~/.config" }),
    file({ ...places, os: "darwin", config: "~/.config" }),
    file({ ...places, os: "windows", config: "%APPDATA%" }),
  ]);
  return new Set(found.length === 0 ? ["--file FILE"] : found);
}

Deno.test("every preset of brokers has its row, with what it sets", () => {
  const presets = Object.entries(BROKER_PRESETS).map(([name, preset]) => [
    `\`${name}\``,
    preset.description,
    restrictionsOf(preset).join(", ") || "nothing",
  ]);
  assert.deepEqual(table("`--broker-preset`").rows, presets);
});

function restrictionsOf(preset: BrokerPreset): string[] {
  const { maximumQoS, maximumPacketSize } = preset;
  const size = maximumPacketSize < 2 ** 20 ? `${maximumPacketSize / 1024} KiB` : `${maximumPacketSize / 2 ** 20} MiB`;
  const { standard } = BROKER_PRESETS;
  return [
    ...(maximumQoS === standard.maximumQoS ? [] : [`QoS up to ${maximumQoS}`]),
    ...(maximumPacketSize === standard.maximumPacketSize ? [] : [`packets up to ${size}`]),
    ...(preset.sharedSubscriptionAvailable ? [] : ["no shared subscriptions"]),
    ...(preset.subscriptionIdentifiersAvailable ? [] : ["no subscription identifiers"]),
    ...(preset.connectUserProperties ? [] : ["no user properties on CONNECT"]),
    ...(preset.discovery ? [] : ["no discovery by retained messages"]),
    ...(preset.dollarTopics ? [] : ["no topics with `$`"]),
  ];
}

Deno.test("every method with a time of its own has it in the table of timeouts, and the others have the longest", () => {
  for (const [methods, time = ""] of table("method", "time").rows) {
    for (const method of codesIn(methods)) assert.equal(`${backstopOf(method) / 1000} s`, time, method);
  }
  const [last] = table("method", "time").rows.slice(-1);
  assert.deepEqual(last?.slice(1), [`${backstopOf("anything else") / 1000} s`]);
});

Deno.test("the settings of V8 for Deno are those of the executable", () => {
  const told = DOCUMENTS.flatMap(codeOf).map((code) => /^export DENO_V8_FLAGS=(\S+)$/m.exec(code)?.[1])
    .filter((settings) => settings !== undefined);
  assert.deepEqual(told.map((settings) => settings.split(",")), [V8_SETTINGS]);
});

Deno.test("every variable that a server process inherits is in the table of them", () => {
  const rows = table("system", "inherited variables").rows.map(([, variables]) => codesIn(variables));
  assert.deepEqual(rows, [INHERITED_ON.unix, INHERITED_ON.windows]);
});

Deno.test({
  name: "every command has a row with the permissions that it keeps",
  ignore: Deno.build.os === "windows", // where starting programs takes one more
  fn: () => {
    const rows = COMMANDS.map(({ name }) => {
      const { running = [], starting = [] } = NEEDS[name] ?? {};
      const kinds = [[...running, ...starting], running].map((kinds) => kinds.toSorted().join(", ") || "none");
      return [`\`${name}\``, ...kinds];
    });
    assert.deepEqual(table("command", "while it starts").rows, rows);
  },
});

Deno.test("every tool has its row, and has the parameters that the row names", async () => {
  await using broker = await embeddedBroker();
  await using tools = await toolClient(broker.url);
  const offered = (await tools.client.listTools()).tools;
  const { rows } = table("tool");
  assert.deepEqual(rows.map(([name]) => codeIn(name)), offered.map(({ name }) => name));
  const names = new Set(offered.map(({ name }) => name));
  for (const [at, [, text]] of rows.entries()) {
    const parameters = codesIn(text).map((code) => code.split(":")[0] ?? "").filter((code) => !names.has(code));
    for (const parameter of parameters) assert.ok(parameter in (offered[at]?.inputSchema.properties ?? {}), parameter);
  }
});
