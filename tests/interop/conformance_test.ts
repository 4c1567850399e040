/**
 * The server scenarios of the official conformance suite, with a stdio server directly and through the bridge: what
 * passes there has to pass here, with the same results.
 *
 * The suite speaks Streamable HTTP only, so there is an adapter in front of the server, and the same in front of
 * `connect`. What the scenarios `dns-rebinding-protection` and `server-sse-*` say about HTTP they say about the adapter.
 *
 * @module
 */
import assert from "node:assert/strict";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { httpAdapter } from "../support/http_adapter.ts";
import { packageCommand } from "../support/packages.ts";
import { fixture, Process, PROXY_COMMAND, startServe } from "../support/proxy.ts";

const SUITE = packageCommand("@modelcontextprotocol/conformance");
const SERVER = fixture("conformance_server.ts");

/** What the suite has found out about one thing, as far as every run has to find the same. */
interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO" | "SKIPPED";
  readonly errorMessage?: string;
  readonly details?: unknown;
}

type Results = Readonly<Record<string, readonly Check[]>>;

/** Runs every server scenario against the program that `command` starts. */
async function conformance(command: readonly string[]): Promise<Results> {
  const directory = await Deno.makeTempDir({ prefix: "conformance-" });
  try {
    await using adapter = httpAdapter(command);
    await using suite = new Process([...SUITE, "server", "--suite", "all", "--url", adapter.url, "-o", directory]);
    await suite.status;
    const results: Record<string, readonly Check[]> = {};
    for await (const { name } of Deno.readDir(directory)) {
      const scenario = name.replace(/^server-/, "").replace(/-\d{4}-\d{2}-\d{2}T.*$/, "");
      const text = await Deno.readTextFile(`${directory}/${name}/checks.json`);
      results[scenario] = (JSON.parse(text.replaceAll(new URL(adapter.url).host, "HOST")) as Check[]).map(comparable);
    }
    assert.ok(adapter.sessions >= Object.keys(results).length, [...suite.output.seen, ...suite.errors.seen].join("\n"));
    return results;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A check without what differs each time. */
function comparable({ id, status, errorMessage, details }: Check): Check {
  const lasting = (key: string, value: unknown) => ["date", "mcp-session-id"].includes(key) ? undefined : value;
  return JSON.parse(JSON.stringify({ id, status, errorMessage, details }, lasting));
}

/** The scenarios that the suite itself counts as passed. */
function passing(results: Results): string[] {
  const passed = Object.entries(results).filter(([, checks]) => checks.every(({ status }) => status !== "FAILURE"));
  return passed.map(([scenario]) => scenario).toSorted();
}

Deno.test("every official conformance scenario that a server passes, it passes through the bridge", async () => {
  await using broker = await embeddedBroker();
  const address = ["--broker", broker.url, "--name", "conformance"];
  await using _serve = await startServe([...address, "--", ...SERVER]);
  const [direct, through] = await Promise.all([
    conformance(SERVER),
    conformance([...PROXY_COMMAND, "connect", ...address]),
  ]);
  assert.equal(passing(direct).length, 32, JSON.stringify(direct, null, 2));
  assert.deepEqual(passing(through), passing(direct));
  assert.deepEqual(through, direct);
});
