import assert from "node:assert/strict";
import { Secret } from "../../../src/core/secret.ts";
import type { TlsSettings } from "../../../src/mqtt/mod.ts";
import { testOnMosquitto } from "../../support/brokers.ts";
import { type Certificates, makeCertificates } from "../../support/certificates.ts";
import { embeddedBroker, type TestBroker } from "../../support/embedded_broker.ts";
import { mosquitto } from "../../support/mosquitto.ts";
import { Link } from "../../support/test_link.ts";
import { eventually } from "../../support/wait.ts";

interface TlsOptions {
  /** Whether clients have to show a certificate. */
  readonly mutual?: boolean;
  readonly scheme?: "mqtts" | "wss";
}

type Start = (certificates: Certificates, options?: TlsOptions) => Promise<TestBroker>;

const embedded: Start = ({ server, authority }, { mutual = false } = {}) =>
  embeddedBroker({
    tls: {
      cert: server.certificateText,
      key: server.keyText,
      ca: authority.certificateText,
      requestCert: mutual,
      rejectUnauthorized: mutual,
    },
  });

const real: Start = ({ server, authority }, { mutual = false, scheme = "mqtts" } = {}) =>
  mosquitto({
    scheme,
    configuration: [
      "allow_anonymous true",
      `cafile ${authority.certificate}`,
      `certfile ${server.certificate}`,
      `keyfile ${server.key}`,
      ...(mutual ? ["require_certificate true"] : []),
    ],
  });

const KINDS: readonly [start: Start, declare: (name: string, body: () => Promise<void>) => void][] = [
  [embedded, (name, body) => Deno.test(`${name} [embedded]`, body)],
  [real, testOnMosquitto],
];

/** Sends a message to itself through the broker. */
async function works(url: string, tls: TlsSettings): Promise<void> {
  await using link = new Link(url, { tls });
  void link.hear("a");
  await link.online();
  await link.say("a");
  await eventually("the message is there", () => link.topics.includes("a"));
}

/** What a link with these settings says while it cannot connect. */
async function complaint(url: string, tls: TlsSettings): Promise<string> {
  await using link = new Link(url, { tls });
  return (await link.failing()).message;
}

for (const [start, declare] of KINDS) {
  declare("TLS with a private authority works, and without it the certificate is not trusted", async () => {
    await using certificates = await makeCertificates();
    await using broker = await start(certificates);
    const { authority, stranger } = certificates;
    await works(broker.url, { ca: authority.certificateText });
    for (const tls of [{}, { ca: stranger.certificateText }]) {
      assert.match(await complaint(broker.url, tls), /certificate.*; if an authority .* name its certificate by --ca$/);
    }
  });

  declare("TLS expects the name that it is told, and the host of the URL otherwise", async () => {
    await using certificates = await makeCertificates();
    await using broker = await start(certificates);
    const ca = certificates.authority.certificateText;
    await works(broker.url.replace("127.0.0.1", "localhost"), { ca });
    await works(broker.url, { ca, servername: "broker.test" });
    assert.match(await complaint(broker.url, { ca, servername: "other.test" }), /altnames.*--tls-servername$/);
  });

  declare("insecure TLS accepts any certificate", async () => {
    await using certificates = await makeCertificates();
    await using broker = await start(certificates);
    await works(broker.url, { insecure: true });
    await works(broker.url, { insecure: true, servername: "other.test" });
  });

  declare("mutual TLS takes a client certificate of the right authority, and no other", async () => {
    await using certificates = await makeCertificates();
    await using broker = await start(certificates, { mutual: true });
    const { authority, client, stranger } = certificates;
    const ca = authority.certificateText;
    await works(broker.url, { ca, cert: client.certificateText, key: new Secret(client.keyText) });
    assert.match(await complaint(broker.url, { ca }), /wants a client certificate: --cert and --key$/);
    const wrong = { ca, cert: stranger.certificateText, key: new Secret(stranger.keyText) };
    const text = await complaint(broker.url, wrong);
    assert.match(
      text,
      broker.kind === "mosquitto" ? /does not accept the certificate in --cert$/ : /cannot be reached/,
    );
    assert.ok(!text.includes("PRIVATE KEY"));
  });
}

testOnMosquitto("a broker without TLS, and one with it, are told from each other by an error", async () => {
  await using certificates = await makeCertificates();
  await using plain = await mosquitto();
  assert.match(await complaint(plain.url.replace("mqtt:", "mqtts:"), {}), /cannot be reached: /);
  await using encrypted = await real(certificates);
  assert.match(await complaint(encrypted.url.replace("mqtts:", "mqtt:"), {}), /cannot be reached: /);
});

testOnMosquitto("websockets work, with TLS and without", async () => {
  await using plain = await mosquitto({ scheme: "ws" });
  await works(plain.url, {});
  await works(`${plain.url}/mqtt?some=thing`, {});
  await using certificates = await makeCertificates();
  await using encrypted = await real(certificates, { scheme: "wss" });
  const ca = certificates.authority.certificateText;
  await works(encrypted.url, { ca });
  await works(encrypted.url, { insecure: true });
  await works(encrypted.url, { ca, servername: "broker.test" });
  assert.match(await complaint(encrypted.url, {}), /name its certificate by --ca$/);
  assert.match(await complaint(encrypted.url, { ca, servername: "other.test" }), /--tls-servername$/);
});

testOnMosquitto("mutual TLS works over websockets", async () => {
  await using certificates = await makeCertificates();
  await using broker = await real(certificates, { scheme: "wss", mutual: true });
  const { authority, client } = certificates;
  const ca = authority.certificateText;
  await works(broker.url, { ca, cert: client.certificateText, key: new Secret(client.keyText) });
  assert.match(await complaint(broker.url, { ca }), /wants a client certificate/);
});
