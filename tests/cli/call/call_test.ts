import assert from "node:assert/strict";
import { testOnBrokers } from "../../support/brokers.ts";
import { run, runOnTerminal } from "../../support/command_line.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { fixture, Process, PROXY_COMMAND, startProxyUnder, startServe } from "../../support/proxy.ts";

testOnBrokers("call shows the tools, calls them and tells success from failure, in every profile", async (broker) => {
  const at = ["--broker", broker.url, "--log-level", "off"];
  await using serve = await startServe([
    ...["--broker", broker.url, "--name", "tools", "--server-name", "test/tools"],
    ...["--", ...fixture("tools_server.ts")],
  ]);
  await serve.errors.find((line) => line.includes("online on $mcp-server"));
  const directory = await Deno.makeTempDir();
  try {
    const reach = [["--name", "tools"], ["--profile", "mcp-over-mqtt", "--server-name", "test/tools"]];
    for (const [round, where] of reach.entries()) {
      const tools = await run("call", "--list", ...where, ...at);
      assert.equal(tools.errors, "");
      assert.equal(tools.code, 0);
      assert.match(tools.output, /^add {2}Adds two numbers\n {4}a {2}number {2}required {2}the first one\n/);
      assert.match(tools.output, / {4}every {2}number {2}default 50/);
      assert.match(tools.output, /^crash {2}/m); // is on the second page

      const sum = await run("call", ...where, ...at, "add", '{"a":1,"b":2}');
      assert.deepEqual(sum, { code: 0, output: '{\n  "sum": 3\n}\n', errors: "" });

      const picture = await run("call", ...where, ...at, "picture", "--output", directory);
      const file = `${directory}/picture-${round + 1}.png`;
      assert.deepEqual(picture, { code: 0, output: `here it is\n${file}\n`, errors: "" });
      assert.deepEqual([...(await Deno.readFile(file)).slice(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));

      const page = await run("call", ...where, ...at, "page");
      assert.deepEqual(page, { code: 0, output: "the page\nmore <https://example.com/more>\n", errors: "" });

      const failed = await run("call", ...where, ...at, "fail");
      assert.deepEqual(failed, { code: 3, output: "it did not work\n", errors: "" });

      const unknown = await run("call", ...where, ...at, "nonsense");
      assert.deepEqual(unknown, { code: 3, output: "", errors: unknown.errors });
      assert.match(unknown.errors, /^error: Unknown tool: nonsense\nthere are: add, picture, page, fail, wait\n$/);

      const crashed = await run("call", ...where, ...at, "crash");
      assert.equal(crashed.code, 1);
      assert.match(crashed.errors, /exited with code 3: last words/);

      const json = await run("call", ...where, ...at, "add", '{"a":1,"b":2}', "--json");
      assert.deepEqual(JSON.parse(json.output), {
        content: [{ type: "text", text: '{"sum":3}' }],
        structuredContent: { sum: 3 },
      });
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("call saves what a tool answers, for which it needs no permission but to write there", async () => {
  await using broker = await embeddedBroker();
  const at = ["--broker", broker.url, "--name", "tools"];
  await using _serve = await startServe([...at, "--", ...fixture("tools_server.ts")]);
  const directory = await Deno.makeTempDir();
  try {
    const { host } = new URL(broker.url);
    for (
      const [round, flags] of [["-A"], [`--allow-net=${host}`, "--ignore-env", `--allow-write=${directory}`]].entries()
    ) {
      await using call = startProxyUnder(flags, ["call", ...at, "picture", "--output", directory]);
      const { code } = await call.status;
      await Promise.all([call.output.ended, call.errors.ended]);
      const file = `${directory}/picture-${round + 1}.png`;
      assert.deepEqual([code, call.errors.seen, call.output.seen], [0, [], ["here it is", file]]);
      assert.ok((await Deno.stat(file)).size > 0);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

testOnBrokers("call reads the arguments from stdin when they are -", async (broker) => {
  await using _serve = await startServe([
    "--broker",
    broker.url,
    "--name",
    "tools",
    "--",
    ...fixture("tools_server.ts"),
  ]);
  await using call = new Process([...PROXY_COMMAND, "call", "--broker", broker.url, "--name", "tools", "add", "-"]);
  await call.send('{"a":20,');
  await call.send('"b":22}');
  await call.closeInput();
  assert.equal((await call.status).code, 0);
  await call.output.ended;
  assert.deepEqual(call.output.seen.join(""), '{  "sum": 42}');
});

Deno.test("call sends arguments as they are written, and prints a result as it came", async () => {
  await using broker = await embeddedBroker();
  const at = ["--broker", broker.url, "--name", "echo"];
  await using _serve = await startServe([...at, "--", ...fixture("echo_server.ts")]);
  const written = '{"10":2574604874062343519,"9":1.0,"s":"\\u001b"}';
  const { output } = await run("call", ...at, "any", written, "--json");
  const { echo } = JSON.parse(output) as { echo: string };
  assert.ok(echo.includes(`"arguments":${written}`), echo);
});

Deno.test("call fails without a server, and without a broker", async () => {
  await using broker = await embeddedBroker();
  const quick = ["--connect-timeout", "2"];
  const nobody = await run("call", "--broker", broker.url, "--name", "tools", "add", ...quick);
  assert.equal(nobody.code, 1);
  assert.match(nobody.errors, /^error: No server is online on "mcp\/tools"[^\n]*\n$/);
  const nowhere = await run("call", "--broker", "mqtt://127.0.0.1:1", "--name", "tools", "add", ...quick);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.errors, /^error: [^\n]* cannot be reached[^\n]*\n$/);
});

testOnBrokers("call takes the server's name as its first word, and its tool's arguments as words", async (broker) => {
  await using _serve = await startServe([
    ...["--broker", broker.url, "--name", "home/tools"],
    ...["--", ...fixture("tools_server.ts")],
  ]);
  const at = ["--broker", broker.url, "--connect-timeout", "2"];
  assert.match((await run("call", "home/tools", ...at)).output, /^add {2}Adds two numbers\n/);
  const sum = await run("call", "home/tools", "add", "a:=1", "b:=2", ...at);
  assert.deepEqual(sum, { code: 0, output: '{\n  "sum": 3\n}\n', errors: "" });
  const both = await run("call", "home/tools", "add", '{"a":1,"b":1}', "b:=41", ...at);
  assert.equal(both.output, '{\n  "sum": 42\n}\n');

  const mistyped = await run("call", "home/tools", "ad", ...at);
  assert.deepEqual([mistyped.code, mistyped.errors], [3, "error: Unknown tool: ad\ndid you mean add?\n"]);
  for (const name of ["tools", "home/tolls"]) {
    const { code, errors } = await run("call", name, "add", ...at);
    assert.equal(code, 1);
    assert.match(errors, /^error: No server is online on [^\n]*\ndid you mean home\/tools\?\n$/);
  }
});

Deno.test("call on a terminal says after a second what it waits for, and shows progress as a bar", async () => {
  await using broker = await embeddedBroker();
  const at = ["--broker", broker.url];
  const shown = ({ errors }: { errors: string }) => errors.split("\r\u001b[K");
  const nobody = shown(await runOnTerminal("call", "tools", "add", ...at, "--connect-timeout", "2"));
  assert.deepEqual(nobody.slice(0, 2), ["", "waiting 1 s for a server called tools"]);
  const nowhere = shown(
    await runOnTerminal("call", "tools", "add", "--broker", "mqtt://127.0.0.1:1", "--connect-timeout", "2"),
  );
  assert.match(nowhere[1] ?? "", /^waiting 1 s for the broker mqtt:\/\/127\.0\.0\.1:1: /);
  await using _serve = await startServe([...at, "--name", "tools", "--", ...fixture("tools_server.ts")]);
  const slow = await runOnTerminal("call", "tools", "wait", "ms:=400", "every:=100", "total:=400", ...at);
  assert.ok(slow.errors.includes("[######------------------] 25 %"), slow.errors);
  assert.ok(slow.errors.endsWith("\r\u001b[K"));
  const quick = await runOnTerminal("call", "tools", "add", "a:=1", "b:=2", ...at);
  assert.deepEqual([quick.output, quick.errors], ['{\n  "sum": 3\n}\n', ""]);
});

Deno.test("call explains a command line that cannot work", async () => {
  const cases: readonly [args: string[], problem: RegExp][] = [
    [["--name", "tools", "add", "--list"], /--list calls no tool: remove "add"/],
    [["--name", "tools", "add", "[]"], /must be a JSON object/],
    [["--name", "tools", "add", "{", "x"], /must be a JSON object/],
    [["--name", "tools", "add", "a=1", "x"], /an argument of the tool must be .* it is: x/],
    [["a+b", "add"], /--name must not contain \+/],
    [[], /say which server is meant: mcp-mqtt-proxy call NAME/],
    [["--name", "tools", "--profile", "mcp-over-mqtt", "--no-discovery", "add"], /add --server-id ID/],
    [
      ["--name", "tools", "--profile", "mcp-over-mqtt", "--broker-preset", "hivemq", "add"],
      /add --topic-prefix PREFIX/,
    ],
    [["--name", "tools", "--profile", "mcp-over-mqtt", "--mqtt-version", "4", "add"], /needs MQTT 5/],
    [["--name", "a/+", "add"], /must not contain \+/],
  ];
  for (const [args, problem] of cases) {
    const { code, errors } = await run("call", "--log-level", "off", ...args);
    assert.equal(code, 2, errors);
    assert.match(errors, problem);
  }
});
