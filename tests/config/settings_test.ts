import assert from "node:assert/strict";
import { UsageError } from "../../src/core/usage_error.ts";
import {
  BROKER_SETTINGS,
  CONNECT_SETTINGS,
  isSwitch,
  LOG_SETTINGS,
  MESSAGE_SETTINGS,
  resolve,
  SERVE_SETTINGS,
  type Settings,
} from "../../src/config/mod.ts";
import { ADDRESS_SETTINGS } from "../../src/wire/mod.ts";

const ALL = {
  ...ADDRESS_SETTINGS,
  ...SERVE_SETTINGS,
  ...CONNECT_SETTINGS,
  ...MESSAGE_SETTINGS,
  ...BROKER_SETTINGS,
  ...LOG_SETTINGS,
};

const NOTHING = () => undefined;

function from(flags: Record<string, unknown>, environment: Record<string, string> = {}) {
  return resolve(ALL, { flags, environment: (name) => environment[name] });
}

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.problems;
  }
  return [];
}

for (const [name, setting] of Object.entries(ALL as Settings)) {
  Deno.test(`the setting ${name} has a flag, a variable and a help text in the same style as the others`, () => {
    assert.match(setting.flag, /^--[a-z]+(-[a-z]+)*( <[a-z=]+(\.\.\.)?>)?$/);
    assert.match(setting.environment ?? "", /^(MQTT|MCP_MQTT)(_[A-Z]+)+$/);
    assert.match(setting.description, /^[a-zA-Z0-9].*[^.\s]$/);
    const flag = setting.flag.split(" ")[0]?.replace("--", "").replaceAll("-", "_").toUpperCase() ?? "";
    const known = { BROKER: "URL", CONFIG: "CONFIG" }[flag] ?? flag;
    assert.ok(setting.environment?.endsWith(known.replace("MQTT_", "")), `${setting.environment} is not ${flag}`);
    assert.equal(setting.repeatable === true, setting.flag.includes("..."));
    if (isSwitch(setting)) assert.equal(setting.fallback, undefined);
  });
}

Deno.test("no two settings have the same flag or the same variable", () => {
  const settings = Object.values(ALL as Settings);
  for (
    const names of [
      settings.map(({ flag }) => flag.split(" ")[0]),
      settings.map(({ environment }) => environment),
    ]
  ) {
    assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
  }
});

Deno.test("all settings have values when nothing is given", () => {
  const values = resolve(ALL, { flags: {}, environment: NOTHING });
  assert.deepEqual(Object.keys(values).toSorted(), Object.keys(ALL).toSorted());
  assert.equal(values.broker, "mqtt://127.0.0.1:1883");
  assert.equal(values.connectTimeout, 10_000);
  assert.equal(values.timeout, undefined);
  assert.equal(values.maxMessage, 64 * 1024 * 1024);
  assert.deepEqual([values.env, values.passEnv, values.insecureTls, values.noDiscovery], [[], [], false, false]);
});

Deno.test("flags win over the environment, which wins over the default", () => {
  assert.equal(from({}).keepAlive, 60);
  assert.equal(from({}, { MQTT_KEEPALIVE: "30" }).keepAlive, 30);
  assert.equal(from({ keepAlive: "10" }, { MQTT_KEEPALIVE: "30" }).keepAlive, 10);
});

Deno.test("empty text counts as not given, as a flag and in the environment", () => {
  assert.equal(from({ keepAlive: "" }, { MQTT_KEEPALIVE: "30" }).keepAlive, 30);
  assert.equal(from({}, { MQTT_KEEPALIVE: "" }).keepAlive, 60);
  const empty = Object.fromEntries(Object.values(ALL as Settings).map(({ environment = "" }) => [environment, ""]));
  assert.deepEqual(from({}, empty), from({}));
});

Deno.test("a switch is on by its flag, and on or off by its variable", () => {
  assert.equal(from({ insecureTls: true }, { MQTT_INSECURE_TLS: "false" }).insecureTls, true);
  for (const on of ["1", "true", "yes", "on", "TRUE"]) {
    assert.equal(from({}, { MQTT_INSECURE_TLS: on }).insecureTls, true);
  }
  for (const off of ["0", "false", "no", "off"]) assert.equal(from({}, { MQTT_INSECURE_TLS: off }).insecureTls, false);
  assert.deepEqual(problemsOf(() => from({}, { MQTT_INSECURE_TLS: "maybe" })), [
    '--insecure-tls (from MQTT_INSECURE_TLS) must be true or false; it is "maybe"',
  ]);
});

Deno.test("a list in a variable is separated by spaces, and flags replace it", () => {
  assert.deepEqual(from({}, { MCP_MQTT_PASS_ENV: "A  B\tC" }).passEnv, ["A", "B", "C"]);
  assert.deepEqual(from({ passEnv: ["D"] }, { MCP_MQTT_PASS_ENV: "A B" }).passEnv, ["D"]);
});

Deno.test("white space around a list in a variable is no part of it", () => {
  assert.deepEqual(from({}, { MCP_MQTT_PASS_ENV: " A  B\n" }).passEnv, ["A", "B"]);
});

Deno.test("a client id is not what other topics of the open convention are called", () => {
  for (const name of ["presence", "capability"]) {
    for (const given of [{ clientId: name }, { serverId: name }]) {
      assert.match(problemsOf(() => from(given))[0] ?? "", /^--(client|server)-id must not be presence or capability/);
    }
  }
  assert.equal(from({ clientId: "presence-1" }).clientId, "presence-1");
});

Deno.test("every problem is told at once, with the setting's name and where it comes from", () => {
  const problems = problemsOf(() =>
    from({ qos: "3", keepAlive: "1.5", maxMessage: "lots", mqttVersion: "6", clientId: "a/b" }, {
      MCP_MQTT_CONNECT_TIMEOUT: "soon",
      MQTT_BROKER_PRESET: "acme",
    })
  );
  for (
    const [index, start] of [
      "--connect-timeout (from MCP_MQTT_CONNECT_TIMEOUT) must be a number of seconds",
      "--max-message must be a number of bytes from 1K to 4G, such as 100000; it is",
      "--client-id must not contain",
      "--qos must be one of auto, 0, 1, 2",
      "--keepalive must be a whole number from 0 to 65535",
      "--broker-preset (from MQTT_BROKER_PRESET) must be one of standard,",
      "--mqtt-version must be one of auto, 5, 4",
    ].entries()
  ) {
    assert.ok(problems[index]?.startsWith(start), `${problems[index]} does not start with ${start}`);
  }
  assert.equal(problems.length, 7);
});

const NUMBERS: readonly [name: string, text: string, value: number | undefined][] = [
  ["keepAlive", "0", 0],
  ["keepAlive", "65535", 65_535],
  ["keepAlive", "65536", undefined],
  ["keepAlive", " ", undefined],
  ["maxMessage", "0", undefined],
  ["keepAlive", "-1", undefined],
  ["keepAlive", "ten", undefined],
  ["maxSessions", "1", 1],
  ["maxSessions", "0", undefined],
  ["maxSessionsPerClient", "1", 1],
  ["maxSessionsPerClient", "0", undefined],
  ["prewarm", "0", 0],
  ["connectTimeout", "0", Infinity],
  ["connectTimeout", "0.5", 500],
  ["connectTimeout", "1e3", 1_000_000],
  ["connectTimeout", "-1", undefined],
  ["connectTimeout", "NaN", undefined],
  ["connectTimeout", " ", undefined],
  ["maxMessage", "5", undefined],
  ["maxMessage", "1023", undefined],
  ["maxMessage", "1024", 1_024],
  ["maxMessage", "4G", 4 * 1024 ** 3],
  ["maxMessage", "5G", undefined],
  ["maxMessage", "99999999999999999999", undefined],
  ["maxPacket", "1000", undefined],
  ["maxPacket", "256M", 256 * 1024 ** 2],
  ["maxPacket", "257M", undefined],
  ["maxMessage", "64k", 65_536],
  ["maxMessage", "64 KiB", 65_536],
  ["maxMessage", "1.5M", undefined],
  ["maxMessage", "2G", 2 * 1024 ** 3],
  ["maxMessage", "-1", undefined],
  ["maxMessage", "0x10", undefined],
];

for (const [name, text, value] of NUMBERS) {
  Deno.test(`${name} ${value === undefined ? "cannot be" : "can be"} "${text}"`, () => {
    const problems = problemsOf(() => assert.equal((from({ [name]: text }) as Record<string, unknown>)[name], value));
    assert.equal(problems.length, value === undefined ? 1 : 0);
  });
}

Deno.test("names of variables are names, and what stands behind a = is not repeated", () => {
  assert.deepEqual(problemsOf(() => from({ passEnv: ["GOOD", "TOKEN=hunter2"] })).length, 1);
  assert.ok(!problemsOf(() => from({ passEnv: ["TOKEN=hunter2"] })).join().includes("hunter2"));
});
