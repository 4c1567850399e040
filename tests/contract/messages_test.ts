/**
 * Whatever goes in at one end comes out at the other.
 *
 * @module
 */
import assert from "node:assert/strict";
import { INHERITED_VARIABLES } from "../../src/stdio/mod.ts";
import { ask, bridge, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";

/** Requests as no library would write them; each is answered with its own text. */
const ODD_REQUESTS = [
  '{"jsonrpc":"2.0","id":1,"method":"x"}',
  '  { "method" : "x" , "id" : 2 , "jsonrpc" : "2.0" }  ',
  '{"id":3,"method":"x","params":{"n":123456789012345678901234567890,"f":1e400,"z":-0,"d":0.10}}',
  '{"id":4,"method":"x","params":"\\u00fc\\ud83d\\ude00 ü😀 \\u0000 \\/ \u2028"}',
  '{"id":5,"id":6,"method":"ping","method":"x","x":1,"x":2}',
  '{"\\u0069d":7,"\\u006dethod":"x"}',
  '{"id":0,"method":"x"}',
  '{"id":"","method":"x"}',
  '{"id":-1,"method":"x"}',
  '{"id":"ü 😀 \\" \\\\ {} \\n","method":"x"}',
  '{"id":1e2,"method":"x","_meta":{},"params":[[[[]]],{"":{"":null}}]}',
  '{"id":9007199254740993,"method":"no/such-era","params":{"_meta":{"io.modelcontextprotocol/x":1}}}',
];

testOnBrokers("what a host writes arrives byte for byte, before and without any initialize", async (broker) => {
  await using ends = await bridge(broker);
  for (const line of ODD_REQUESTS) {
    await ends.host.send(line);
    assert.equal((await ends.host.output.nextJson()).result.echo, line);
  }
});

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  testOnBrokers(
    `a host's line that is not JSON is answered, and a byte order mark is none of it [${profile}]`,
    async (broker) => {
      await using ends = await bridge(broker, { connect: ["--profile", profile] });
      await ends.host.send('\uFEFF{"jsonrpc":"2.0","id":1,"method":"x"}');
      assert.deepEqual((await ends.host.output.nextJson()).result, { echo: '{"jsonrpc":"2.0","id":1,"method":"x"}' });
      await ends.host.send("this is not JSON");
      const { jsonrpc, error, ...others } = await ends.host.output.nextJson();
      assert.deepEqual([jsonrpc, error.code, others], ["2.0", -32700, {}]);
      await ends.host.send('{"jsonrpc":"2.0","id":1,"result":{}'); // nobody answers an answer
      assert.deepEqual((await ask(ends.host, 2, "ping")).result, {});
      await ends.host.errors.find((line) =>
        line.includes("dropped a message from the host: the line is not a JSON object")
      );
    },
  );
}

testOnBrokers("what a server writes arrives byte for byte, and what is not JSON does not", async (broker) => {
  await using ends = await bridge(broker);
  const odd = [
    '{"jsonrpc":"2.0","method":"notifications/x","params":{"n":123456789012345678901234567890,"z":-0.0}}',
    '  {"method" : "notifications/y"}',
    '{"jsonrpc":"2.0","id":12345678901234567890,"method":"sampling/createMessage","params":{broken}}',
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
    '{"id":{"odd":true},"result":1}',
    '{"id":{broken,"result":1}}',
    '[{"jsonrpc":"2.0","method":"in/a/batch"}]',
    "{}",
  ];
  const noise = ["Listening on port 3000", "", "[1,2", '"text"', "\u001b[31mred"];
  await ends.host.send({ jsonrpc: "2.0", id: 1, method: "print", params: { lines: [...noise, ...odd, ...noise] } });
  for (const line of odd) assert.equal(await ends.host.output.next(), line);
  assert.deepEqual(await ends.host.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
  await ends.serve.errors.find((line) => line.includes("skipped a line of 22 bytes on stdout that is not JSON"));
  assert.equal(ends.serve.errors.seen.filter((line) => line.includes("skipped a line")).length, 1);
});

testOnBrokers("five hundred requests in flight are answered out of order, each with its own answer", async (broker) => {
  await using ends = await bridge(broker);
  await initialize(ends.host);
  const delays = Array.from({ length: 500 }, (_, id) => (id * 7919) % 400);
  for (const [index, ms] of delays.entries()) {
    await ends.host.send({ jsonrpc: "2.0", id: index % 2 === 0 ? index : `${index}`, method: "slow", params: { ms } });
  }
  const order: number[] = [];
  for (const _ of delays) {
    const { id, result } = await ends.host.output.nextJson();
    assert.equal(typeof id, Number(id) % 2 === 0 ? "number" : "string");
    assert.equal(result.slept, delays[Number(id)]);
    order.push(Number(id));
  }
  assert.deepEqual(order.toSorted((a, b) => a - b), [...delays.keys()]);
  assert.notDeepEqual(order, [...delays.keys()]);
});

testOnBrokers("a thousand messages in a row stay in order, in both directions", async (broker) => {
  await using ends = await bridge(broker);
  await initialize(ends.host);
  await ends.host.send({ jsonrpc: "2.0", id: "notify", method: "notify", params: { count: 1_000 } });
  for (let number = 1; number <= 1_000; number++) {
    assert.equal((await ends.host.output.nextJson()).params.progress, number);
  }
  assert.equal((await ends.host.output.nextJson()).id, "notify");
  for (let number = 0; number < 1_000; number++) {
    await ends.host.send({ jsonrpc: "2.0", method: `notifications/${number}` });
  }
  for (let number = 0; number < 1_000; number++) {
    assert.equal((await ends.host.output.nextJson()).params.method, `notifications/${number}`);
  }
});

testOnBrokers("a megabyte and more goes both ways, and several at a time", async (broker) => {
  await using ends = await bridge(broker);
  await initialize(ends.host);
  for (const bytes of [60_000, 65_536, 100_000, 1_048_576, 5_000_000]) {
    const { result } = await ask(ends.host, bytes, "large", { bytes });
    assert.equal(result.text.length, bytes);
    const text = "ü".repeat(bytes / 2);
    const { result: { echo } } = await ask(ends.host, `${bytes}`, "x", { text });
    assert.ok(JSON.parse(echo).params.text === text);
  }
  for (let id = 0; id < 5; id++) {
    await ends.host.send({ jsonrpc: "2.0", id, method: "large", params: { bytes: 1_000_000 } });
  }
  for (let id = 0; id < 5; id++) {
    const { id: answered, result } = await ends.host.output.nextJson();
    assert.deepEqual([answered, result.text.length], [id, 1_000_000]);
  }
});

testOnBrokers("a server's questions are answered by the host, whatever their ids", async (broker) => {
  await using ends = await bridge(broker);
  await initialize(ends.host);
  for (let round = 0; round < 3; round++) {
    const params = { method: "sampling/createMessage", params: { round } };
    await ends.host.send({ jsonrpc: "2.0", id: round, method: "ask", params });
    const question = await ends.host.output.nextJson();
    assert.deepEqual(question.params, { round });
    await ends.host.send({ jsonrpc: "2.0", id: question.id, result: { text: `answer ${round}` } });
    const { id, result } = await ends.host.output.nextJson();
    assert.deepEqual([id, result], [round, { answered: { text: `answer ${round}` } }]);
  }
});

testOnBrokers("several hosts talk to one serve at a time, and do not hear each other", async (broker) => {
  await using ends = await bridge(broker);
  await using other = await bridge(broker, { serve: ["--no-share", "--client-id", "second"], name: "other" });
  const first = await initialize(ends.host);
  const second = await initialize(other.host);
  assert.notEqual(first, second);
  for (const [host, text] of [[ends.host, "first"], [other.host, "second"]] as const) {
    assert.match((await ask(host, 1, "x", { text })).result.echo, new RegExp(text));
  }
  assert.equal(ends.host.output.seen.length, 2);
});

testOnBrokers("the environment of a server has what it needs, what it is given, and no credential", async (broker) => {
  await using ends = await bridge(broker, {
    serve: ["--env", "OWN=a=b", "TWO=2", "--pass-env", "PASSED", "--cwd", "/"],
    serveProcess: {
      env: {
        MQTT_USERNAME: "me",
        MQTT_PASSWORD: "hunter2",
        PASSED: "yes",
        OTHER_SECRET: "no",
        MCP_MQTT_ENV: "not used",
      },
    },
  });
  const { result } = await ask(ends.host, 1, "environment");
  const { environment, directory } = result as { environment: Record<string, string>; directory: string };
  assert.deepEqual([environment.OWN, environment.TWO, environment.PASSED, directory], ["a=b", "2", "yes", "/"]);
  assert.equal(environment.PATH, Deno.env.get("PATH"));
  const allowed = [...INHERITED_VARIABLES, "OWN", "TWO", "PASSED"];
  const ofDeno = /^(DENO|npm)_/; // which sets some for the programs that it runs
  assert.deepEqual(Object.keys(environment).filter((name) => !allowed.includes(name) && !ofDeno.test(name)), []);
  assert.ok(!JSON.stringify(environment).includes("hunter2"));
});

testOnBrokers(
  "what a server writes to stderr is in the log of serve, with the session, and blocks nobody",
  async (broker) => {
    await using ends = await bridge(broker);
    await initialize(ends.host);
    assert.deepEqual((await ask(ends.host, 1, "stderr", { bytes: 1_000_000 })).result, {});
    const line = await ends.serve.errors.find((line) => line.endsWith("e".repeat(99)));
    assert.match(line, /info: echo\/mcp-connect-\w+\/\w+: e+$/);
    assert.deepEqual(ends.host.errors.seen, []);
  },
);
