/**
 * What people see who start a command by hand, in a terminal of its own (`script` of util-linux).
 *
 * @module
 */
import assert from "node:assert/strict";
import { ECHO } from "../support/bridge.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { Process, PROXY_COMMAND, startProxy } from "../support/proxy.ts";

/** Whether `script` can be told to run a command, as that of util-linux can. */
async function hasScript(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("script", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).includes("util-linux");
  } catch {
    return false;
  }
}

const OPTIONS = { ignore: !await hasScript() };

/** A command of ours in a terminal, all of whose output is that of the process. */
function inTerminal(...args: readonly string[]): Process {
  const line = [...PROXY_COMMAND, ...args].map((word) => `'${word}'`).join(" ");
  return new Process(["script", "--quiet", "--return", "--command", `exec ${line}`, "/dev/null"]);
}

const found = (process: Process, text: string) => process.output.find((line) => line.includes(text));

Deno.test("serve says where its servers are, under which names, and the line to try one", OPTIONS, async () => {
  await using broker = await embeddedBroker();
  await using serve = inTerminal("serve", "--broker", broker.url, "--name", "home/echo", "--", ...ECHO);
  await found(serve, `serving home/echo on ${broker.url}, until Ctrl+C`);
  assert.match(await found(serve, "online on "), /mcp\/home\/echo\/request/);
  await found(serve, `try it: mcp-mqtt-proxy call home/echo --broker ${broker.url}`);
});

Deno.test("connect says that it waits for a host, and what is for people", OPTIONS, async () => {
  await using broker = await embeddedBroker();
  await using connect = inTerminal("connect", "--broker", broker.url, "--name", "echo");
  await found(connect, "waits for an MCP host");
  await found(connect, `People call: mcp-mqtt-proxy call echo --broker ${broker.url}`);
});

Deno.test("list in a terminal shows that it looks, and then the servers", OPTIONS, async () => {
  await using broker = await embeddedBroker();
  await using list = inTerminal("list", "--broker", broker.url);
  await found(list, `looking for servers on ${broker.url}`);
  await found(list, "No server is online.");
  assert.equal((await list.status).code, 0);
});

Deno.test("where nobody looks, nobody is told", async () => {
  await using broker = await embeddedBroker();
  const at = ["--broker", broker.url, "--name", "echo"];
  await using serve = startProxy(["serve", ...at, "--", ...ECHO]);
  await using connect = startProxy(["connect", ...at]);
  await connect.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  assert.deepEqual(await connect.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
  for (const process of [connect, serve]) {
    await process[Symbol.asyncDispose]();
    assert.deepEqual(process.errors.seen, []);
  }
});
