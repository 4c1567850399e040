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
  "session.opened": { type: "session.opened", server: "files", session: "c/1" },
  "session.ended": { type: "session.ended", server: "files", session: "c/1", cause: "left" },
  "session.refused": { type: "session.refused", server: "files", session: "c/1", cause: "full" },
  "session.retransmitted": { type: "session.retransmitted", session: "c/1", count: 3 },
  "session.duplicate": { type: "session.duplicate", session: "c/1" },
  "child.startable": { type: "child.startable", server: "files" },
  "child.failed": { type: "child.failed", server: "files", cause: "not there" },
  "child.delayed": { type: "child.delayed", session: "files/c/1", delay: 500 },
  "child.started": { type: "child.started", server: "files", session: "files/c/1", pid: 7 },
  "child.exited": { type: "child.exited", session: "files/c/1", cause: "exited with code 3" },
  "child.stderr": { type: "child.stderr", session: "files/c/1", line: "hello" },
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

/** What the log makes of events. */
async function logged(options: Partial<LogOptions>, ...events: readonly ProxyEvent[]): Promise<string> {
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  const output = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(decoder.decode(chunk)) });
  {
    await using log = startLog({ level: "debug", format: "text", output, ...options });
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
    const text = await logged({ format: "json" }, event);
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
    const text = await logged({ level }, ...Object.values(EVENTS));
    assert.equal(text.split("\n").length - 1, important, level);
    assert.ok(important > 0, level);
  }
  assert.equal(await logged({ level: "off" }, ...Object.values(EVENTS)), "");
});

Deno.test("a refusal says when the next attempt is, if there is one", async () => {
  const refused = { type: "broker.refused", broker: "mqtt://b", clientId: "c", cause: "bad password" } as const;
  const text = await logged({}, { ...refused, retryIn: 60_000 }, { ...refused, retryIn: undefined });
  assert.match(text, /error: bad password; next attempt in 60\.0 s\n.*error: bad password\n$/);
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
    await using log = startLog({ level: "debug", format: "text" });
    for (const event of ${JSON.stringify(Object.values(EVENTS))}) log.observe(event);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  assert.equal(stdout.length, 0);
  assert.equal(new TextDecoder().decode(stderr).split("\n").length, Object.keys(EVENTS).length + 1);
});

Deno.test("a log that cannot be written harms nobody", async () => {
  const output = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("Broken pipe")) });
  await using log = startLog({ level: "debug", format: "text", output });
  for (let round = 0; round < 3; round++) {
    for (const event of Object.values(EVENTS)) log.observe(event);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
});

Deno.test("a log that nobody reads takes little memory and is not waited for, and says what was dropped", async () => {
  const chunks: string[] = [];
  const reading = Promise.withResolvers<void>();
  const decoder = new TextDecoder();
  const output = new WritableStream<Uint8Array>({
    write: (chunk) => {
      chunks.push(decoder.decode(chunk));
      return reading.promise;
    },
  });
  const log = startLog({ level: "debug", format: "text", output });
  const line = "x".repeat(1_000);
  for (let number = 0; number < 10_000; number++) log.observe({ type: "warning", text: line });
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
  const output = new WritableStream<Uint8Array>({ write: () => new Promise(() => {}) });
  const log = startLog({ level: "debug", format: "text", output });
  log.observe({ type: "warning", text: "anybody?" });
  await within("the end", Promise.resolve(log[Symbol.asyncDispose]()), 5_000);
});
