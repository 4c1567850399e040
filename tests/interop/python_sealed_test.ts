/**
 * Sealed sessions with a client that was written by the document of the wire alone, on the Noise library of others. The
 * tests are ignored unless `SEALED_PYTHON` names a Python (3.9 or later) that has it:
 *
 * ```sh
 * python3 -m venv noise && noise/bin/pip install noiseprotocol paho-mqtt
 * SEALED_PYTHON=$PWD/noise/bin/python deno test -A tests/interop/python_sealed_test.ts
 * ```
 *
 * They pass with noiseprotocol 0.3.1, cryptography 50.0.2 and Paho 2.2.0.
 *
 * @module
 */
import assert from "node:assert/strict";
import { generateKeyPair, privateKeyFile } from "../../src/seal/mod.ts";
import { testOnBrokers as declare } from "../support/brokers.ts";
import type { TestBroker } from "../support/embedded_broker.ts";
import { keyFiles } from "../support/keys.ts";
import { fixture, Process, startServe } from "../support/proxy.ts";

const PYTHON = Deno.env.get("SEALED_PYTHON") ?? "";
const CLIENT = new URL("python_sealed_client.py", import.meta.url).pathname;

function testOnBrokers(name: string, body: (broker: TestBroker) => Promise<void>): void {
  if (PYTHON === "") Deno.test({ name: `${name} [needs SEALED_PYTHON]`, ignore: true, fn: () => {} });
  else declare(name, body);
}

testOnBrokers(
  "a client by the document opens a sealed session, and a stranger is refused inside the seal",
  async (broker) => {
    await using keys = await keyFiles();
    const args = ["--broker", broker.url, "--name", "demo", ...keys.serve];
    await using serve = await startServe([...args, "--", ...fixture("tools_server.ts")]);
    const start = (key: string) =>
      new Process([PYTHON, CLIENT, "127.0.0.1", String(broker.port), "demo", key, keys.serverKey]);
    await using client = start(keys.connect[1] ?? "");
    const said = await client.output.find((line) => JSON.parse(line).what === "called", 30_000);
    assert.deepEqual(JSON.parse(said).result.structuredContent, { sum: 3 });
    await serve.errors.find((line) => line.includes("ended: the client has left"));
    await using stranger = start(await keys.file("other.key", privateKeyFile(generateKeyPair())));
    assert.equal(JSON.parse(await stranger.output.next()).refused, "not-authorized");
  },
);
