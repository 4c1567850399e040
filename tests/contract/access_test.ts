/**
 * Brokers that know who comes: passwords, certificates, access control, websockets, and the tools of others.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ask, bridge, ECHO, initialize } from "../support/bridge.ts";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { type Certificates, makeCertificates } from "../support/certificates.ts";
import { oldBroker, type TestBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { startProxy, startServe } from "../support/proxy.ts";
import { eventually } from "../support/wait.ts";

const BASE = "mcp/echo";

/** A mosquitto that knows two users, and lets each client only where its own id stands. */
async function guardedBroker(directory: string): Promise<TestBroker> {
  const passwords = `${directory}/passwords`;
  for (const [index, user] of ["server", "client"].entries()) {
    const args = ["-b", ...(index === 0 ? ["-c"] : []), passwords, user, `${user}-password`];
    const { success } = await new Deno.Command("mosquitto_passwd", { args, stdout: "null", stderr: "null" }).output();
    assert.ok(success);
  }
  const rules = [
    "user server",
    `topic readwrite ${BASE}/#`,
    "",
    `pattern write ${BASE}/request/%c`,
    `pattern write ${BASE}/instance/+/%c`,
    `pattern write ${BASE}/closed/%c`,
    `pattern read ${BASE}/response/%c`,
    `pattern read ${BASE}/presence/+`,
  ];
  await Deno.writeTextFile(`${directory}/acl`, `${rules.join("\n")}\n`);
  return await mosquitto({
    configuration: ["allow_anonymous false", `password_file ${passwords}`, `acl_file ${directory}/acl`],
  });
}

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

testOnMosquitto(
  "with access control by client id, everything works for those who may, and nothing for others",
  () =>
    inDirectory(async (directory) => {
      await using broker = await guardedBroker(directory);
      const file = `${directory}/password`;
      await Deno.writeTextFile(file, "server-password\n");
      const address = ["--broker", broker.url, "--name", "echo"];
      await using _serve = await startServe([
        ...address,
        "--username",
        "server",
        "--password-file",
        file,
        "--",
        ...ECHO,
      ]);
      await using host = startProxy(["connect", ...address, "--client-id", "victim"], {
        env: { MQTT_USERNAME: "client", MQTT_PASSWORD: "client-password" },
      });
      await initialize(host);
      assert.match((await ask(host, 1, "x")).result.echo, /x/);

      const login = { username: "client", password: "client-password", clientId: "thief" };
      await using thief = await TestClient.connect(broker.url, login);
      await thief.subscribe(`${BASE}/#`, "#", `${BASE}/response/victim`, `${BASE}/request/victim`);
      const properties = { responseTopic: `${BASE}/response/thief` };
      const request = '{"jsonrpc":"2.0","id":"stolen","method":"environment"}';
      for (const topic of ["request/victim", "closed/victim", "response/victim", "presence/thief"]) {
        await thief.publish(`${BASE}/${topic}`, request, { qos: 1, properties }).catch(() => {});
      }
      assert.match((await ask(host, 2, "x")).result.echo, /x/);
      assert.ok(!host.output.seen.some((line) => line.includes("stolen")));
      // It may speak for itself, and hears nothing but its own answers and who is there.
      await thief.publish(`${BASE}/request/thief`, '{"jsonrpc":"2.0","id":"own","method":"ping"}', {
        qos: 1,
        properties,
      });
      await thief.arrival("its own answer is there", ({ text }) => text.includes('"own"'));
      const heard = new Set(thief.arrivals.map(({ topic }) => topic.replace(/mcp-serve-\w+$/, "*")));
      assert.deepEqual([...heard].toSorted(), [`${BASE}/presence/*`, `${BASE}/response/thief`]);
    }),
);

testOnMosquitto(
  "a password that is wrong: serve exits 77, connect answers with the sentence, and nobody shows it",
  () =>
    inDirectory(async (directory) => {
      await using broker = await guardedBroker(directory);
      const address = ["--broker", broker.url.replace("//", "//client:wrong-password@"), "--name", "echo"];
      await using serve = startProxy(["serve", ...address, "--", ...ECHO]);
      assert.equal((await serve.status).code, 77);
      await serve.errors.find((line) =>
        /error: The broker .* refused the login: .*--username, --password-file/.test(line)
      );
      await using host = startProxy(["connect", ...address]);
      const { error } = await ask(host, 1, "x");
      assert.equal(error.data.reason, "login-refused");
      assert.match(error.message, /check the username, the password/);
      for (const { errors, output } of [serve, host]) {
        assert.ok(![...errors.seen, ...output.seen].join().includes("wrong-"));
      }
    }),
);

testOnMosquitto("a broker without QoS 1, and one that keeps no retained messages, carry a conversation", async () => {
  await using poor = await mosquitto({ configuration: ["allow_anonymous true", "max_qos 0"] });
  await using ends = await bridge(poor);
  await initialize(ends.host);

  await using forgetful = await mosquitto({ configuration: ["allow_anonymous true", "retain_available false"] });
  await using blind = await bridge(forgetful, { connect: ["--no-discovery"] });
  await initialize(blind.host);
  await blind.serve.errors.find((line) => line.includes("does not keep retained messages"));
});

/** A mosquitto with TLS, on plain sockets or on websockets. */
function encryptedBroker({ authority, server }: Certificates, scheme: "mqtts" | "wss", mutual: boolean) {
  return mosquitto({
    scheme,
    configuration: [
      ...(mutual ? ["require_certificate true", "use_identity_as_username true"] : []),
      "allow_anonymous true",
      `cafile ${authority.certificate}`,
      `certfile ${server.certificate}`,
      `keyfile ${server.key}`,
    ],
  });
}

for (const scheme of ["mqtts", "wss"] as const) {
  testOnMosquitto(`both ends speak ${scheme}, by flags and by the environment`, async () => {
    await using certificates = await makeCertificates();
    const { authority, client } = certificates;
    await using broker = await encryptedBroker(certificates, scheme, true);
    const flags = ["--ca", authority.certificate, "--cert", client.certificate, "--key", client.key];
    await using ends = await bridge(broker, {
      serve: flags,
      connectProcess: {
        env: { MQTT_CA: authority.certificateText, MQTT_CERT: client.certificate, MQTT_KEY: client.keyText },
      },
    });
    await initialize(ends.host);
    assert.match((await ask(ends.host, 1, "x")).result.echo, /x/);
  });

  testOnMosquitto(
    `an unknown authority is refused with a sentence, and accepted with a warning, over ${scheme}`,
    async () => {
      await using certificates = await makeCertificates();
      await using broker = await encryptedBroker(certificates, scheme, false);
      const address = ["--broker", broker.url, "--name", "echo"];
      await using host = startProxy(["connect", ...address, "--connect-timeout", "2"]);
      const { error } = await ask(host, 1, "x");
      assert.equal(error.data.reason, "broker-unreachable");
      assert.match(error.message, /certificate.*name its certificate by --ca$/);

      await using serve = await startServe([...address, "--insecure-tls", "--", ...ECHO]);
      assert.match(serve.errors.seen[0] ?? "", /warning: --insecure-tls: the broker's certificate is NOT CHECKED/);
      const servername = ["--ca", certificates.authority.certificate, "--tls-servername", "broker.test"];
      await using named = startProxy(["connect", ...address, ...servername]);
      await initialize(named);
      await using wrong = startProxy([
        "connect",
        ...address,
        ...servername.slice(0, 3),
        "other.test",
        "--connect-timeout",
        "2",
      ]);
      assert.match((await ask(wrong, 1, "x")).error.message, /--tls-servername$/);
    },
  );
}

testOnMosquitto("both ends speak over websockets without TLS", async () => {
  await using broker = await mosquitto({ scheme: "ws" });
  await using ends = await bridge(broker);
  await initialize(ends.host);
});

testOnBrokers("--mqtt-version 4 and --qos 0, 1 and 2 carry a conversation", async (broker) => {
  const version = ["--mqtt-version", "4"];
  await using old = await bridge(broker, { serve: version, connect: version });
  await initialize(old.host);
  assert.match((await ask(old.host, 1, "x")).result.echo, /x/);
  for (const qos of ["0", "1", "2"]) {
    await using ends = await bridge(broker, { serve: ["--qos", qos], connect: ["--qos", qos], name: `qos-${qos}` });
    await initialize(ends.host);
    assert.match((await ask(ends.host, 1, "x")).result.echo, /x/);
  }
});

Deno.test("a broker that knows MQTT 3.1.1 only carries a conversation, and the log says what is missing", async () => {
  await using broker = await oldBroker();
  await using ends = await bridge(broker, { connect: ["--log-level", "info"] });
  await initialize(ends.host);
  assert.match((await ask(ends.host, 1, "x")).result.echo, /x/);
  for (const { errors } of [ends.serve, ends.host]) {
    await errors.find((line) => line.includes("does not speak MQTT 5"));
    await errors.find((line) => line.includes("(MQTT 3.1.1)"));
  }
});

/** What the tool prints. */
async function mosquittoRr(broker: TestBroker, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("mosquitto_rr", {
    args: ["-h", "127.0.0.1", "-p", String(broker.port), "-V", "mqttv5", "-W", "10", ...args],
  }).output();
  return new TextDecoder().decode(stdout).trimEnd() || new TextDecoder().decode(stderr);
}

testOnMosquitto("mosquitto_rr gets its answer, on the bare topic and on a topic with its client id", async () => {
  await using broker = await mosquitto();
  await using serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
  const request = '{"jsonrpc":"2.0","id":7,"method":"ping"}';
  const answer = '{"jsonrpc":"2.0","id":7,"result":{}}';
  assert.equal(
    await mosquittoRr(broker, "-t", `${BASE}/request`, "-e", `${BASE}/response/shell`, "-m", request),
    answer,
  );
  assert.equal(
    await mosquittoRr(broker, "-i", "me", "-t", `${BASE}/request/me`, "-e", `${BASE}/response/me`, "-m", request),
    answer,
  );
  const broken = await mosquittoRr(broker, "-t", `${BASE}/request`, "-e", `${BASE}/response/shell2`, "-m", "not JSON");
  assert.equal(JSON.parse(broken).error.code, -32700);
  await eventually(
    "two sessions were opened",
    () => serve.errors.seen.filter((line) => line.endsWith("opened")).length === 2,
  );
});

testOnBrokers("a requester of MQTT 5 gets the Correlation Data of its request back, whatever it is", async (broker) => {
  await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
  const responseTopic = `${BASE}/response/plain`;
  await using client = await TestClient.connect(broker.url, {}, responseTopic);
  const data = [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(0xff, 0x00, 0x80), new Uint8Array(1_000).fill(7)];
  for (const [id, correlationData] of data.entries()) {
    await client.publish(`${BASE}/request`, JSON.stringify({ jsonrpc: "2.0", id, method: "ping" }), {
      qos: 1,
      properties: { responseTopic, correlationData: Buffer.from(correlationData) },
    });
  }
  for (const [id, correlationData] of data.entries()) {
    const answer = await client.arrival(
      `answer ${id} is there`,
      ({ text }) => text.startsWith(`{"jsonrpc":"2.0","id":${id},`),
    );
    assert.deepEqual(new Uint8Array(answer.properties.correlationData ?? []), correlationData);
    assert.equal(answer.properties.contentType, "application/json");
  }
});
