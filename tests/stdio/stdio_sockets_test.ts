import assert from "node:assert/strict";
import { Process } from "../support/proxy.ts";
import { PYTHON } from "../support/smcp.ts";

const SOCKETS = new URL("../../src/stdio/stdio_sockets.ts", import.meta.url);

/** Says each time it gets a line whether the two pipes block, and prints what the program has written at the end. */
const SCRIPT = `
import os, subprocess, sys
input, to_child = os.pipe()
from_child, output = os.pipe()
child = subprocess.Popen(sys.argv[1:], stdin=input, stdout=output)
os.write(to_child, b"hello")
for line in sys.stdin:
    if line == "end\\n":
        os.close(to_child)
        os.close(input)
        child.wait()
        input = os.dup(output)
    print(os.get_blocking(output), flush=True)
    if line == "end\\n":
        break
os.close(output)
os.close(input)
print(os.read(from_child, 100).decode(), flush=True)
`;

const PROGRAM = `
import { socketInput, socketOutput } from "${SOCKETS}";
const [input, output] = [socketInput(), socketOutput()];
const first = await input.read();
await output.write(first);
await Deno.stderr.write(new TextEncoder().encode("ready\\n"));
const end = await input.read();
await output.write(new TextEncoder().encode(end === undefined ? " end" : " more"));
Deno.exit(0);
`;

Deno.test({
  name: "stdin and stdout are sockets as long as the process lives, and block again for whoever shares them after it",
  ignore: !PYTHON || Deno.build.os !== "linux",
  async fn() {
    await using shell = new Process(["python3", "-c", SCRIPT, Deno.execPath(), "eval", PROGRAM]);
    await shell.errors.find((line) => line === "ready");
    await shell.send("look");
    assert.equal(await shell.output.next(), "False");
    await shell.send("end");
    assert.equal(await shell.output.next(), "True");
    assert.equal(await shell.output.next(), "hello end");
  },
});

const LARGE_WRITES = `
import { socketOutput } from "${SOCKETS}";
const output = socketOutput();
const flags = () => Deno.readTextFileSync("/proc/self/fdinfo/1").match(/flags:\\s*(\\d+)/)[1];
const said = [flags()];
for (let round = 0; round < 3; round++) {
  const writing = output.write(Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251));
  said.push(flags());
  await writing;
  said.push(flags());
  await output.write(Uint8Array.of(255));
}
await Deno.stderr.write(new TextEncoder().encode(said.map((octal) => parseInt(octal, 8) & 0o4000 ? "free" : "blocks").join(" ")));
Deno.exit(0);
`;

Deno.test({
  name: "a large message is written by a call that waits, and afterwards no call waits again",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["eval", LARGE_WRITES],
      stdout: "piped",
      stderr: "piped",
    });
    const { stdout, stderr } = await command.output();
    const round = ["blocks", "free"];
    assert.equal(new TextDecoder().decode(stderr), ["free", ...round, ...round, ...round].join(" "));
    assert.equal(stdout.length, 3_000_003);
    for (let start = 0; start < stdout.length; start += 1_000_001) {
      const message = stdout.subarray(start, start + 1_000_000);
      assert.ok(message.every((byte, index) => byte === index % 251));
      assert.equal(stdout[start + 1_000_000], 255);
    }
  },
});
