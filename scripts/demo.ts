/**
 * The whole bridge in one terminal: `deno task demo`.
 *
 * A broker inside this process, `serve` in front of the MCP project's own test server, `connect` started by the MCP
 * SDK's client as a host would, and between them every message that passes the broker. Ends by itself; the exit code
 * is 0 only if everything came out as it should.
 *
 * @module
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import {
  type CreateMessageRequest,
  CreateMessageRequestSchema,
  ListRootsRequestSchema,
  type Progress,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";
import assert from "node:assert/strict";
import metadata from "../deno.json" with { type: "json" };
import { waitAtMost } from "../src/core/waiting.ts";
import { childEnvironment } from "../src/stdio/mod.ts";
import { embeddedBroker } from "../tests/support/embedded_broker.ts";
import { type Process, PROXY_COMMAND, startServe } from "../tests/support/proxy.ts";
import { Narrator } from "./support/narrator.ts";
import { watchBroker } from "./support/watch_broker.ts";

/** How long everything may take once the packages are there, in ms. */
const LIMIT = 30_000;

/** How long the processes may take to end after an interruption, in ms. */
const CLEANUP_LIMIT = 5_000;

const SERVER_PACKAGE = metadata.imports["@modelcontextprotocol/server-everything"];
const SERVER_COMMAND = [Deno.execPath(), "run", "-A", "--quiet", SERVER_PACKAGE];

const story = new Narrator();

async function demo(signal: AbortSignal): Promise<void> {
  story.chapter("A broker");
  await using broker = await embeddedBroker();
  story.tell(`aedes, an MQTT 5 broker inside this process, listens on ${broker.url}`);
  story.tell("Every message that passes it is shown below: when, who publishes it, what it is, and on which topic.");
  watchBroker(broker.aedes, (who, what, topic) => story.message(who, what, topic));

  story.chapter("The server side: `serve` puts a stdio MCP server on the broker");
  const address = ["--broker", broker.url, "--name", "everything"];
  story.command(["serve", ...address, "--", "deno", ...SERVER_COMMAND.slice(1)]);
  await using serve = await startServe([...address, "--", ...SERVER_COMMAND]);
  story.tell(`serve: ${await logged(serve, " is online on ")}`);

  story.chapter("The host side: an MCP client starts `connect`, as if it were the server itself");
  story.command(["connect", ...address]);
  const [command = "", ...args] = PROXY_COMMAND;
  const transport = new StdioClientTransport({
    command,
    args: [...args, "connect", ...address],
    env: { ...childEnvironment({}, []), NO_COLOR: "1" },
  });
  const client = new Client({ name: "demo", version: "1.0.0" }, { capabilities: { sampling: {}, roots: {} } });
  await using _ = { [Symbol.asyncDispose]: () => client.close() };
  client.setRequestHandler(ListRootsRequestSchema, () => {
    story.tell("the server asks the host for its folders");
    return { roots: [{ uri: "file:///srv/demo", name: "demo" }] };
  });
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }: CreateMessageRequest) => {
    story.tell(`the server asks the host's model: ${JSON.stringify(params.messages[0]?.content)}`);
    return { model: "demo", role: "assistant", content: { type: "text", text: "Forty-two." } };
  });
  await client.connect(transport, { signal });
  const server = client.getServerVersion();
  assert.equal(server?.name, "mcp-servers/everything");
  story.tell(`connected with ${server.name} ${server.version}, which knows nothing of MQTT`);

  story.chapter("Which tools are there?");
  const { tools }: { tools: Tool[] } = await client.listTools(undefined, { signal });
  assert.ok(tools.length > 5, `Only ${tools.length} tools were listed`);
  story.tell(`${tools.length} tools: ${tools.map(({ name }) => name).join(", ")}`);

  const arrivals: number[] = [];
  const onprogress = ({ progress, total }: Progress) => {
    arrivals.push(performance.now());
    story.tell(`the host shows its user: step ${progress} of ${total}`);
  };
  const call = async (name: string, args: Record<string, unknown>): Promise<string> => {
    story.tell(`the host calls ${name} with ${JSON.stringify(args)}`);
    const { content } = await client.callTool({ name, arguments: args }, undefined, { signal, onprogress });
    assert.ok(Array.isArray(content), `${name} has answered without content`);
    const text = content.map((item) => item.type === "text" ? item.text : `(${item.type})`).join(" ");
    story.tell(`the answer: ${text.replaceAll(/\s+/g, " ")}`);
    return text;
  };

  story.chapter("Tool calls");
  assert.match(await call("echo", { message: "hello from the other side of a broker" }), /other side of a broker/);
  assert.match(await call("get-sum", { a: 19, b: 23 }), /42/);

  story.chapter("A long call: its progress arrives while it runs");
  await call("trigger-long-running-operation", { duration: 2, steps: 4 });
  // The SDK's client drops the last one when it comes in the same read as the result, as it does without a proxy.
  assert.ok(arrivals.length >= 3, `${arrivals.length} of 4 progress notifications have arrived`);
  const span = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0);
  assert.ok(span > 500, `The progress notifications came all at once, within ${span.toFixed(0)} ms`);
  story.tell(`they came while it ran, over ${(span / 1000).toFixed(1)} s`);

  story.chapter("The other direction: in the middle of a call, the server asks the host for a completion");
  assert.match(await call("trigger-sampling-request", { prompt: "What is the answer?" }), /Forty-two/);

  story.chapter("Goodbye: the host closes, and the server's process ends with its session");
  await client.close();
  story.tell(`serve: ${await logged(serve, " ended: ")}`);
  serve.kill("SIGTERM");
  const { code } = await serve.status;
  assert.equal(code, 0, `serve has ended with exit code ${code}`);
}

/** The sentence of the log that has `words` in it, once it is there. */
async function logged(serve: Process, words: string): Promise<string> {
  const line = await serve.errors.find((line) => line.includes(words));
  return line.replace(/^\S+ info: /, "");
}

/** Fetches the packages of the server while nobody waits for it. */
async function fetchServer(): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args: ["cache", "--quiet", SERVER_PACKAGE], stdout: "null" });
  const { success } = await command.spawn().status;
  if (!success) throw new Error(`${SERVER_PACKAGE} could not be fetched from the npm registry`);
}

/** Rejects as soon as `signal` is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

const interrupted = new AbortController();
const interrupt = () => interrupted.abort(new Error("The demo was interrupted"));
Deno.addSignalListener("SIGINT", interrupt);
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", interrupt);
try {
  await fetchServer();
  const tooLong = AbortSignal.timeout(LIMIT);
  const signal = AbortSignal.any([interrupted.signal, tooLong]);
  const running = demo(signal);
  try {
    await Promise.race([running, aborted(signal)]);
  } finally {
    await waitAtMost(running.catch(() => {}), CLEANUP_LIMIT); // no process outlives the demo
  }
  story.end(`It works: everything above took ${story.elapsed} s.`);
  Deno.exit(0);
} catch (error) {
  const why = error instanceof DOMException && error.name === "TimeoutError"
    ? `it was not over after ${LIMIT / 1000} s`
    : error instanceof Error
    ? error.message
    : String(error);
  story.end(`The demo has failed: ${why}`);
  Deno.exit(1);
}
