/** Brokers that take less than they say. @module */
import assert from "node:assert/strict";
import { ask, type Bridge, bridge, initialize } from "../support/bridge.ts";
import { testOnMosquitto } from "../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { keyFiles } from "../support/keys.ts";
import { SizeLimit } from "../support/size_limit.ts";

const LIMITED = ["allow_anonymous true", "message_size_limit 50000"];

/** Asks for answers of some sizes, and for something else after each. */
async function large(host: Bridge["host"], ...sizes: readonly number[]): Promise<void> {
  for (const bytes of sizes) {
    const { result } = await ask(host, `large ${bytes}`, "large", { bytes });
    assert.equal(result?.text.length, bytes);
    assert.deepEqual((await ask(host, `ping ${bytes}`, "ping")).result, {});
  }
}

/** Sends a request of about this size. */
async function send(host: Bridge["host"], bytes: number): Promise<void> {
  const { result } = await ask(host, `echo ${bytes}`, "echo", { filler: "x".repeat(bytes), ms: 0 });
  assert.ok(result?.echo.length > bytes);
}

for (const sealed of [false, true]) {
  const how = sealed ? ", sealed too" : "";
  testOnMosquitto(`what mosquitto drops without a word goes in pieces, and that is said once${how}`, async () => {
    await using broker = await mosquitto({ configuration: LIMITED });
    await using keys = await keyFiles();
    await using both = await bridge(broker, sealed ? keys : {});
    await initialize(both.host);
    await large(both.host, 60_000, 10, 60_000, 1_000_000);
    const isWarning = (line: string) => line.includes("the broker drops messages of 60");
    assert.match(await both.serve.errors.find(isWarning), /at most 30\d{3}.*--max-packet 30\d{3}.*message_size_limit/);
    await send(both.host, 100_000);
    await both.host.errors.find((line) => line.includes("the broker drops messages of 5"));
    await send(both.host, 100_000);
    assert.equal(both.serve.errors.seen.filter(isWarning).length, 1);
  });
}

testOnMosquitto("what does not get through in pieces either is answered, and the session goes on", async () => {
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", "message_size_limit 3000"] });
  await using both = await bridge(broker);
  await initialize(both.host);
  await large(both.host, 2_000);
  const answer = await ask(both.host, "down", "large", { bytes: 20_000 });
  assert.equal(answer.error.data.reason, "too-large");
  assert.equal(answer.error.data.bytes > 20_000, true);
  assert.match(answer.error.message, /A message of 20\d{3} bytes does not get through.*message_size_limit/);
  const request = await ask(both.host, "up", "echo", { filler: "x".repeat(20_000) });
  assert.equal(request.error.data.reason, "too-large");
  await large(both.host, 2_000);
});

testOnMosquitto("a first message that mosquitto refuses goes in pieces", async () => {
  await using broker = await mosquitto({ configuration: LIMITED });
  await using both = await bridge(broker);
  await send(both.host, 120_000);
});

testOnMosquitto("in the open convention, what mosquitto refuses is answered at once", async () => {
  await using broker = await mosquitto({ configuration: LIMITED });
  const open = ["--profile", "mcp-over-mqtt"];
  await using both = await bridge(broker, { serve: open, connect: open });
  await initialize(both.host);
  for (const [method, params] of [["large", { bytes: 60_000 }], ["echo", { filler: "x".repeat(60_000) }]] as const) {
    const { error } = await ask(both.host, method, method, params);
    assert.equal(error.data.reason, "too-large");
    assert.match(error.message, /60\d{3} bytes.*Packet too large.*message_size_limit/);
  }
  assert.deepEqual((await ask(both.host, "after", "ping")).result, {});
});

for (const when of ["drop", "close"] as const) {
  Deno.test(`a broker that turns out to ${when} what is large gets pieces`, async () => {
    await using real = await embeddedBroker();
    await using limit = new SizeLimit(real.port, 50_000, when);
    const broker: TestBroker = { ...real, url: limit.url, port: limit.port };
    await using both = await bridge(broker);
    await initialize(both.host);
    await large(both.host, 120_000, 120_000);
    await send(both.host, 120_000);
  });
}

testOnMosquitto(
  "in MQTT 3.1.1, --max-packet says what gets through, and without it a request is given up with a hint",
  async () => {
    await using broker = await mosquitto({ configuration: LIMITED });
    const old = ["--mqtt-version", "4"];
    {
      await using both = await bridge(broker, { serve: old, connect: [...old, "--timeout", "1"] });
      await initialize(both.host);
      const { error } = await ask(both.host, "lost", "large", { bytes: 60_000 });
      assert.equal(error.data.reason, "timed-out");
      assert.match(error.message, /larger than what the broker hands on.*--max-packet.*message_size_limit/);
    }
    const known = [...old, "--max-packet", "50000"];
    await using both = await bridge(broker, { serve: known, connect: known });
    await initialize(both.host);
    for (const [method, params] of [["large", { bytes: 60_000 }], ["echo", { filler: "x".repeat(60_000) }]] as const) {
      const { error } = await ask(both.host, method, method, params);
      assert.equal(error.data.reason, "too-large");
    }
    await large(both.host, 40_000);
  },
);
