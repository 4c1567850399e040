import assert from "node:assert/strict";
import { inspect } from "node:util";
import { UsageError } from "../../src/core/usage_error.ts";
import { BROKER_SETTINGS, brokerConfig, readBrokerFiles, resolve } from "../../src/config/mod.ts";
import { generateKeyPair, privateKeyFile } from "../../src/seal/mod.ts";
import { makeCertificates } from "../support/certificates.ts";

const PASSWORD = "hunter2-söcret";

type Flags = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string>>;

async function config(flags: Flags, environment: Environment = {}) {
  const values = resolve(BROKER_SETTINGS, { flags, environment: (name) => environment[name] });
  return brokerConfig(await readBrokerFiles(values, flags), flags);
}

async function problemsOf(flags: Flags, environment: Environment = {}): Promise<string> {
  try {
    await config(flags, environment);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.problems.join("\n");
  }
  return "";
}

async function login(flags: Flags, environment: Environment = {}): Promise<[string | undefined, string | undefined]> {
  const { broker } = await config(flags, environment);
  return [broker.username, broker.password?.reveal()];
}

async function withFile(content: string, body: (file: string) => Promise<void>): Promise<void> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, content);
    await body(file);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("username and password come from the URL, and leave it", async () => {
  const encoded = `mqtts://m%C3%A9:${encodeURIComponent(PASSWORD)}@broker.example.com:8883`;
  const { broker } = await config({ broker: encoded });
  assert.equal(broker.url, "mqtts://broker.example.com:8883");
  assert.deepEqual([broker.username, broker.password?.reveal()], ["mé", PASSWORD]);
});

Deno.test("a lone % in a URL's password is a character like any other", async () => {
  assert.deepEqual(await login({ broker: "mqtt://me:100%@host" }), ["me", "100%"]);
});

Deno.test("flags win over the environment, and a setting of its own over the URL of the same origin", async () => {
  const url = "mqtt://url:url-password@host";
  const environment = { MQTT_USERNAME: "env", MQTT_PASSWORD: "env-password" };
  assert.deepEqual(await login({}, { MQTT_URL: url }), ["url", "url-password"]);
  assert.deepEqual(await login({}, { MQTT_URL: url, ...environment }), ["env", "env-password"]);
  assert.deepEqual(await login({ broker: url }, environment), ["url", "url-password"]);
  assert.deepEqual(await login({ broker: "mqtt://url@host" }, environment), ["url", "env-password"]);
  assert.deepEqual(await login({ broker: url, username: "flag", password: "flag-password" }), [
    "flag",
    "flag-password",
  ]);
  assert.deepEqual(await login({ broker: "mqtt://host" }, environment), ["env", "env-password"]);
});

Deno.test("the password file wins over the password, except over a flag", async () => {
  await withFile(`${PASSWORD}\r\nsecond line\n`, async (file) => {
    const environment = { MQTT_USERNAME: "me", MQTT_PASSWORD: "env", MQTT_PASSWORD_FILE: file };
    assert.deepEqual(await login({}, environment), ["me", PASSWORD]);
    assert.deepEqual(await login({ password: "flag" }, environment), ["me", "flag"]);
    assert.deepEqual(await login({ password: "flag", passwordFile: file }, environment), ["me", PASSWORD]);
  });
});

Deno.test("a password file that has none is a problem", async () => {
  await withFile("\nsecond line\n", async (file) => {
    assert.match(await problemsOf({ username: "me", passwordFile: file }), /--password-file has no password/);
  });
});

Deno.test("every file that cannot be read is told at once", async () => {
  const problems = await problemsOf({
    broker: "mqtts://host",
    ca: "/no/ca",
    cert: "/no/cert",
    key: "/no/key",
    passwordFile: "/no/password",
  });
  for (const flag of ["--ca", "--cert", "--key", "--password-file"]) {
    const file = `/no/${flag.replace("--", "").replace("-file", "")}`;
    assert.match(problems, new RegExp(`${flag} ${file} cannot be read: No such file or directory$`, "m"));
  }
});

/** What a variable may hold where the name of a file is expected. */
const KEYS_WITHOUT_PEM: readonly [kind: string, text: string][] = [
  ["an Ed25519 key", "MC4CAQAwBQYDK2VwBCIEIA3f/Zk2b+R8vQ0m9c/Jr1Y7wPq4sX5tLhGdNeKuTxBo"],
  ["an RSA key in lines", `MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n${"bKcwg/SjAgEA+oIB".repeat(20)}==`],
  ["hexadecimal digits", "302e020100300506032b657004220420".repeat(2)],
  ["a sealing key after white space", ` mcp1-private-${"ab-_".repeat(12)}`],
];

for (const [kind, text] of KEYS_WITHOUT_PEM) {
  Deno.test(`where the name of a file is expected, ${kind} is no file, and is not shown`, async () => {
    const problems = await problemsOf({ broker: "mqtts://host", key: text, passwordFile: text }, { MQTT_CERT: text });
    for (const flag of ["--cert", "--key"]) {
      assert.match(problems, new RegExp(`^${flag} is neither a file that can be read nor PEM text`, "m"));
    }
    assert.match(problems, /^--password-file is no file that can be read; its value is not shown/m);
    assert.doesNotMatch(problems, new RegExp(RegExp.escape(text.trim().slice(0, 20))));
  });
}

for (
  const file of [
    "/run/secrets/mqtt-client-key-of-the-gateway-2",
    "/run/secrets/550e8400-e29b-41d4-a716-446655440000/key",
    "certificates/3f9ac0d1e27b84650f1e2d3c4b5a69788796a5b4c3d2e1f0-private.pem.key",
  ]
) {
  Deno.test(`a file that is not there is named: ${file}`, async () => {
    assert.ok((await problemsOf({ broker: "mqtts://host", key: file })).includes(`--key ${file} cannot be read: `));
  });
}

const BAD_URLS: readonly [url: string, problem: RegExp][] = [
  [`http://me:${PASSWORD}@host`, /must be a URL that begins with mqtt:\/\/.*"http:\/\/…@host"/],
  [`me:${PASSWORD}@host`, /it is "…@host"/],
  [`mqtt//me:${PASSWORD}@host`, /it is "…@host"/],
  [`mqtt://me:${PASSWORD}@x@host:99999`, /has a port above 65535/],
  ["mqtt://host:65536", /^--broker has a port above 65535$/m],
  [`mqtt://me:pa/${PASSWORD}@host`, /it is "mqtt:\/\/…@host"/],
  [`mqtt://me:12/${PASSWORD}@host`, /something behind the host.*%2F/],
  [`mqtt://me:12#${PASSWORD}@host`, /something behind the host.*%23/],
  [`mqtt://me:12?${PASSWORD}@host`, /something behind the host.*%3F/],
  [`wss://me:12/${PASSWORD}@host`, /something behind the host/],
  [`wss://me:12#${PASSWORD}@host`, /something behind the host/],
  ["mqtt://", /has no host/],
  ["mqtt://host/path", /something behind the host/],
  ["unix://host/socket", /names no socket/],
  ["mqtt://a,http://b", /must be a URL.*"http:\/\/b"/],
];

for (const [url, problem] of BAD_URLS) {
  Deno.test(`--broker ${url.replace(PASSWORD, "PASSWORD")} is a problem, and shows no password`, async () => {
    const problems = await problemsOf({ broker: url });
    assert.match(problems, /^--broker /);
    assert.match(problems, problem);
    assert.ok(!problems.includes("söcret"), problems);
    assert.match(await problemsOf({}, { MQTT_URL: url }), /^--broker \(from MQTT_URL\) /);
  });
}

for (
  const url of ["mqtt://host", "mqtt://[::1]:1883", "ws://host/mqtt", "wss://host:443/mqtt?token=1", "MQTTS://host"]
) {
  Deno.test(`--broker may be ${url}`, async () => {
    const broker = url.startsWith("MQTTS") ? url.toLowerCase() : url;
    assert.equal((await config({ broker: url })).broker.url, broker.replace(":443", ""));
  });
}

const SAME: readonly [given: string, meant: string][] = [
  ["tcp://host", "mqtt://host"],
  ["SSL://host:8883", "mqtts://host:8883"],
  ["mqtt+ssl://host", "mqtts://host"],
  ["host", "mqtt://host"],
  ["host.example:1884", "mqtt://host.example:1884"],
  ["[::1]:1884", "mqtt://[::1]:1884"],
  ["unix:///run/mosquitto.sock", "unix:///run/mosquitto.sock"],
];

for (const [given, meant] of SAME) {
  Deno.test(`--broker ${given} is ${meant}`, async () => {
    assert.equal((await config({ broker: given })).broker.url, meant);
  });
}

Deno.test("several brokers come with commas or by several flags, each with its login; a password may hold a comma", async () => {
  for (const broker of ["mqtt://a:x,y@one,ssl://two:8883", ["mqtt://a:x,y@one", "ssl://two:8883"]]) {
    const { url, username, password, others } = (await config({ broker })).broker;
    assert.deepEqual([url, username, password?.reveal(), others], ["mqtt://one", "a", "x,y", [{
      url: "mqtts://two:8883",
    }]]);
  }
});

Deno.test("a password needs no username: some brokers take a token", async () => {
  const { username, password } = (await config({ password: PASSWORD })).broker;
  assert.deepEqual([username, password?.reveal()], [undefined, PASSWORD]);
});

Deno.test("headers are for websockets, ALPN for TLS, and a token in a file is read", async () => {
  assert.match(await problemsOf({ headers: ["A: b"] }), /--header is for websockets/);
  assert.match(await problemsOf({ alpn: "mqtt" }), /--alpn is for TLS/);
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "s3cret\n");
  const headers = [`Authorization: Bearer @${file}`, "X-Mail: me@example.com"];
  const { broker } = await config({ broker: "wss://host/mqtt", headers });
  assert.deepEqual(Object.entries(broker.headers ?? {}).map(([name, value]) => [name, value.reveal()]), [
    ["Authorization", "Bearer s3cret"],
    ["X-Mail", "me@example.com"],
  ]);
  await Deno.remove(file);
});

Deno.test("--password-command gives another password each time, and says why it gives none", async () => {
  const { freshPassword } = (await config({ passwordCommand: "echo token-$$" })).broker;
  const [one, two] = [(await freshPassword?.())?.reveal(), (await freshPassword?.())?.reveal()];
  assert.match(one ?? "", /^token-\d+$/);
  assert.notEqual(one, two);
  const failing = (await config({ passwordCommand: "exit 3" })).broker;
  await assert.rejects(
    async () => await failing.freshPassword?.(),
    /--password-command gives no password: .*exit code 3/,
  );
});

Deno.test("--key-command gives what the file of --key would hold, and says why it gives none", async () => {
  const key = privateKeyFile(generateKeyPair());
  await withFile(key, async (file) => {
    assert.equal((await config({ keyCommand: `cat ${file}` })).sealKey?.reveal(), key);
    assert.match(await problemsOf({ keyCommand: `cat ${file}`, key: file }), /--key and --key-command are given/);
  });
  assert.match(await problemsOf({ keyCommand: "exit 3" }), /--key-command gives no key: it ended with exit code 3/);
  assert.match(await problemsOf({ keyCommand: "true" }), /--key-command gives no key: it prints nothing/);
  const wrong = await problemsOf({ keyCommand: "echo s3cret" });
  assert.match(wrong, /--key-command prints no private key/);
  assert.ok(!wrong.includes("s3cret"));
  await using certificates = await makeCertificates();
  const { certificate, key: tlsKey } = certificates.client;
  const { broker } = await config({ broker: "mqtts://host", cert: certificate, keyCommand: `cat ${tlsKey}` });
  assert.equal(broker.tls?.key?.reveal(), await Deno.readTextFile(tlsKey));
});

Deno.test("a configuration can be printed without showing a secret", async () => {
  await using certificates = await makeCertificates();
  const { client } = certificates;
  const flags = {
    broker: "mqtts://host",
    username: "me",
    password: PASSWORD,
    cert: client.certificate,
    key: client.key,
  };
  const all = await config(flags);
  for (const printed of [JSON.stringify(all), Deno.inspect(all, { depth: 10 }), inspect(all, { depth: 10 })]) {
    assert.ok(!printed.includes(PASSWORD) && !printed.includes("PRIVATE KEY"), printed);
    assert.match(printed, /\[redacted\]/);
  }
});

Deno.test("TLS settings need an encrypted URL", async () => {
  await using certificates = await makeCertificates();
  for (const flags of [{ ca: certificates.authority.certificate }, { tlsServername: "x" }, { insecureTls: true }]) {
    assert.match(await problemsOf({ broker: "mqtt://host", ...flags }), /not encrypted: use mqtts:\/\/ or wss:\/\//);
    assert.equal(await problemsOf({ broker: "wss://host", ...flags }), "");
  }
});

Deno.test("certificates and keys may be files or the PEM text itself", async () => {
  await using certificates = await makeCertificates();
  const { authority, client } = certificates;
  const byFile = await config({
    broker: "mqtts://host",
    ca: authority.certificate,
    cert: client.certificate,
    key: client.key,
  });
  const byText = await config({ broker: "mqtts://host" }, {
    MQTT_CA: `Some description\n${authority.certificateText}`,
    MQTT_CERT: client.certificateText,
    MQTT_KEY: client.keyText,
  });
  assert.equal(byFile.broker.tls?.ca, authority.certificateText);
  assert.equal(byText.broker.tls?.key?.reveal(), byFile.broker.tls?.key?.reveal());
});

Deno.test("what is wrong with certificates and keys is told before any broker is asked", async () => {
  await using certificates = await makeCertificates();
  const { authority, client, stranger } = certificates;
  const broken = "-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n";
  const encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nxxxx\n-----END ENCRYPTED PRIVATE KEY-----\n";
  const cert = client.certificate;
  const cases: readonly [flags: Flags, problem: RegExp][] = [
    [{ cert }, /--cert and --key are the two halves/],
    [{ key: client.key }, /--cert and --key are the two halves/],
    [{ cert, key: stranger.key }, /--key does not belong to the certificate in --cert/],
    [{ cert, key: encrypted }, /--key is protected by a passphrase/],
    [{ cert, key: broken }, /--key holds no private key/],
    [{ cert: broken, key: client.key }, /--cert holds no certificate/],
    [{ ca: broken }, /--ca holds no certificate/],
    [{ ca: client.key }, /--ca holds no certificate/],
  ];
  for (const [flags, problem] of cases) {
    const problems = await problemsOf({ broker: "mqtts://host", ...flags });
    assert.match(problems, problem);
    assert.ok(!problems.includes("PRIVATE KEY"));
  }
  assert.equal(
    await problemsOf({ broker: "mqtts://host", cert, key: client.key, ca: broken + authority.certificateText }),
    "",
  );
  await withFile("no pem", async (file) => {
    assert.match(await problemsOf({ broker: "mqtts://host", ca: file }), /--ca is not PEM/);
  });
});

Deno.test("what others can see or read is warned of, and what they cannot is not", async () => {
  assert.deepEqual((await config({ username: "me" }, { MQTT_PASSWORD: "x" })).warnings, []);
  assert.deepEqual((await config({}, { MQTT_URL: "mqtt://me:x@host" })).warnings, []);
  assert.match(
    (await config({ username: "me", password: "x" })).warnings.join(),
    /--password can be seen by every user/,
  );
  assert.match((await config({ broker: "mqtt://me:x@host" })).warnings.join(), /password in --broker can be seen/);
  const insecure = (await config({ broker: "mqtts://host", insecureTls: true })).warnings;
  assert.match(insecure.join(), /NOT CHECKED/);
});

Deno.test("a password that the host has not filled in is warned of, and one that only looks a little like it is not", async () => {
  for (const placeholder of ["${MQTT_PASSWORD}", "${env:MQTT_PASSWORD}", "${input:mqtt-password}", "${}"]) {
    const { warnings } = await config({ username: "me" }, { MQTT_PASSWORD: placeholder });
    assert.match(warnings.join(), /the form \$\{\.\.\.\}: the host has not filled it in/, placeholder);
  }
  for (const password of ["a${b}", "$b", "${b", "{b}"]) {
    assert.deepEqual((await config({ username: "me" }, { MQTT_PASSWORD: password })).warnings, [], password);
  }
});

Deno.test("profile, packet limit, version and QoS arrive as they are meant", async () => {
  const plain = await config({});
  assert.deepEqual([plain.qos, plain.protocolVersion, plain.clientId], ["auto", undefined, undefined]);
  const all = await config({ brokerPreset: "aws", maxPacket: "100K", mqttVersion: "4", qos: "0", clientId: "me" });
  assert.deepEqual([all.preset.maximumQoS, all.preset.maximumPacketSize], [1, 102_400]);
  assert.deepEqual([all.qos, all.protocolVersion, all.clientId], [0, 4, "me"]);
  assert.equal((await config({ mqttVersion: "5" })).protocolVersion, 5);
});

Deno.test({
  name: "a password file that everybody can read is warned of",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const passwordFile = await Deno.makeTempFile();
    await Deno.writeTextFile(passwordFile, "secret\n");
    for (const [mode, count] of [[0o600, 0], [0o640, 0], [0o644, 1]] as const) {
      await Deno.chmod(passwordFile, mode);
      const flags = { username: "me", passwordFile };
      const values = resolve(BROKER_SETTINGS, { flags, environment: () => undefined });
      const { warnings } = brokerConfig(await readBrokerFiles(values, flags), flags);
      const found = warnings.filter((warning) => /--password-file can be read by others .* chmod 600 /.test(warning));
      assert.equal(found.length, count);
    }
    await Deno.remove(passwordFile);
  },
});
