import assert from "node:assert/strict";
import { UsageError } from "../../src/core/usage_error.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { observation } from "../../src/observe/observation.ts";
import { Readiness } from "../../src/observe/readiness.ts";
import { startStatusServer } from "../../src/observe/status_server.ts";
import { freePort } from "../support/net.ts";
import { readMetrics, valueOf } from "../support/prometheus.ts";

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly cache: string | null;
  readonly text: string;
}

/** A status server that `body` can ask. */
async function served(
  body: (parts: {
    metrics: Metrics;
    readiness: Readiness;
    get: (path: string, init?: RequestInit) => Promise<Answer>;
  }) => Promise<void>,
  title = "the title",
): Promise<void> {
  const metrics = new Metrics();
  const readiness = new Readiness(["server files", "process of files"]);
  const port = freePort();
  await using _server = startStatusServer({ address: `127.0.0.1:${port}`, title, metrics, readiness });
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    const { status, headers } = response;
    return {
      status,
      type: headers.get("content-type"),
      cache: headers.get("cache-control"),
      text: await response.text(),
    };
  };
  await body({ metrics, readiness, get });
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

Deno.test("/healthz says that the process runs, ready or not", () =>
  served(async ({ get }) => {
    assert.deepEqual(await get("/healthz"), { status: 200, type: TEXT, cache: "no-store", text: "ok\n" });
  }));

Deno.test("/readyz is 503 until everything is there, and says in a line each what is and what is not", () =>
  served(async ({ readiness, get }) => {
    const not = await get("/readyz");
    assert.deepEqual([not.status, not.type, not.cache], [503, TEXT, "no-store"]);
    assert.equal(not.text, "FAIL server files: not yet\nFAIL process of files: not yet\n");
    readiness.observe({ type: "child.startable", server: "files" });
    assert.deepEqual((await get("/readyz")).status, 503);
    readiness.observe({ type: "server.online", server: "files", topic: "mcp/files/request" });
    const ready = await get("/readyz?verbose=1");
    assert.equal(ready.status, 200);
    assert.equal(ready.text, "ok   server files: online on mcp/files/request\nok   process of files: can be started\n");
    readiness.observe({ type: "server.offline", server: "files", topic: "mcp/files/request" });
    const gone = await get("/readyz");
    assert.equal(gone.status, 503);
    assert.match(gone.text, /^FAIL server files: offline on mcp\/files\/request\n/);
  }));

Deno.test("/metrics is what Prometheus reads, as of now", () =>
  served(async ({ metrics, get }) => {
    const before = await get("/metrics");
    assert.deepEqual([before.status, before.type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    assert.equal(valueOf(readMetrics(before.text), "mcp_mqtt_proxy_sessions_total"), 0);
    metrics.observe({ type: "session.opened", server: "files", session: "c/1" });
    assert.equal(valueOf(readMetrics((await get("/metrics")).text), "mcp_mqtt_proxy_sessions_total"), 1);
  }));

Deno.test("the page says at a glance whether all is well, and what is not", () =>
  served(async ({ readiness, metrics, get }) => {
    const before = await get("/");
    assert.deepEqual([before.status, before.type], [200, "text/html; charset=utf-8"]);
    assert.match(before.text, /<h1>the title: not ready<\/h1>/);
    assert.match(before.text, /<td>✗<td>server files<td>not yet/);
    readiness.observe({ type: "child.startable", server: "files" });
    readiness.observe({ type: "server.online", server: "files", topic: "mcp/files/request" });
    metrics.observe({ type: "session.opened", server: "files", session: "c/1" });
    const after = await get("/");
    assert.match(after.text, /<h1>the title: ready<\/h1>/);
    assert.match(after.text, /<td>✓<td>server files<td>online on mcp\/files\/request/);
    assert.match(after.text, /<td>sessions<td>1/);
  }));

Deno.test("what others have named stays text on the page", () =>
  served(async ({ readiness, get }) => {
    const cause = '<script>alert("1")</script> & more';
    readiness.observe({ type: "child.failed", server: "files", cause });
    const { text } = await get("/");
    assert.ok(!text.includes("<script>"));
    assert.ok(text.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more"));
    assert.match(text, /<title>&lt;b&gt;<\/title>/);
  }, "<b>"));

Deno.test("any other path is not found, and says what there is", () =>
  served(async ({ get }) => {
    for (const path of ["/favicon.ico", "/metrics/", "/../metrics/x", "//"]) {
      const { status, text } = await get(path);
      assert.deepEqual([status, text], [404, "there are /, /healthz, /readyz and /metrics\n"], path);
    }
  }));

Deno.test("an address that is none, or is taken, is a mistake in the command line that says so", () => {
  const start = (address: string) =>
    startStatusServer({ address, title: "t", metrics: new Metrics(), readiness: new Readiness([]) });
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
    const options = { address, title: "t", metrics: new Metrics(), readiness: new Readiness([]) };
    await using _server = startStatusServer(options);
    const host = address.startsWith("[") ? "[::1]" : "127.0.0.1";
    const response = await fetch(`http://${host}:${port}/healthz`);
    assert.equal(await response.text(), "ok\n");
  }
});

Deno.test("log, metrics and readiness are told the same; without --status nobody counts", async () => {
  const told: string[] = [];
  const log = { observe: ({ type }: { type: string }) => void told.push(type), [Symbol.asyncDispose]: async () => {} };
  const port = freePort();
  {
    await using observed = observation({ log, status: `${port}`, title: "t", conditions: ["broker"] });
    observed.observe({ type: "publish.failed", topic: "a", cause: "no" });
    observed.meter?.({ type: "message.carried", direction: "to-client", bytes: 3 });
    const families = readMetrics(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    assert.equal(valueOf(families, "mcp_mqtt_proxy_publish_failures_total"), 1);
    assert.equal(valueOf(families, "mcp_mqtt_proxy_bytes_to_client_total"), 3);
  }
  assert.deepEqual(told, ["publish.failed"], "the log is not told of every message");
  await using silent = observation({ log, status: undefined, title: "t", conditions: [] });
  assert.equal(silent.meter, undefined);
});
