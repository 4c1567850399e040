import assert from "node:assert/strict";
import {
  CONNECTION_SETTINGS,
  CREDENTIAL_KEYS,
  CredentialError,
  CREDENTIALS_SCHEMA,
  environmentCredentials,
  readBrokerLogin,
  resolve,
} from "../../src/config/mod.ts";
import { Secret } from "../../src/core/secret.ts";
import { generateKeyPair, privateKeyFile } from "../../src/seal/mod.ts";
import { makeCertificates } from "../support/certificates.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n";

function login(values: Record<string, string>, flags: Record<string, unknown> = {}) {
  const connection = resolve(CONNECTION_SETTINGS, { flags, environment: () => undefined });
  return readBrokerLogin(new Map(Object.entries(values).map(([key, text]) => [key, new Secret(text)])), connection);
}

const URLS: [credentials: Record<string, string>, url: string][] = [
  [{ MQTT_BROKER: "mqtt.local" }, "mqtt://mqtt.local:1883"],
  [{ MQTT_BROKER: "mqtt.local", MQTT_TLS: "true" }, "mqtts://mqtt.local:8883"],
  [{ MQTT_BROKER: "mqtt.local", MQTT_TLS: "1" }, "mqtts://mqtt.local:8883"],
  [{ MQTT_BROKER: "mqtt.local", MQTT_TLS: "Yes" }, "mqtts://mqtt.local:8883"],
  [{ MQTT_BROKER: "mqtt.local", MQTT_TLS: "0" }, "mqtt://mqtt.local:1883"],
  [{ MQTT_BROKER: "mqtt.local", MQTT_TLS: "False" }, "mqtt://mqtt.local:1883"],
  [{ MQTT_BROKER: "mqtt.local", MQTT_PORT: "2000" }, "mqtt://mqtt.local:2000"],
  [{ MQTT_BROKER: "mqtt.local:2000", MQTT_TLS: "true" }, "mqtts://mqtt.local:2000"],
  [{ MQTT_BROKER: "10.0.0.7" }, "mqtt://10.0.0.7:1883"],
  [{ MQTT_BROKER: "::1" }, "mqtt://[::1]:1883"],
  [{ MQTT_BROKER: "[::1]:2000" }, "mqtt://[::1]:2000"],
  [{ MQTT_BROKER: "mqtts://mqtt.local" }, "mqtts://mqtt.local:8883"],
  [{ MQTT_BROKER: "mqtts://mqtt.local", MQTT_TLS: "true", MQTT_PORT: "1" }, "mqtts://mqtt.local:1"],
  [{ MQTT_BROKER: "wss://mqtt.local/mqtt" }, "wss://mqtt.local/mqtt"],
];

Deno.test("the broker is a host, with a port and TLS as the credentials say, or a URL", () => {
  for (const [credentials, url] of URLS) assert.equal(login(credentials).broker.broker.url, url);
});

Deno.test("the login consists of user, password, client id and certificates", async () => {
  await using certificates = await makeCertificates();
  const { certificateText, keyText } = certificates.client;
  const { broker } = login({
    MQTT_BROKER: "mqtt.local",
    MQTT_USER: "me",
    MQTT_PASS: "secret",
    MQTT_CLIENT_ID: "agent-1",
    MQTT_TLS: "true",
    MQTT_CA: certificates.authority.certificateText,
    MQTT_CERT: certificateText,
    MQTT_KEY: keyText,
  });
  assert.equal(broker.clientId, "agent-1");
  assert.equal(broker.broker.username, "me");
  assert.equal(broker.broker.password?.reveal(), "secret");
  assert.equal(broker.broker.tls?.ca, certificates.authority.certificateText);
  assert.equal(broker.broker.tls?.cert, certificateText);
  assert.equal(broker.broker.tls?.key?.reveal(), keyText);
});

Deno.test("PEM text may have \\n where a line ends, as JSON and forms make of it", async () => {
  await using certificates = await makeCertificates();
  const { certificateText, keyText } = certificates.client;
  const flat = (text: string, end: string) => text.replaceAll("\n", end);
  for (const end of ["\\n", "\\r\\n"]) {
    const { broker: { broker: { tls } } } = login({
      MQTT_BROKER: "h",
      MQTT_TLS: "1",
      MQTT_CA: flat(certificates.authority.certificateText, end),
      MQTT_CERT: flat(certificateText, end),
      MQTT_KEY: flat(keyText, end),
    });
    assert.equal(tls?.ca, certificates.authority.certificateText);
    assert.equal(tls?.cert, certificateText);
    assert.equal(tls?.key?.reveal(), keyText);
  }
});

Deno.test("an empty value counts as not given", () => {
  const { broker, logLevel } = login({ MQTT_BROKER: "h", MQTT_PORT: "", MQTT_USER: "", MQTT_TLS: "", LOG_LEVEL: "" });
  assert.equal(broker.broker.url, "mqtt://h:1883");
  assert.equal(broker.broker.username, undefined);
  assert.equal(logLevel, undefined);
  assert.throws(() => login({ MQTT_BROKER: "" }), { message: "MQTT_BROKER is required" });
});

const PROBLEMS: [credentials: Record<string, string>, message: RegExp][] = [
  [{ MQTT_BROKER: "h", MQTT_TLS: "true", MQTT_CA: PEM }, /^MQTT_CA holds no certificate that can be read$/],
  [{}, /^MQTT_BROKER is required$/],
  [{ MQTT_HOST: "secret" }, /^MQTT_BROKER is required; MQTT_HOST means nothing here$/],
  [
    { MQTT_BROKER: "h", MQTT_PASS: "secret", MQTT_USERNAME: "secret" },
    /^MQTT_USER is required with MQTT_PASS; MQTT_USERNAME means nothing here$/,
  ],
  [{ MQTT_BROKER: "secret value" }, /^MQTT_BROKER must be a host name/],
  [{ MQTT_BROKER: "http://secret" }, /^MQTT_BROKER must be/],
  [{ MQTT_BROKER: "me:secret@host" }, /^MQTT_BROKER must be/],
  [{ MQTT_BROKER: "h", MQTT_PORT: "secret" }, /^MQTT_PORT must be a whole number from 1 to 65535$/],
  [{ MQTT_BROKER: "h", MQTT_PORT: "65536" }, /^MQTT_PORT must be/],
  [{ MQTT_BROKER: "h:1", MQTT_PORT: "2" }, /^MQTT_PORT contradicts the port in MQTT_BROKER$/],
  [{ MQTT_BROKER: "h", MQTT_TLS: "secret" }, /^MQTT_TLS must be true or false$/],
  [{ MQTT_BROKER: "mqtt://h", MQTT_TLS: "true" }, /^MQTT_TLS contradicts/],
  [{ MQTT_BROKER: "h", MQTT_PASS: "secret" }, /^MQTT_USER is required with MQTT_PASS$/],
  [{ MQTT_BROKER: "h", MQTT_CLIENT_ID: "secret/#" }, /^MQTT_CLIENT_ID must not contain/],
  [{ MQTT_BROKER: "h", MQTT_TLS: "true", MQTT_CA: "secret" }, /^MQTT_CA must be PEM text/],
  [{ MQTT_BROKER: "h", MQTT_CA: PEM }, /^MQTT_CA is for TLS: set MQTT_TLS to true$/],
  [{ MQTT_BROKER: "h", MQTT_TLS: "true", MQTT_CERT: PEM }, /^MQTT_KEY is required with MQTT_CERT$/],
  [{ MQTT_BROKER: "h", MQTT_TLS: "true", MQTT_KEY: PEM }, /^MQTT_CERT is required with MQTT_KEY$/],
  [{ MQTT_BROKER: "h", LOG_LEVEL: "secret" }, /^LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR$/],
];

Deno.test("what cannot work is refused with the key's name and never its value", () => {
  for (const [credentials, message] of PROBLEMS) {
    assert.throws(() => login(credentials), (error: Error) => {
      assert.ok(error instanceof CredentialError, `${JSON.stringify(credentials)}: ${error}`);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret|AAAA/);
      return true;
    });
  }
});

Deno.test("options for TLS want TLS", () => {
  assert.throws(() => login({ MQTT_BROKER: "h" }, { insecureTls: true }), /^CredentialError: MQTT_TLS must be true/);
  assert.equal(login({ MQTT_BROKER: "h", MQTT_TLS: "true" }, { insecureTls: true }).broker.broker.tls?.insecure, true);
});

Deno.test("keys that mean nothing here are named, and have no effect", () => {
  assert.deepEqual(login({ MQTT_BROKER: "h", API_KEY: "x", mqtt_port: "1" }).unknownKeys, ["API_KEY", "mqtt_port"]);
});

Deno.test("keys under the names of others are named with the key that is meant, unless that is given", () => {
  const names: Record<string, string> = {
    MQTT_USERNAME: "MQTT_USER",
    MQTT_PASSWORD: "MQTT_PASS",
    "mqtt-client-id": "MQTT_CLIENT_ID",
    mqtt_port: "MQTT_PORT",
    PASSWORD: "MQTT_PASS",
    MQTT_CA_FILE: "MQTT_CA",
    MQTT_USE_TLS: "MQTT_TLS",
  };
  for (const [given, meant] of Object.entries(names)) {
    assert.deepEqual(login({ MQTT_BROKER: "h", [given]: "x" }).misnamedKeys, [[given, meant]]);
  }
  assert.deepEqual(login({ MQTT_BROKER: "h", MQTT_HOST: "h", API_KEY: "x", TOPIC: "x" }).misnamedKeys, []);
});

Deno.test("the log level is one of four words", () => {
  assert.equal(login({ MQTT_BROKER: "h", LOG_LEVEL: "DEBUG" }).logLevel, "debug");
  assert.equal(login({ MQTT_BROKER: "h", LOG_LEVEL: "warning" }).logLevel, "warning");
});

Deno.test("what is said about the connection is free of credentials, also of those inside a URL", () => {
  const { redact } = login({
    MQTT_BROKER: "mqtts://me:secret@mqtt.local:1",
    MQTT_CLIENT_ID: "agent-1",
    MQTT_PORT: "1",
  });
  assert.equal(
    redact("me at mqtt.local:1 as agent-1: secret"),
    "[MQTT_USER] at [MQTT_BROKER]:1 as [MQTT_CLIENT_ID]: [MQTT_PASS]",
  );
});

Deno.test("the environment may hold the same keys", () => {
  const variables: Record<string, string> = { MQTT_BROKER: "h", MQTT_USER: "", MQTT_PASS: "x", HOME: "/root" };
  assert.deepEqual([...environmentCredentials((name) => variables[name]).keys()], ["MQTT_BROKER", "MQTT_PASS"]);
  variables.MQTT_USERNAME = "me";
  variables.MQTT_PASSWORD = "not needed: MQTT_PASS is there";
  assert.deepEqual([...environmentCredentials((name) => variables[name]).keys()], [
    "MQTT_BROKER",
    "MQTT_PASS",
    "MQTT_USERNAME",
  ]);
});

Deno.test("the schema names every key", () => {
  const keys = [...Object.keys(CREDENTIALS_SCHEMA.required), ...Object.keys(CREDENTIALS_SCHEMA.optional)];
  assert.deepEqual(keys, CREDENTIAL_KEYS);
  assert.deepEqual(Object.keys(CREDENTIALS_SCHEMA.required), ["MQTT_BROKER"]);
});

Deno.test("the key that seals sessions is a credential, beside that of a client certificate", async () => {
  await using certificates = await makeCertificates();
  const { certificateText, keyText } = certificates.client;
  const sealKey = privateKeyFile(generateKeyPair());
  const tls = { MQTT_BROKER: "b", MQTT_TLS: "true", MQTT_CERT: certificateText, MQTT_KEY: keyText };
  const { broker, redact } = login({ ...tls, MQTT_SEAL_KEY: sealKey.replaceAll("\n", "\\n") });
  assert.deepEqual([broker.sealKey?.reveal(), broker.broker.tls?.key?.reveal()], [sealKey, keyText]);
  const [, body = ""] = /^mcp1-private-(\S+)/m.exec(sealKey) ?? [];
  for (const said of [sealKey, `no such key: mcp1-private-${body}`, body, JSON.stringify(sealKey)]) {
    assert.ok(!redact(said).includes(body), redact(said));
  }
  assert.ok(!Deno.inspect(broker, { depth: 10 }).includes(body));
  assert.throws(() => login({ MQTT_BROKER: "b", MQTT_SEAL_KEY: keyText }), /^CredentialError: MQTT_SEAL_KEY must be/);
});
