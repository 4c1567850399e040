/**
 * What users put on messages for their broker, seen from the broker.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, bridge, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker, oldBroker } from "../support/embedded_broker.ts";
import { keyFiles } from "../support/keys.ts";
import { type Arrival, TestClient } from "../support/mqtt_client.ts";
import { fixture, startProxy, startProxyUnder } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

/** The value, or the values, of a user property. */
const valueOf = ({ properties }: Arrival, name: string) => properties.userProperties?.[name];

const SERVE = ["--user-property", "site=lab", "--user-property", "tag=a", "--user-property", "tag=b"];
const CONNECT = ["--user-property", "who=host"];

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  testOnBrokers(`all messages of ${profile} have the properties that each end was given`, async (broker) => {
    await using tap = await TestClient.connect(broker.url, {}, "#", "$mcp-rpc/#", "$mcp-server/#");
    await using both = await bridge(broker, {
      serve: ["--profile", profile, ...SERVE],
      connect: ["--profile", profile, ...CONNECT],
    });
    await initialize(both.host);
    for (let id = 1; id < 4; id++) await ask(both.host, id, "x", { padding: "x".repeat(20_000) });
    await both.host.closeInput();
    await both.host.status;
    assert.ok(tap.arrivals.length >= 8, "the tap hears the session");
    for (const arrival of tap.arrivals) {
      const isServer = valueOf(arrival, "site") === "lab";
      if (isServer) assert.deepEqual([...valueOf(arrival, "tag") ?? []], ["a", "b"]);
      else assert.equal(valueOf(arrival, "who"), "host", `on ${arrival.topic}: ${arrival.text}`);
    }
  });
}

testOnBrokers("sealed packets have no properties of the user's", async (broker) => {
  await using keys = await keyFiles();
  await using tap = await TestClient.connect(broker.url, {}, "#");
  await using both = await bridge(broker, { serve: [...SERVE, ...keys.serve], connect: [...CONNECT, ...keys.connect] });
  await initialize(both.host);
  await ask(both.host, 1, "x");
  const sealed = () => tap.arrivals.filter((arrival) => valueOf(arrival, "mcp-sealed") !== undefined);
  await eventually("the tap hears the session", () => sealed().length >= 4);
  for (const arrival of sealed()) {
    assert.deepEqual([valueOf(arrival, "site"), valueOf(arrival, "who")], [undefined, undefined]);
  }
});

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACED = { _meta: { traceparent: TRACEPARENT, tracestate: "vendor=1" } };

for (const profile of ["request-response", "mcp-over-mqtt"]) {
  testOnBrokers(`--trace-context shows the trace of each message of ${profile} that has one`, async (broker) => {
    await using tap = await TestClient.connect(broker.url, {}, "#", "$mcp-rpc/#", "$mcp-server/#");
    const args = ["--profile", profile, "--trace-context"];
    await using both = await bridge(broker, { serve: args, connect: args });
    await initialize(both.host);
    const others = [2, 3, 4, 5].map((id) => ask(both.host, id, "x", { plain: true }));
    await Promise.all([ask(both.host, 1, "x", TRACED), ...others]);
    const traced = () => tap.arrivals.filter((arrival) => valueOf(arrival, "traceparent") !== undefined);
    await eventually("the tap hears the request", () => traced().length > 0);
    assert.equal(traced().length, 1);
    const [request] = traced();
    assert.ok(request !== undefined);
    assert.equal(valueOf(request, "tracestate"), "vendor=1");
    assert.equal(JSON.parse(request.text).id, 1);
    assert.equal(valueOf(request, "mcp-batch"), undefined);
  });
}

Deno.test("the first piece of a message that is cut has its trace, and there is room for it", async () => {
  await using broker = await embeddedBroker();
  await using tap = await TestClient.connect(broker.url, {}, "#");
  const args = ["--trace-context", "--max-packet", "8000"];
  await using both = await bridge(broker, { serve: args, connect: args });
  await initialize(both.host);
  const tracestate = `vendor=${"x".repeat(500)}`;
  await ask(both.host, 1, "x", { _meta: { traceparent: TRACEPARENT, tracestate }, padding: "y".repeat(50_000) });
  const traced = tap.arrivals.filter((arrival) => valueOf(arrival, "traceparent") !== undefined);
  assert.deepEqual(traced.map((arrival) => String(valueOf(arrival, "mcp-piece")).split("/")[0]), ["0"]);
});

testOnBrokers("sealed messages show no trace", async (broker) => {
  await using keys = await keyFiles();
  await using tap = await TestClient.connect(broker.url, {}, "#");
  const flag = "--trace-context";
  await using both = await bridge(broker, { serve: [flag, ...keys.serve], connect: [flag, ...keys.connect] });
  await initialize(both.host);
  await ask(both.host, 1, "x", TRACED);
  assert.ok(tap.arrivals.length >= 4, "the tap hears the session");
  assert.ok(tap.arrivals.every((arrival) => valueOf(arrival, "traceparent") === undefined));
});

Deno.test("CONNECT has them, and so has the will", async () => {
  const seen: string[] = [];
  await using broker = await embeddedBroker({
    preConnect: (_client, { properties, will }, done) => {
      seen.push(JSON.stringify([properties?.userProperties?.who, will?.properties?.userProperties?.who]));
      done(null, true);
    },
  });
  await using _call = startProxy(["list", "--broker", broker.url, ...CONNECT]);
  assert.equal((await _call.status).code, 0);
  assert.deepEqual(seen, ['["host","host"]']);
});

Deno.test("with MQTT 3.1.1, which has no user properties, that is said once", async () => {
  await using broker = await oldBroker();
  await using both = await bridge(broker, { connect: CONNECT });
  await initialize(both.host);
  await both.host.closeInput();
  await both.host.status;
  await both.host.errors.ended;
  const said = both.host.errors.seen.filter((line) => line.includes("--user-property is of no use here"));
  assert.equal(said.length, 1);
});

Deno.test("a message is cut so that there is room for the user's properties", async () => {
  const large = `note=${"x".repeat(3_000)}`;
  await using broker = await embeddedBroker({ maximumPacketSize: 8_000 });
  await using both = await bridge(broker, {
    serve: ["--user-property", large, "--max-packet", "8000"],
    connect: ["--user-property", large, "--max-packet", "8000"],
  });
  await initialize(both.host);
  const text = "y".repeat(50_000);
  const { result } = await ask(both.host, 1, "x", { text });
  assert.ok(JSON.stringify(result).includes(text));
});

Deno.test("a server may be named after its machine and its client id, if that may be read", async () => {
  await using broker = await embeddedBroker();
  const name = "home/{hostname}/{client}";
  const args = ["serve", "--broker", broker.url, "--name", name, "--client-id", "dev-{env:PLACEHOLDER_ROOM}"];
  const command = ["--", ...fixture("echo_server.ts")];
  const env = { PLACEHOLDER_ROOM: "attic" };
  await using serve = startProxy([...args, "--log-level", "info", ...command], { env });
  await serve.errors.find((line) => line.includes(`home/${Deno.hostname()}/dev-attic is online`));
  await using blind = startProxyUnder(["--no-prompt", "--allow-net", "--allow-run", "--ignore-env"], [
    ...args,
    ...command,
  ], { env });
  assert.equal((await blind.status).code, 2);
  await blind.errors.ended;
  const errors = blind.errors.seen.join("\n");
  assert.match(errors, /--name has \{hostname\}, which may not be read: add --allow-sys=hostname to deno run/);
  assert.match(errors, /--client-id has \{env:PLACEHOLDER_ROOM\}.*add --allow-env=PLACEHOLDER_ROOM to deno run/);
});
