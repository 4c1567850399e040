import assert from "node:assert/strict";
import { UsageError } from "../../../src/core/usage_error.ts";
import { observation } from "../../../src/observe/mod.ts";
import { Metrics } from "../../../src/observe/status/metrics.ts";
import { Overview } from "../../../src/observe/status/overview.ts";
import { Readiness } from "../../../src/observe/status/readiness.ts";
import { startStatusServer } from "../../../src/observe/status/status_server.ts";
import { freePort } from "../../support/net.ts";
import { readMetrics, sumOf, valueOf } from "../../support/prometheus.ts";

/** What is shown. */
function shown(title = "the title") {
  const known = { version: "1.2.3", servers: ["files"], maximumSessions: 64 };
  const readiness = new Readiness([{ server: "files" }, { processOf: "files" }]);
  const overview = new Overview({ ...known, title, broker: "mqtt://b" }, readiness);
  return { metrics: new Metrics(known), readiness, overview, hosts: ["prometheus-target"], ownNames: ["gateway"] };
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string | null;
  readonly text: string;
}

type Parts = ReturnType<typeof shown> & {
  readonly get: (path: string, init?: RequestInit) => Promise<Answer>;
  readonly port: number;
};

/** A status server that `body` can ask. */
async function served(body: (parts: Parts) => Promise<void>, title?: string): Promise<void> {
  const parts = shown(title);
  const port = freePort();
  await using _server = startStatusServer({ ...parts, address: `127.0.0.1:${port}` });
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    const { status, headers } = response;
    return { status, headers, type: headers.get("content-type"), text: await response.text() };
  };
  await body({ ...parts, get, port });
}

function hasIPv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

const TEXT = "text/plain; charset=utf-8";
const ONLINE = { type: "server.online", server: "files", topic: "mcp/files/request" } as const;

Deno.test("/healthz says that the process runs, ready or not, and nobody keeps the answer", () =>
  served(async ({ get }) => {
    const { status, type, headers, text } = await get("/healthz");
    assert.deepEqual([status, type, headers.get("cache-control"), text], [200, TEXT, "no-store", "ok\n"]);
  }));

Deno.test("/readyz is 503 until everything is there, and says in a line each what is and what is not", () =>
  served(async ({ readiness, get }) => {
    const not = await get("/readyz");
    assert.deepEqual([not.status, not.type], [503, TEXT]);
    assert.equal(not.text, "FAIL server files: not yet\nFAIL process of files: not yet\n");
    readiness.observe({ type: "child.startable", server: "files" });
    assert.deepEqual((await get("/readyz")).status, 503);
    readiness.observe(ONLINE);
    const ready = await get("/readyz?verbose=1");
    assert.equal(ready.status, 200);
    assert.equal(ready.text, "ok   server files: online on mcp/files/request\nok   process of files: can be started\n");
    readiness.observe({ ...ONLINE, type: "server.offline" });
    const gone = await get("/readyz");
    assert.equal(gone.status, 503);
    assert.match(gone.text, /^FAIL server files: offline on mcp\/files\/request\n/);
  }));

Deno.test("/metrics is what Prometheus reads, as of now", () =>
  served(async ({ metrics, get }) => {
    const before = await get("/metrics");
    assert.deepEqual([before.status, before.type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    assert.equal(sumOf(readMetrics(before.text), "mcp_mqtt_proxy_sessions_total"), 0);
    metrics.observe({ type: "session.opened", server: "files", session: "c/1", profile: "p" });
    assert.equal(sumOf(readMetrics((await get("/metrics")).text), "mcp_mqtt_proxy_sessions_total"), 1);
  }));

Deno.test("the page says at a glance whether all is well, and what is not; /status.json says the same", () =>
  served(async ({ readiness, overview, get }) => {
    const before = await get("/");
    assert.deepEqual([before.status, before.type], [200, "text/html; charset=utf-8"]);
    assert.match(before.text, /<header class="bad">\n<h1>the title: not ready<\/h1>/);
    assert.match(before.text, /<p class="bad">✗ server files: not yet<\/p>/);
    for (const event of [{ type: "child.startable", server: "files" }, ONLINE] as const) readiness.observe(event);
    overview.observe({ type: "session.opened", server: "files", session: "c/1", profile: "p" });
    const after = await get("/");
    assert.match(after.text, /<header class="good">\n<h1>the title: ready<\/h1>/);
    assert.match(after.text, />files<td data-title="state">✓ online on mcp\/files\/request</);
    assert.match(after.text, /<td data-title="sessions">1\/64</);
    const json = await get("/status.json");
    assert.equal(json.type, "application/json");
    const { ready, version, broker, sessions } = JSON.parse(json.text);
    assert.deepEqual([ready, version, broker], [true, "1.2.3", "mqtt://b"]);
    assert.deepEqual(sessions.map(({ client }: { client: string }) => client), ["c/1"]);
  }));

Deno.test("the page may load nothing but what comes from here, and none of that is in the page itself", () =>
  served(async ({ get }) => {
    const { headers, text } = await get("/");
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; /);
    assert.ok(!policy.includes("unsafe"));
    assert.doesNotMatch(text, /<style|<script>| style=| on\w+=|https?:\/\//);
    for (const [, file = ""] of text.matchAll(/(?:src|href)="(\/status\.\w+|\/metrics|\/readyz)"/g)) {
      assert.ok([200, 503].includes((await get(file)).status), file);
    }
    new Function((await get("/status.js")).text); // which says so if it is none
  }));

Deno.test("whoever looks at the page is told what changes, until the server ends", async () => {
  let reader: ReadableStreamDefaultReader<string> | undefined;
  await served(async ({ readiness, port }) => {
    const response = await fetch(`http://127.0.0.1:${port}/events`);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    readiness.observe({ type: "child.startable", server: "files" });
    readiness.observe(ONLINE);
    let text = "";
    while (!text.includes("the title: ready")) text += (await reader.read()).value;
    assert.match(text, /^data: <header class="(?:bad|good)">\ndata: /);
    for (const line of text.split("\n")) assert.match(line, /^(?:data: .*|: .*|)$/);
  });
  while ((await reader?.read())?.done === false);
});

Deno.test("what others have named stays text on the page", () =>
  served(async ({ readiness, overview, get }) => {
    const cause = `<script>alert("1")</script> & more\n\u202e`;
    readiness.observe({ type: "child.failed", server: "files", cause });
    overview.observe({ type: "session.opened", server: "files", session: `"><img src=x>`, profile: "p" });
    overview.observe({ type: "message.dropped", source: "</td><b>", cause: "x" });
    const { text } = await get("/");
    for (const tag of ["<script>alert", "<img", "<b>"]) assert.ok(!text.includes(tag), tag);
    assert.ok(text.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more\\n\\u202e"));
    assert.match(text, /<title>&lt;b&gt;: not ready<\/title>/);
  }, "<b>"));

Deno.test("any other path is not found, and says what there is", () =>
  served(async ({ get }) => {
    for (const path of ["/favicon.ico", "/metrics/", "/../metrics/x", "//", "/status"]) {
      const { status, text } = await get(path);
      assert.deepEqual([status, text], [404, "there are /, /status.json, /healthz, /readyz and /metrics\n"], path);
    }
  }));

Deno.test("only GET and HEAD are answered, HEAD without a body", () =>
  served(async ({ get }) => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const { status, headers } = await get("/metrics", { method });
      assert.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"], method);
    }
    const head = await get("/metrics", { method: "HEAD" });
    assert.deepEqual([head.status, head.text], [200, ""]);
    assert.ok(Number(head.headers.get("content-length")) > 100);
  }));

Deno.test("an address that is none, or is taken, is a mistake in the command line that says so", () => {
  const start = (address: string) => startStatusServer({ ...shown(), address });
  for (const address of ["", "localhost", "127.0.0.1:", "127.0.0.1:99999", "http://127.0.0.1:9100", "1:2:3", ":x"]) {
    assert.throws(() => start(address), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /--status must be ADDRESS:PORT/);
      return true;
    }, address);
  }
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = `127.0.0.1:${listener.addr.port}`;
  assert.throws(() => start(taken), new RegExp(`--status ${taken} cannot be listened on`));
});

Deno.test("without an address for others, only this machine can ask", async () => {
  const forms = [(port: number) => `${port}`, (port: number) => `:${port}`, (port: number) => `[::1]:${port}`];
  for (const form of forms) {
    const port = freePort();
    const address = form(port);
    if (address.startsWith("[") && !hasIPv6()) continue;
    await using _server = startStatusServer({ ...shown(), address });
    const host = address.startsWith("[") ? "[::1]" : "127.0.0.1";
    const response = await fetch(`http://${host}:${port}/healthz`);
    assert.equal(await response.text(), "ok\n");
  }
});

Deno.test("log, metrics and readiness are told the same; without --status nobody counts", async () => {
  const told: string[] = [];
  const log = { observe: ({ type }: { type: string }) => void told.push(type), [Symbol.asyncDispose]: async () => {} };
  const port = freePort();
  const none = { otlpEndpoint: undefined, otlpHeaders: undefined, serviceName: "s", kind: "server" } as const;
  const about = {
    ...none,
    ownNames: [],
    log,
    title: "t",
    version: "1",
    broker: "mqtt://b",
    servers: ["a"],
    statusHost: [],
  };
  {
    await using observed = await observation({ ...about, status: `${port}`, needs: [{ broker: true }] });
    observed.observe({ type: "publish.failed", topic: "a", cause: "no" });
    observed.meter?.({ type: "message.carried", server: "a", direction: "to-client", bytes: 3 });
    const families = readMetrics(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    assert.equal(valueOf(families, "mcp_mqtt_proxy_publish_failures_total"), 1);
    assert.equal(sumOf(families, "mcp_mqtt_proxy_message_bytes_total"), 3);
  }
  assert.deepEqual(told, ["publish.failed"], "the log is not told of every message");
  await using silent = await observation({ ...about, status: undefined, needs: [] });
  assert.equal(silent.meter, undefined);
});
