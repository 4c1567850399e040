/**
 * Stdout as those who start us make it: full, without waiting, with nobody who reads it, on a full disk.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bridge, ECHO, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { readLate } from "../support/late_reader.ts";
import { Process, PROXY_COMMAND, startServe } from "../support/proxy.ts";
import { PYTHON } from "../support/smcp.ts";
import { eventually, within } from "../support/wait.ts";

const ignore = !PYTHON;
const LARGE = 300_000;

/** A command in front of a pipe, or with its stdout somewhere else. */
function shell(command: readonly string[], rest: string): string[] {
  return ["sh", "-c", `"$@" ${rest}`, "sh", ...command];
}

/** Ends the process's stdin and waits for its exit. */
async function codeOf(process: Process): Promise<number> {
  const { code } = await within("the exit", process.status, 20_000);
  await Promise.all([process.output.ended, process.errors.ended]);
  return code;
}

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  Deno.test({
    name: `connect waits for a host that reads late [${profile}]`,
    ignore,
    async fn() {
      await using broker = await embeddedBroker();
      await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
      const command = ["connect", "--broker", broker.url, "--name", "echo", "--profile", profile];
      await using host = new Process(readLate([...PROXY_COMMAND, ...command]));
      for (const id of [1, 2, 3]) {
        await host.send({ jsonrpc: "2.0", id, method: "large", params: { bytes: LARGE } });
      }
      for (const id of [1, 2, 3]) {
        const answer = await host.output.nextJson();
        assert.deepEqual([answer.id, answer.result.text.length], [id, LARGE]);
      }
    },
  });
}

Deno.test({
  name: "call prints all of its result for a reader who comes late",
  ignore,
  async fn() {
    await using broker = await embeddedBroker();
    await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
    const text = "äx".repeat(LARGE);
    const command = ["call", "--broker", broker.url, "--name", "echo", "any", "-", "--json"];
    await using call = new Process(readLate([...PROXY_COMMAND, ...command]));
    await call.send({ text });
    await call.closeInput();
    assert.equal(await codeOf(call), 0);
    const result = JSON.parse(call.output.seen.join("\n"));
    assert.equal(JSON.parse(result.echo).params.arguments.text, text);
  },
});

Deno.test({
  name: "tools waits for a host that reads late",
  ignore,
  async fn() {
    await using broker = await embeddedBroker();
    const env = { MQTT_BROKER: "127.0.0.1", MQTT_PORT: new URL(broker.url).port };
    await using host = new Process(readLate([...PROXY_COMMAND, "tools", "--insecure"]), { env });
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    await host.send({ jsonrpc: "2.0", id: "first", method: "initialize", params });
    await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    const ids = Array.from({ length: 40 }, (_, number) => `list-${number}`);
    for (const id of ids) await host.send({ jsonrpc: "2.0", id, method: "tools/list" });
    for (const id of ["first", ...ids]) assert.equal((await host.output.nextJson()).id, id);
    await host.closeInput();
    assert.equal(await codeOf(host), 0);
  },
});

testOnBrokers("a host that does not listen any more is not served any more", async (broker) => {
  await using ends = await bridge(broker);
  await initialize(ends.host);
  const command = ["connect", "--broker", broker.url, "--name", "echo"];
  await using host = new Process(shell([...PROXY_COMMAND, ...command], `| head -1; echo "$?"`));
  await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  await host.output.find((line) => line.includes('"id":1'));
  // stdin stays open: a direct server would get SIGPIPE.
  await host.send({ jsonrpc: "2.0", id: 2, method: "ping" }).catch(() => {});
  await eventually("connect has ended", async () => {
    await host.send({ jsonrpc: "2.0", method: "notifications/x" }).catch(() => {});
    return host.output.seen.length === 2;
  });
  assert.equal(await codeOf(host), 0);
  assert.deepEqual(host.errors.seen, []);
});

for (const [json, first] of [[[], / \+ one /], [["--json"], /"name":"one"/]] as const) {
  testOnBrokers(
    `list ${["--watch", ...json].join(" ")} ends with its reader, and not with the next change`,
    async (broker) => {
      const command = [...PROXY_COMMAND, "list", "--watch", ...json, "--broker", broker.url];
      await using list = new Process(shell(command, "| head -1"));
      await using _one = await startServe(["--broker", broker.url, "--name", "one", "--", ...ECHO]);
      await list.output.find((line) => first.test(line));
      assert.equal(await codeOf(list), 0);
      assert.deepEqual(list.errors.seen, []);
    },
  );
}

Deno.test("nobody has to read the help, the completions or the schema to their end", async () => {
  for (const args of [["--help"], ["call", "--help"], ["completions", "bash"], ["tools", "--credentials-schema"]]) {
    await using process = new Process(shell([...PROXY_COMMAND, ...args], "| true"));
    assert.equal(await codeOf(process), 0);
    assert.deepEqual(process.errors.seen, [], args.join(" "));
  }
});

Deno.test({
  name: "where stdout cannot be written for another reason, a sentence says why",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using broker = await embeddedBroker();
    await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
    const address = ["--broker", broker.url, "--name", "echo"];
    const sentence = /^error: stdout cannot be written: No space left on device/;
    for (
      const args of [["--help"], ["call", ...address, "any", "{}", "--json"], ["list", "--broker", broker.url], [
        "connect",
        ...address,
      ]]
    ) {
      await using process = new Process(shell([...PROXY_COMMAND, ...args], "> /dev/full"));
      await process.send({ jsonrpc: "2.0", id: 1, method: "ping" }).catch(() => {});
      await process.closeInput();
      assert.equal(await codeOf(process), 1, args.join(" "));
      assert.match(process.errors.seen.join("\n"), sentence);
    }
  },
});

Deno.test({
  name: "SIGTERM ends connect, although the host does not read what waits for it",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using broker = await embeddedBroker();
    await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
    const [program = "", ...args] = [...PROXY_COMMAND, "connect", "--broker", broker.url, "--name", "echo"];
    const host = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "null" }).spawn();
    const [input, output] = [host.stdin.getWriter(), host.stdout.getReader()];
    const request = { jsonrpc: "2.0", id: 1, method: "large", params: { bytes: 10 * LARGE } };
    await input.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    await output.read(); // the beginning, and no more
    host.kill("SIGTERM");
    const { code } = await within("the exit", host.status, 10_000);
    assert.equal(code, 0);
    await Promise.allSettled([input.close(), output.cancel()]);
  },
});
