import assert from "node:assert/strict";
import type { CheckReport, Finding } from "../../../src/app/check/finding.ts";
import { testOnBrokers, testOnMosquitto } from "../../support/brokers.ts";
import { run } from "../../support/command_line.ts";
import { embeddedBroker, oldBroker } from "../../support/embedded_broker.ts";
import { mosquitto } from "../../support/mosquitto.ts";
import { MqttPeer } from "../../support/mqtt_peer.ts";
import { fixture, startServe } from "../../support/proxy.ts";
import { SizeLimit } from "../../support/size_limit.ts";

/** Runs `check --json` and reads its report. */
async function check(...args: readonly string[]): Promise<{ code: number; report: CheckReport }> {
  const { code, output, errors } = await run("check", "--json", ...args);
  assert.equal(errors, "");
  return { code, report: JSON.parse(output) };
}

function finding({ findings }: CheckReport, name: string): Finding {
  const found = findings.find((finding) => finding.name === name);
  assert.ok(found, `no finding "${name}" among: ${findings.map(({ name }) => name).join(", ")}`);
  return found;
}

testOnBrokers("check finds nothing wrong with a broker that allows everything", async (broker) => {
  const { code, report } = await check("--broker", broker.url);
  assert.equal(code, 0);
  assert.equal(report.ok, true);
  assert.deepEqual(report.topics.filter(({ verdict }) => verdict !== "ok"), []);
  assert.equal(report.topics.length, 25);
  for (
    const name of [
      "connection",
      "protocol version",
      "round trip",
      "maximum packet size",
      "maximum QoS",
      "largest message",
    ]
  ) {
    assert.equal(finding(report, name).verdict, "ok");
  }
  assert.equal(finding(report, "discovery").value, "works");
  assert.equal(finding(report, "$mcp-… topics").value, "pass");
  assert.equal(finding(report, "protocol version").value, "MQTT 5");

  const text = await run("check", "--broker", broker.url, "--name", "files", "--role", "connect");
  assert.equal(text.code, 0);
  assert.match(text.output, /^ok +subscribe {2}mcp\/files\/presence\/\+ +allowed$/m);
  assert.match(text.output, /\nWhat was asked for will work\.\n$/);
  assert.doesNotMatch(text.output, /serve, /);
});

Deno.test("what a session does without is no problem where the broker forbids it, but worth a note", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
    done(null, subscription.topic === "mcp/closed/+" ? null : subscription);
  const { code, report } = await check("--broker", broker.url, "--name", "files");
  assert.equal(code, 0);
  const [note, ...others] = report.topics.filter(({ verdict }) => verdict !== "ok");
  assert.deepEqual([note?.topic, note?.verdict, others], ["mcp/closed/+", "note", []]);
  assert.match(note?.outcome ?? "", /a gateway that is killed will not be missed/);
  const other = await check("--broker", broker.url, "--name", "files", "--closed-topic", "plant/{client}/gone");
  assert.deepEqual(other.report.topics.filter(({ verdict }) => verdict !== "ok"), []);
});

testOnBrokers("check leaves nothing behind, and the server that is there does not notice", async (broker) => {
  {
    await using serve = await startServe([
      "--broker",
      broker.url,
      "--name",
      "files",
      "--",
      ...fixture("echo_server.ts"),
    ]);
    await serve.errors.find((line) => line.includes("online on $mcp-server"));
    await serve.errors.find((line) => line.includes("online on mcp/files"));
    const before = serve.errors.seen.length;
    assert.equal((await check("--broker", broker.url, "--name", "files")).code, 0);
    const answer = await run("call", "--broker", broker.url, "--name", "files", "anything");
    assert.equal(answer.code, 0);
    assert.deepEqual(
      serve.errors.seen.slice(before).filter((line) => !/started process|session .* (opened|ended)/.test(line)),
      [],
    );
  }
  await using watcher = await MqttPeer.connect(broker.url);
  await watcher.subscribe("#");
  await watcher.subscribe("$mcp-server/#");
  await watcher.publish("end", "");
  assert.equal((await watcher.next()).topic, "end");
});

testOnMosquitto("check sees that mosquitto holds acknowledged messages back, unless it is told not to", async () => {
  await using slow = await mosquitto();
  const delayed = finding((await check("--broker", slow.url)).report, "delay of QoS 1");
  assert.equal(delayed.verdict, "note");
  assert.match(delayed.meaning, /set_tcp_nodelay true/);
  await using fast = await mosquitto({ configuration: ["allow_anonymous true", "set_tcp_nodelay true"] });
  assert.equal(finding((await check("--broker", fast.url)).report, "delay of QoS 1").verdict, "ok");
});

testOnMosquitto(
  "check sees that a broker goes by the user's name, so that a user has one connection at a time",
  async () => {
    await using broker = await mosquitto();
    assert.equal(finding((await check("--broker", broker.url)).report, "connections per user").value, "several");
    await using strict = await mosquitto({ configuration: ["allow_anonymous true", "use_username_as_clientid true"] });
    const { code, report } = await check("--broker", strict.url, "--username", "alice");
    const found = finding(report, "connections per user");
    assert.deepEqual([code, found.value, found.verdict], [0, "one", "note"]);
    assert.match(found.meaning, /--profile request-response/);
  },
);

testOnMosquitto("check names every topic that the broker forbids, and fails if a command cannot work", async () => {
  const directory = await Deno.makeTempDir();
  const acl = `${directory}/acl`;
  await Deno.writeTextFile(
    acl,
    [
      "pattern write mcp/files/request/%c",
      "pattern write mcp/files/instance/+/%c",
      "pattern write mcp/files/closed/%c",
      "pattern write mcp/files/response/%c",
      "pattern read mcp/files/response/%c",
      "pattern read mcp/files/presence/+",
      "",
    ].join("\n"),
  );
  await Deno.chmod(directory, 0o755);
  try {
    await using broker = await mosquitto({ configuration: ["allow_anonymous true", `acl_file ${acl}`] });
    const client = await check("--broker", broker.url, "--name", "files", "--role", "connect");
    assert.equal(client.code, 0, JSON.stringify(client.report, undefined, 2));
    const refused = client.report.topics.filter(({ verdict }) => verdict === "problem");
    assert.deepEqual([...new Set(refused.map(({ profile }) => profile))], ["mcp-over-mqtt"]);
    assert.ok(refused.some(({ access, outcome }) => access === "publish" && outcome.includes("Not authorized (0x87)")));
    assert.equal(finding(client.report, "$mcp-… topics").value, "do not all pass");

    const convention = await check("--broker", broker.url, "--profile", "mcp-over-mqtt", "--name", "files");
    assert.equal(convention.code, 1);

    const server = await run("check", "--broker", broker.url, "--name", "files", "--role", "serve");
    assert.equal(server.code, 1);
    assert.match(server.output, /^PROBLEM {2}publish +mcp\/files\/presence\/mcp-check-\w+ +refused: Not authorized/m);
    assert.match(server.output, /^PROBLEM {2}subscribe +mcp\/files\/request\/# +granted, but nothing arrives/m);
    assert.match(server.output, /\nSomething will not work\.\n$/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

testOnMosquitto("check finds out how large a message may be, whatever the broker says", async () => {
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", "message_size_limit 50000"] });
  for (const [version, meaning] of [["5", /^refused: Packet too large/], ["4", /silently drops/]] as const) {
    const { code, report } = await check("--broker", broker.url, "--mqtt-version", version);
    assert.equal(code, 0);
    assert.equal(finding(report, "largest message").verdict, "note");
    assert.equal(finding(report, "largest message").value, "49,152 bytes pass, 51,200 bytes do not");
    assert.match(finding(report, "largest message").meaning, meaning);
    assert.match(finding(report, "largest message").meaning, /message_size_limit.*--max-packet 49152/);
  }
});

testOnMosquitto("check reports what the broker says of itself", async () => {
  await using broker = await mosquitto({
    configuration: ["allow_anonymous true", "max_packet_size 50000", "retain_available false", "max_qos 1"],
  });
  const { code, report } = await check("--broker", broker.url);
  assert.equal(code, 1);
  assert.equal(finding(report, "maximum packet size").value, "50,000 bytes");
  assert.equal(finding(report, "maximum packet size").verdict, "note");
  assert.equal(finding(report, "largest message").value, "48,976 bytes pass");
  assert.equal(finding(report, "maximum QoS").value, "1");
  assert.equal(finding(report, "retained messages").verdict, "problem");
});

Deno.test("check reports on a broker that closes the connection over every filter that it does not allow", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
    subscription.topic.startsWith("mcp/x/") ? done(null, subscription) : done(new Error("Not authorized"));
  const { code, report } = await check("--broker", broker.url, "--name", "x");
  assert.equal(code, 0, JSON.stringify(report, undefined, 2));
  assert.equal(finding(report, "round trip").verdict, "ok");
  assert.equal(finding(report, "connections per user").value, "several");
  assert.equal(finding(report, "$mcp-… topics").value, "do not all pass");
});

Deno.test("check says when a broker speaks only MQTT 3.1.1", async () => {
  await using broker = await oldBroker();
  const { report } = await check("--broker", broker.url);
  const version = finding(report, "protocol version");
  assert.deepEqual([version.value, version.verdict], ["MQTT 3.1.1", "note"]);
  assert.deepEqual([...new Set(report.topics.map(({ profile }) => profile))], ["request-response"]);
});

Deno.test("check finds out what gets through to a broker that closes the connection over the rest", async () => {
  await using broker = await embeddedBroker();
  await using limit = new SizeLimit(broker.port, 100_000, "close");
  const { report } = await check("--broker", limit.url);
  const { value, meaning } = finding(report, "largest message");
  assert.match(value, /^98,304 bytes pass, 102,400 bytes do not$/);
  assert.match(meaning, /closes the connection because of it/);
});

Deno.test("check tells why there is no connection", async () => {
  const nowhere = await check("--broker", "mqtt://127.0.0.1:1");
  assert.equal(nowhere.code, 1);
  assert.match(finding(nowhere.report, "connection").value, /refused/i);

  await using broker = await embeddedBroker();
  broker.aedes.authenticate = (_client, _username, _password, done) => done(null, false);
  const { code, report } = await check("--broker", broker.url);
  assert.equal(code, 1);
  assert.equal(finding(report, "connection").verdict, "problem");
  assert.match(finding(report, "connection").meaning, /check the username/);
});

testOnMosquitto("check looks at the broker's certificate", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.chmod(directory, 0o755);
  const [key, cert] = [`${directory}/key.pem`, `${directory}/cert.pem`];
  const { code } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "10"],
      ...["-subj", "/O=Test/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ],
    stderr: "null",
  }).output();
  assert.equal(code, 0);
  await Deno.chmod(key, 0o644);
  try {
    await using broker = await mosquitto({
      scheme: "mqtts",
      configuration: ["allow_anonymous true", `certfile ${cert}`, `keyfile ${key}`],
    });
    const url = broker.url.replace("127.0.0.1", "localhost");
    const trusted = await check("--broker", url, "--ca", cert);
    assert.equal(trusted.code, 0);
    const { value, verdict, meaning } = finding(trusted.report, "certificate");
    assert.match(value, /^CN=localhost, O=Test; valid until \d{4}-\d\d-\d\d \((9|10) days\)$/);
    assert.equal(verdict, "note");
    assert.match(meaning, /renewed soon/);

    const unknown = await check("--broker", url);
    assert.equal(unknown.code, 1);
    assert.match(finding(unknown.report, "certificate").meaning, /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
    assert.equal(finding(unknown.report, "connection").verdict, "problem");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

testOnMosquitto(
  "check names the broker, takes serve's will, and counts what two subscribers of one group get",
  async () => {
    await using broker = await mosquitto();
    const { report } = await check("--broker", broker.url);
    assert.match(finding(report, "broker").value, /^mosquitto version \d/);
    assert.equal(finding(report, "will of serve").value, "taken");
    const { value, verdict } = finding(report, "shared subscription of two");
    assert.match(value, /^\d and \d of 6 messages came$/);
    assert.equal(verdict, "ok");
  },
);

testOnMosquitto("check --role tools asks for what the tools need, and nothing of servers", async () => {
  await using broker = await mosquitto();
  const { topics, ok } = (await check("--role", "tools", "--broker", broker.url)).report;
  assert.deepEqual([ok, topics.map(({ role, access }) => `${role} ${access}`)], [
    true,
    ["tools subscribe", "tools publish"],
  ]);
});
