import assert from "node:assert/strict";
import type { ProxyEvent } from "../../src/core/events.ts";
import { type LogOptions, startLog } from "../../src/observe/mod.ts";
import { within } from "../support/wait.ts";

/** Every event, so that a new one without its sentence does not pass. */
const EVENTS: { readonly [Type in ProxyEvent["type"]]: Extract<ProxyEvent, { type: Type }> } = {
  "broker.connecting": { type: "broker.connecting", broker: "mqtt://b", attempt: 1 },
  "broker.connected": {
    type: "broker.connected",
    broker: "mqtt://b",
    clientId: "me",
    protocolVersion: 5,
  },
  "broker.lost": { type: "broker.lost", broker: "mqtt://b", clientId: "c", cause: "cut", retryIn: 1_234 },
  "broker.refused": {
    type: "broker.refused",
    broker: "mqtt://b",
    clientId: "c",
    cause: "bad password",
    retryIn: 60_000,
  },
  "broker.closed": { type: "broker.closed", broker: "mqtt://b", clientId: "c" },
  "broker.downgraded": { type: "broker.downgraded", broker: "mqtt://b", cause: "closed" },
  "subscription.refused": { type: "subscription.refused", filter: "a/#", cause: "not granted" },
  "publish.failed": { type: "publish.failed", topic: "a", cause: "too large" },
  "server.online": { type: "server.online", server: "files", topic: "mcp/files/request" },
  "server.offline": { type: "server.offline", server: "files", topic: "mcp/files/request" },
  "fleet.changed": { type: "fleet.changed", server: "files", profiles: ["p"], size: 1 },
  "session.opened": { type: "session.opened", server: "files", session: "c/1", profile: "p" },
  "session.ended": { type: "session.ended", server: "files", session: "c/1", profile: "p", cause: "left" },
  "session.refused": {
    type: "session.refused",
    server: "files",
    session: "c/1",
    reason: "too-many-sessions",
    cause: "full",
  },
  "session.retransmitted": { type: "session.retransmitted", session: "c/1", count: 3 },
  "session.duplicate": { type: "session.duplicate", session: "c/1" },
  "child.startable": { type: "child.startable", server: "files" },
  "child.failed": { type: "child.failed", server: "files", cause: "not there" },
  "child.delayed": { type: "child.delayed", session: "files/c/1", delay: 500 },
  "child.started": { type: "child.started", server: "files", session: "files/c/1", pid: 7 },
  "child.exited": { type: "child.exited", server: "files", session: "files/c/1", cause: "exited with code 3" },
  "child.stderr": { type: "child.stderr", session: "files/c/1", line: "hello" },
  "child.last_words": { type: "child.last_words", session: "files/c/1", line: "Error: no" },
  "credentials.sent": { type: "credentials.sent", server: "files", keys: "TOKEN" },
  "credential.misnamed": { type: "credential.misnamed", key: "MQTT_USERNAME", meant: "MQTT_USER" },
  "line.skipped": { type: "line.skipped", source: "files/c/1", bytes: 9 },
  "message.dropped": { type: "message.dropped", source: "a", cause: "not JSON" },
  "message.carried": { type: "message.carried", direction: "to-server", bytes: 12 },
  "request.started": { type: "request.started", method: "tools/call" },
  "request.ended": { type: "request.ended", method: "tools/call", duration: 1.5 },
  "request.failed": { type: "request.failed", method: "tools/call", reason: "timed-out", cause: "late" },
  "warning": { type: "warning", text: "careful" },
};

/** Everything, as text. */
const ALL: LogOptions = { logLevel: "debug", logFormat: "text" };

/** What the log makes of events. */
async function logged(options: Partial<LogOptions>, ...events: readonly ProxyEvent[]): Promise<string> {
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  const output = (chunk: Uint8Array) => Promise.resolve(void chunks.push(decoder.decode(chunk)));
  {
    await using log = startLog({ ...ALL, ...options }, output);
    for (const event of events) log.observe(event);
  }
  return chunks.join("");
}

for (const event of Object.values(EVENTS)) {
  Deno.test(`${event.type} is one line of text with its time, its level and a sentence`, async () => {
    const text = await logged({}, event);
    assert.match(text, /^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warning|error): .+\n$/);
    const { type: _, ...properties } = event;
    const words = Object.values(properties).filter((value) => typeof value === "string");
    assert.ok(words.some((word) => text.includes(word)), text);
  });

  Deno.test(`${event.type} is one line of JSON with all that it carries`, async () => {
    const text = await logged({ logFormat: "json" }, event);
    assert.equal(text.indexOf("\n"), text.length - 1);
    const record = JSON.parse(text) as Record<string, unknown>;
    const { type, ...properties } = event;
    for (const [name, value] of Object.entries(properties)) assert.deepEqual(record[name], value, name);
    assert.ok(JSON.stringify(record).includes(type.split(".")[0] ?? ""));
    assert.equal(typeof record.message, "string");
  });
}

Deno.test("what is less important than the level is not logged, and off logs nothing", async () => {
  const ranks = ["debug", "info", "warning", "error"] as const;
  const all = (await logged({}, ...Object.values(EVENTS))).trimEnd().split("\n");
  assert.equal(all.length, Object.keys(EVENTS).length);
  for (const [rank, level] of ranks.entries()) {
    const important = all.filter((line) => ranks.slice(rank).some((name) => line.includes(`Z ${name}: `))).length;
    const text = await logged({ logLevel: level }, ...Object.values(EVENTS));
    assert.equal(text.split("\n").length - 1, important, level);
    assert.ok(important > 0, level);
  }
  assert.equal(await logged({ logLevel: "off" }, ...Object.values(EVENTS)), "");
});

Deno.test("a refusal says when the next attempt is, if there is one", async () => {
  const refused = { type: "broker.refused", broker: "mqtt://b", clientId: "c", cause: "bad password" } as const;
  const text = await logged({}, { ...refused, retryIn: 60_000 }, { ...refused, retryIn: undefined });
  assert.match(text, /error: bad password; next attempt in 60\.0 s\n.*error: bad password\n$/);
});

Deno.test("people read one line for an outage and one for its end, programs and debuggers every attempt", async () => {
  const lost = { type: "broker.lost", broker: "mqtt://b", cause: "cut", retryIn: 300 } as const;
  const connected = { type: "broker.connected", broker: "mqtt://b", protocolVersion: 5 } as const;
  const events: readonly ProxyEvent[] = [
    { ...lost, clientId: "a" },
    { ...lost, clientId: "b" },
    { ...lost, clientId: "a" },
    { ...connected, clientId: "a" },
    { ...lost, clientId: "b" },
    { ...lost, clientId: "b" },
  ];
  const lines = (await logged({ logLevel: "warning" }, ...events)).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => line.slice(line.indexOf(" ") + 1)), [
    "warning: no connection to mqtt://b: cut; trying again until it works",
    "warning: connected to mqtt://b as a (MQTT 5)",
    "warning: no connection to mqtt://b as b, though others are connected: cut; trying again until it works",
  ]);
  for (const options of [{ logLevel: "debug" }, { logLevel: "warning", logFormat: "json" }] as const) {
    const text = await logged(options, ...events);
    assert.equal(text.match(/no connection to mqtt:\/\/b: cut; next attempt in 0\.3 s/g)?.length, 5);
  }
});

Deno.test("a stranger's text cannot forge lines, colours or placeholders", async () => {
  const line = "a\nb\r\x1b[31mred\x07\u0085{type}{{x}} %s ü😀";
  const text = await logged({}, { type: "child.stderr", session: "{0}", line });
  assert.equal(text.indexOf("\n"), text.length - 1);
  // deno-lint-ignore no-control-regex -- there must be none
  assert.doesNotMatch(text.slice(0, -1), /[\u0000-\u001f\u007f-\u009f]/);
  assert.ok(text.endsWith("info: {0}: a\\nb\\r\\u001b[31mred\\u0007\\u0085{type}{{x}} %s ü😀\n"), text);
});

Deno.test("nothing is logged to stdout, not even by the logger about itself", async () => {
  const script = `
    const { startLog } = await import("${new URL("../../src/observe/mod.ts", import.meta.url).href}");
    await using log = startLog({ logLevel: "debug", logFormat: "text" });
    for (const event of ${JSON.stringify(Object.values(EVENTS))}) log.observe(event);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  assert.equal(stdout.length, 0);
  assert.equal(new TextDecoder().decode(stderr).split("\n").length, Object.keys(EVENTS).length + 1);
});

Deno.test("a log that cannot be written harms nobody", async () => {
  const output = () => Promise.reject(new Error("Broken pipe"));
  await using log = startLog(ALL, output);
  for (let round = 0; round < 3; round++) {
    for (const event of Object.values(EVENTS)) log.observe(event);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
});

Deno.test("a log that nobody reads takes little memory and is not waited for, and says what was dropped", async () => {
  const chunks: string[] = [];
  const reading = Promise.withResolvers<void>();
  const decoder = new TextDecoder();
  const output = (chunk: Uint8Array) => {
    chunks.push(decoder.decode(chunk));
    return reading.promise;
  };
  const log = startLog(ALL, output);
  const line = "x".repeat(1_000);
  const said: ProxyEvent = { type: "child.stderr", session: "files/c/1", line };
  for (let number = 0; number < 10_000; number++) log.observe(said);
  await new Promise((resolve) => setTimeout(resolve, 0));
  reading.resolve();
  while (chunks.length < 2) await new Promise((resolve) => setTimeout(resolve, 0));
  log.observe({ type: "warning", text: "the end" });
  await log[Symbol.asyncDispose]();
  const text = chunks.join("");
  assert.ok(text.length < 400_000, `${text.length} characters were kept`);
  assert.match(text, /warning: 97\d\d lines of the log were dropped, since nobody has read it\n.* the end\n$/);
});

Deno.test("the end of a log that nobody reads comes soon", async () => {
  const output = () => new Promise<void>(() => {});
  const log = startLog(ALL, output);
  log.observe({ type: "warning", text: "anybody?" });
  await within("the end", Promise.resolve(log[Symbol.asyncDispose]()), 5_000);
});

Deno.test("topics and names that strangers choose are cut, in text and in JSON", async () => {
  const long = "t".repeat(60_000);
  const events: ProxyEvent[] = [
    { type: "message.dropped", source: long, cause: "not JSON" },
    { type: "publish.failed", topic: long, cause: `no topic "${long}"` },
    { type: "session.refused", server: "files", session: long, reason: "too-many-sessions", cause: "full" },
  ];
  for (const logFormat of ["text", "json"] as const) {
    for (const event of events) {
      const text = await logged({ logFormat }, event);
      assert.ok(text.length < 5_000, `${event.type} takes ${text.length} characters`);
      assert.match(text, /t{199}…/);
    }
  }
});

Deno.test("500 warnings of one kind are 20 lines and their number; other kinds are not touched", async () => {
  const events = Array.from({ length: 500 }, (): ProxyEvent => ({ type: "message.dropped", source: "a", cause: "x" }));
  const text = await logged({}, ...events, { type: "warning", text: "careful" });
  const lines = text.trimEnd().split("\n");
  assert.equal(lines.filter((line) => line.includes("dropped a message from a")).length, 20);
  assert.match(lines[20] ?? "", /warning: careful$/);
  assert.match(lines[21] ?? "", /warning: message\.dropped: 480 more within a few seconds, without a line each$/);
  assert.equal(lines.length, 22);
});
