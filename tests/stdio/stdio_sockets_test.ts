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
