/**
 * What the documents say of the library, and what the library says of itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { codeBlocksOf, DOCUMENTS } from "./support/documentation.ts";
import { embeddedBroker } from "./support/embedded_broker.ts";

const CONFIGURATION = fileURLToPath(new URL("../deno.json", import.meta.url));
const LIBRARY = new URL("../mod.ts", import.meta.url).href;

Deno.test("the one program in the documents works", async () => {
  const programs = DOCUMENTS.flatMap((document) => codeBlocksOf(document, "ts"));
  assert.equal(programs.length, 1);
  await using broker = await embeddedBroker();
  const [program = ""] = programs;
  const directory = await Deno.makeTempDir();
  const file = `${directory}/program.ts`;
  const local = program.replace("jsr:@x/mcp-mqtt-proxy", LIBRARY).replace("mqtt://127.0.0.1:1883", broker.url);
  await Deno.writeTextFile(file, local);
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--check", "--quiet", "--config", CONFIGURATION, file],
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), /^\[ "mcp\/clock\/request",[^]*\{ type: "text", text: "20\d\d-/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("everything in the public library is documented, and refers to what is public or the SDK's", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "mod.ts"],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  const problems = [...text.matchAll(/^error\[.*/gm)].map(([line]) => line);
  assert.deepEqual(
    problems,
    ["mqttClientTransport", "serveMqtt"].map((name) =>
      `error[private-type-ref]: public type '${name}' references private type 'Transport'`
    ),
  );
});
