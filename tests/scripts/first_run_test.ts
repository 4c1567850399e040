/**
 * Running the program from a registry for the first time: what is fetched, and that the rest can be fetched later.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Process, type ProcessOptions } from "../support/proxy.ts";
import { Published } from "../support/published.ts";
import { ROOT } from "../support/source_files.ts";

const ignore = Deno.build.os === "windows"; // where a link to the cache takes special rights

/** Runs a command of the published program, and gives back its exit code and what it says. */
async function run(program: Published, ...args: readonly string[]): Promise<{ code: number; text: string }> {
  const options: ProcessOptions = { env: program.env };
  await using process = new Process([Deno.execPath(), ...program.args, ...args], options);
  const { code } = await process.status;
  await Promise.all([process.output.ended, process.errors.ended]);
  return { code, text: [...process.output.seen, ...process.errors.seen].join("\n") };
}

Deno.test({
  name: "what only tools or websockets take is not fetched before it is needed",
  ignore,
  fn: async () => {
    await using program = await Published.start();
    const packages = await program.packages();
    assert.deepEqual(packages.filter((name) => !/^npm:\/?commander@/.test(name)), []);
  },
});

Deno.test({
  name: "what tools, websockets and TLS take can still be fetched when it is needed",
  ignore,
  fn: async () => {
    await using program = await Published.start();
    const tools = await run(program, "tools", "--credentials-schema");
    assert.equal(tools.code, 0, tools.text);
    const address = ["--broker", "ws://127.0.0.1:1", "--name", "x", "--connect-timeout", "1"];
    const call = await run(program, "call", ...address, "tool");
    assert.match(call.text, /Connection refused/);
    const list = await run(program, "list", "--broker", "mqtts://127.0.0.1:1", "--connect-timeout", "1");
    assert.match(list.text, /ECONNREFUSED/);
  },
});

Deno.test({
  name: "the first run of connect fetches as much as the documentation says",
  ignore,
  fn: async () => {
    await using program = await Published.start();
    await using connect = new Process([Deno.execPath(), ...program.args, "connect", "--name", "x"], {
      env: program.env,
    });
    await connect.closeInput();
    await connect.status;
    const guide = await Deno.readTextFile(`${ROOT}.github/docs/install.md`);
    const [, files, megabytes] = /(\d+)\s+small\s+files\s+of\s+([\d.]+)\s+MB/.exec(guide) ?? [];
    const bytes = program.fetched.values().reduce((sum, size) => sum + size, 0);
    const said = `${program.fetched.size} files of ${bytes / 1e6} MB`;
    assert.ok(Math.abs(program.fetched.size - Number(files)) <= 40, said);
    assert.ok(Math.abs(bytes / 1e6 - Number(megabytes)) <= 0.15, said);
  },
});
